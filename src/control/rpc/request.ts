/** Parses the text of a frame into a request that can be carried out, or into the error that answers it. */
import { Request, RequestId } from '../../protocol/envelope.ts';
import { type MethodName, methods } from '../../protocol/methods.ts';
import { RequestError } from './request-error.ts';

export interface ValidRequest {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: MethodName;
  /** As the registry's schema for this method parsed them. */
  readonly params: unknown;
}
export interface InvalidRequest {
  readonly kind: 'invalid';
  /** Null when the request had no usable id. */
  readonly id: RequestId | null;
  readonly error: RequestError;
  /** The peer does not use the protocol: the connection is closed. */
  readonly fatal: boolean;
  /** Present when only the params are wrong. */
  readonly method?: MethodName;
}
export type ParsedRequest = ValidRequest | InvalidRequest;

const invalid = (message: string, id: RequestId | null = null): InvalidRequest => ({
  kind: 'invalid',
  id,
  error: new RequestError('invalid_request', message),
  fatal: false,
});
const fatal = (error: RequestError): InvalidRequest => ({ kind: 'invalid', id: null, error, fatal: true });

/** The answer shows at most this many problems, so that a small frame never causes a large answer. */
const maxIssues = 10;
interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}
const issuesOf = ({ issues }: SchemaError) =>
  issues.slice(0, maxIssues).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message: /[.!?]$/.test(message) ? message : `${message}.`,
  }));
export const isMethod = (name: string): name is MethodName => Object.hasOwn(methods, name);

export const parseRequest = (text: string): ParsedRequest => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fatal(new RequestError('parse_error', 'The message is not JSON.'));
  }
  if (Array.isArray(json)) return invalid('Batches are not supported: send one request per message.');
  if (typeof json !== 'object' || json === null)
    return fatal(new RequestError('invalid_request', 'The message is not a JSON object.'));
  if (!('id' in json))
    return invalid('The request has no id: notifications are not supported, every request is answered.');
  return parseEnvelope(json);
};

const parseEnvelope = (json: { readonly id: unknown }): ParsedRequest => {
  const request = Request.safeParse(json);
  if (!request.success) {
    const issues = issuesOf(request.error);
    const error = new RequestError('invalid_request', 'The message is not a JSON-RPC 2.0 request.', {
      issues,
    });
    return { kind: 'invalid', id: RequestId.safeParse(json.id).data ?? null, error, fatal: false };
  }
  const { id, method } = request.data;
  if (!isMethod(method)) {
    const error = new RequestError('method_not_found', 'There is no such method.');
    return { kind: 'invalid', id, error, fatal: false };
  }
  return parseParams(id, method, request.data.params ?? {});
};

export const parseParams = (id: RequestId, method: MethodName, value: unknown): ParsedRequest => {
  const params = methods[method].params.safeParse(value);
  if (params.success) return { kind: 'request', id, method, params: params.data };
  const issues = issuesOf(params.error);
  const all = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join(' ');
  const error = new RequestError('invalid_params', `The params of ${method} are not right: ${all}`, {
    issues,
  });
  return { kind: 'invalid', id, error, fatal: false, method };
};

/** Parses the body of a request that names its method in the path. An empty body means no params. */
export const parseCall = (method: MethodName, text: string): ParsedRequest => {
  if (text.trim() === '') return parseParams('http', method, {});
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fatal(new RequestError('parse_error', 'The body is not JSON.'));
  }
  return parseParams('http', method, json);
};
