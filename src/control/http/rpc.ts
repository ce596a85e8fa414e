/**
 * `POST /v1/rpc`: the same requests without a socket, for programs that cannot keep one open, such as the
 * views of a web framework. A client with a valid key gets 200 with a JSON-RPC answer, also when that is an
 * error. Earlier problems have an HTTP status.
 */
import type { IncomingMessage } from 'node:http';
import { monotonicMs } from '../../base/monotonic.ts';
import type { Principal } from '../../keys/principal.ts';
import type { Failure, Success } from '../../protocol/envelope.ts';
import type { Limits } from '../../protocol/shapes.ts';
import { type AuthenticationDeps, authenticate } from '../access/authenticate.ts';
import type { RateLimiter } from '../access/rate-limiter.ts';
import { invalidKey, noKey, type Rejection, reject } from '../access/rejection.ts';
import { type Meter, secondsSince } from '../meter.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import { isHandled } from '../rpc/handlers.ts';
import { type ParsedRequest, parseRequest } from '../rpc/request.ts';
import { failureOf, RequestError, rateLimited } from '../rpc/request-error.ts';

export interface RpcDeps extends AuthenticationDeps {
  readonly rateLimiter: RateLimiter;
  readonly dispatcher: Dispatcher;
  readonly limits: Limits;
  readonly meter: Meter;
}
type HttpAnswer = { readonly ok: true; readonly body: object } | Rejection;
type ReadRequest = { readonly ok: true; readonly principal: Principal; readonly body: Buffer } | Rejection;

/**
 * Undefined when it is larger than that. The rest is read and dropped, so that the client receives the
 * answer.
 */
const readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= maxBytes) return void parts.push(part);
      parts = [];
      resolve(undefined);
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away'))); // after the end this has no effect
  });
const isJson = (contentType: string | undefined) =>
  /^application\/json\s*(;\s*charset=("?)utf-8\2\s*)?$/i.test(contentType ?? '');
const utf8 = new TextDecoder('utf-8', { fatal: true });
const notUtf8: ParsedRequest = {
  kind: 'invalid',
  id: null,
  error: new RequestError('parse_error', 'The message is not UTF-8.'),
  fatal: false,
};
const parseBody = (body: Buffer): ParsedRequest => {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return notUtf8;
  }
  return parseRequest(text);
};

/** The key and the bytes of a request, or the HTTP status that answers it. */
const readRequest = async (
  request: IncomingMessage,
  { limits, ...deps }: RpcDeps,
  address: string,
): Promise<ReadRequest> => {
  const authenticated = authenticate(request, deps, address);
  if (!authenticated.ok) return authenticated;
  const { bearer, otherScheme } = authenticated;
  if (!bearer) return noKey('Send the API key in the header "Authorization: Bearer …".', otherScheme);
  if (!isJson(request.headers['content-type']) || request.headers['content-encoding'] !== undefined)
    return reject(415, 'unsupported_media_type', 'Send application/json in UTF-8, not compressed.');
  const tooLarge = reject(413, 'too_large', `A request has at most ${limits.maxMessageBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > limits.maxMessageBytes) return tooLarge;
  const body = await readBody(request, limits.maxMessageBytes);
  if (body === undefined) return tooLarge;
  const principal = bearer.accepted.principal(); // the key may have been revoked while the body arrived
  return principal === undefined ? invalidKey : { ok: true, principal, body };
};

/** Requests in flight over HTTP, by key. */
const createInFlight = (max: number) => {
  const counts = new Map<string, number>();
  return {
    acquire: (keyId: string): boolean => {
      const count = counts.get(keyId) ?? 0;
      if (count >= max) return false;
      counts.set(keyId, count + 1);
      return true;
    },
    release: (keyId: string): void => {
      const remaining = (counts.get(keyId) ?? 1) - 1;
      if (remaining > 0) counts.set(keyId, remaining);
      else counts.delete(keyId);
    },
  };
};

/**
 * The guard has checked Host, Origin and path. The returned function rejects when the client goes away before
 * the end of its request.
 */
export const createRpc = (
  deps: RpcDeps,
): ((request: IncomingMessage, address: string) => Promise<HttpAnswer>) => {
  const { rateLimiter, dispatcher, limits, meter } = deps;
  const inFlight = createInFlight(limits.maxInFlight);

  const answerTo = async (request: ParsedRequest, principal: Principal): Promise<Success | Failure> => {
    const { keyId } = principal;
    const retryAfterMs = rateLimiter.take(keyId);
    if (retryAfterMs > 0 && request !== notUtf8) return failureOf(request.id, rateLimited(retryAfterMs));
    if (request.kind === 'invalid') return failureOf(request.id, request.error);
    const { id, method, params } = request;
    if (!isHandled(method)) {
      const message = `${method} belongs to a WebSocket: it does not exist over HTTP.`;
      return failureOf(id, new RequestError('method_not_found', message));
    }
    if (!inFlight.acquire(keyId)) {
      const message = `At most ${limits.maxInFlight} requests of a key may be in flight over HTTP.`;
      return failureOf(id, new RequestError('limit_exceeded', message, { limit: limits.maxInFlight }));
    }
    try {
      return { jsonrpc: '2.0', id, result: await dispatcher.call(method, params, principal) };
    } catch (error) {
      return dispatcher.failure(error, id, method, { keyId });
    } finally {
      inFlight.release(keyId);
    }
  };

  return async (request, address) => {
    const read = await readRequest(request, deps, address);
    if (!read.ok) return read;
    const startedMs = monotonicMs();
    const parsed = parseBody(read.body);
    const answer = await answerTo(parsed, read.principal);
    const code = 'error' in answer ? answer.error.data.reason : 'ok';
    meter.answered(parsed.method ?? 'unknown', code, secondsSince(startedMs));
    return { ok: true, body: answer };
  };
};
