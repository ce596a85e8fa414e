/** The key and the bytes of a request with a body, or the HTTP status that answers it. */
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../keys/principal.ts';
import type { Limits } from '../../protocol/shapes.ts';
import { type AuthenticationDeps, authenticate, type BearerKey } from '../access/authenticate.ts';
import { invalidKey, noKey, type Rejection, reject } from '../access/rejection.ts';

export interface ReadDeps extends AuthenticationDeps {
  readonly limits: Limits;
}
type ReadRequest = { readonly ok: true; readonly principal: Principal; readonly body: Buffer } | Rejection;

/**
 * Undefined when it is larger than that. The rest is read and dropped, so that the client receives the
 * answer.
 */
export const readBody = (request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> =>
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
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

export const authenticateHttp = (
  request: IncomingMessage,
  deps: AuthenticationDeps,
  address: string,
): { readonly ok: true; readonly bearer: BearerKey } | Rejection => {
  const authenticated = authenticate(request, deps, address);
  if (!authenticated.ok) return authenticated;
  const { bearer, otherScheme } = authenticated;
  if (bearer) return { ok: true, bearer };
  return noKey('Send the API key in the header "Authorization: Bearer …".', otherScheme);
};

/** The body may be absent. Rejects when the client goes away before the end of its request. */
export const readJsonBody = async (
  request: IncomingMessage,
  maxBytes: number,
): Promise<{ readonly ok: true; readonly body: Buffer } | Rejection> => {
  const isWrongType = hasBody(request) && !isJson(request.headers['content-type']);
  if (isWrongType || request.headers['content-encoding'] !== undefined)
    return reject(415, 'unsupported_media_type', 'Send application/json in UTF-8, not compressed.');
  const tooLarge = reject(413, 'too_large', `A request has at most ${maxBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge;
  const body = await readBody(request, maxBytes);
  return body === undefined ? tooLarge : { ok: true, body };
};

/** The body may be absent. Rejects when the client goes away before the end of its request. */
export const readRequest = async (
  request: IncomingMessage,
  { limits, ...deps }: ReadDeps,
  address: string,
): Promise<ReadRequest> => {
  const authenticated = authenticateHttp(request, deps, address);
  if (!authenticated.ok) return authenticated;
  const body = await readJsonBody(request, limits.maxMessageBytes);
  if (!body.ok) return body;
  const principal = authenticated.bearer.accepted.principal(); // it may have been revoked meanwhile
  return principal === undefined ? invalidKey : { ok: true, principal, body: body.body };
};

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Undefined when the bytes are not UTF-8. */
export const textOf = (body: Buffer): string | undefined => {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
};
