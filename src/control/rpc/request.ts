/** A frame's text into a request that may be carried out, or the error with which it is answered. Parse, don't check. */
import { Request, RequestId } from '../../protocol/envelope.ts';
import { type MethodName, methods } from '../../protocol/methods.ts';
import { RpcError } from './refusal.ts';

export type Parsed =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: MethodName; readonly params: unknown }
  /** `fatal`: nothing after this can be trusted; the connection is closed. `method`: which one it was, when only the params are wrong. */
  | {
      readonly kind: 'refused';
      readonly id: RequestId | null;
      readonly refused: RpcError;
      readonly fatal: boolean;
      readonly method?: MethodName;
    };

const refuse = (refused: RpcError, id: RequestId | null = null, fatal = false): Parsed => ({ kind: 'refused', id, refused, fatal });
/** Of a wrong request: what is shown of all that is wrong with it, so that a small frame never makes a large answer. */
const maxIssues = 10;
const issuesOf = (error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }) =>
  error.issues.slice(0, maxIssues).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message: /[.!?]$/.test(message) ? message : `${message}.`,
  }));
const isMethod = (name: string): name is MethodName => Object.hasOwn(methods, name);

export const parseRequest = (text: string): Parsed => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse(new RpcError('parse_error', 'The message is not JSON.'), null, true);
  }
  if (Array.isArray(json)) return refuse(new RpcError('invalid_request', 'Batches are not supported: send one request per message.'));
  if (typeof json !== 'object' || json === null)
    return refuse(new RpcError('invalid_request', 'The message is not a JSON object.'), null, true);
  const id = RequestId.safeParse((json as { id?: unknown }).id).data ?? null;
  if (!('id' in json))
    return refuse(new RpcError('invalid_request', 'The request has no id: notifications are not supported, every request is answered.'));
  const request = Request.safeParse(json);
  if (!request.success) {
    const issues = issuesOf(request.error);
    return refuse(new RpcError('invalid_request', 'The message is not a JSON-RPC 2.0 request.', { issues }), id);
  }
  const { method } = request.data;
  if (!isMethod(method)) return refuse(new RpcError('method_not_found', 'There is no such method.'), request.data.id);
  const params = methods[method].params.safeParse(request.data.params ?? {});
  if (!params.success) {
    const issues = issuesOf(params.error);
    const all = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join(' ');
    const refused = new RpcError('invalid_params', `The params of ${method} are not right: ${all}`, { issues });
    return { kind: 'refused', id: request.data.id, refused, fatal: false, method };
  }
  return { kind: 'request', id: request.data.id, method, params: params.data };
};
