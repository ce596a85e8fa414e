/**
 * The door of media. `POST /v1/media?orgId=…` takes a file for a later message.send, and
 * `GET /v1/media/{mediaId}` gives what arrived. Bytes are streamed both ways: nothing of size is in memory.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Principal } from '../../keys/principal.ts';
import { OrgId, orgIdMessage } from '../../protocol/session.ts';
import { authorize, canSee } from '../access/authorize.ts';
import type { RateLimiter } from '../access/rate-limiter.ts';
import { invalidKey, type Rejection, reject } from '../access/rejection.ts';
import { mediaSilenceMs } from '../bounds.ts';
import type { SendRefusal } from '../messages-port.ts';
import { unknownOrg } from '../rpc/handlers/handler.ts';
import { accepted, type MessageDeps, mustBeOpen } from '../rpc/handlers/messages.ts';
import { failureOf, RequestError, rateLimited } from '../rpc/request-error.ts';
import { iso } from '../rpc/translate.ts';
import { countedTo, safeType } from './media-stream.ts';
import { answerOfFailure, type HttpAnswer } from './plain.ts';
import { authenticateHttp, type ReadDeps } from './read-request.ts';

export interface MediaDeps extends ReadDeps, MessageDeps {
  readonly rateLimiter: RateLimiter;
  /** Of one file. */
  readonly maxMediaBytes: number;
}
export interface MediaFile {
  readonly ok: true;
  /** Streams the file into the response. Cuts the connection when the file ends too early or is damaged. */
  readonly send: (response: ServerResponse, isHead: boolean) => Promise<void>;
}
export const mediaPath = '/v1/media';
const idForm = /^\/v1\/media\/(med_[A-Za-z0-9_-]{1,60})$/;
/** Undefined when the path is another one. */
export const mediaIdOf = (path: string): string | undefined => idForm.exec(path)?.[1];

const answerOfError = (error: RequestError): HttpAnswer => answerOfFailure(failureOf('http', error));
const lengthOf = ({ headers }: IncomingMessage, maxBytes: number): number | Rejection => {
  const { 'content-length': length, 'content-encoding': encoding } = headers;
  if (encoding !== undefined)
    return reject(415, 'unsupported_media_type', 'Send the file as it is, without Content-Encoding.');
  if (length === undefined)
    return reject(411, 'length_required', 'Send the header Content-Length: the size of the file in bytes.');
  const bytes = Number(length);
  if (bytes === 0) return reject(400, 'empty', 'The file has no bytes.');
  if (bytes > maxBytes) return reject(413, 'too_large', `A file has at most ${maxBytes} bytes.`);
  return bytes;
};
const orgOf = ({ url = '' }: IncomingMessage): string | Rejection => {
  const given = new URL(url, 'http://localhost').searchParams.getAll('orgId');
  const parsed = OrgId.safeParse(given.length === 1 ? given[0] : undefined);
  if (parsed.success) return parsed.data;
  return reject(400, 'invalid_params', `Name the organization: ${mediaPath}?orgId=… ${orgIdMessage}`);
};

/** Throws `RequestError`. */
const mustBeAllowed = (
  { rateLimiter }: MediaDeps,
  principal: Principal,
  scope: 'messages:read' | 'messages:send',
  org?: string,
): void => {
  const retryAfterMs = rateLimiter.take(principal.keyId);
  if (retryAfterMs > 0) throw rateLimited(retryAfterMs);
  const authorization = authorize(principal, { scope, org });
  if (authorization.ok) return;
  if (authorization.code === 'not_found') throw unknownOrg(org ?? '');
  throw new RequestError('forbidden', 'This key may not do this with media.', { scope });
};
const answering = async <T>(run: () => Promise<T>): Promise<T | HttpAnswer> => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RequestError) return answerOfError(error);
    throw error;
  }
};
const principalOf = (request: IncomingMessage, deps: MediaDeps, address: string): Principal | Rejection => {
  const authenticated = authenticateHttp(request, deps, address);
  if (!authenticated.ok) return authenticated;
  return authenticated.bearer.accepted.principal() ?? invalidKey;
};

/** `POST /v1/media?orgId=…` */
export const createUpload = (deps: MediaDeps) => {
  /** How many files are taken at a time is decided where they are stored. */
  const store = async (request: IncomingMessage, org: string, bytes: number): Promise<HttpAnswer> => {
    const mimeType = safeType(request.headers['content-type']);
    const stored = accepted(await deps.messages.upload(org, { mimeType, bytes, body: request }));
    const { mediaId, sha256, expiresAt } = stored;
    const body = { mediaId, bytes: stored.bytes, sha256, expiresAt: iso(expiresAt) };
    return { ok: true, status: 201, body, headers: {} };
  };
  return async (request: IncomingMessage, address: string): Promise<HttpAnswer | Rejection> => {
    const principal = principalOf(request, deps, address);
    if ('ok' in principal) return principal;
    const org = orgOf(request);
    if (typeof org !== 'string') return org;
    const bytes = lengthOf(request, deps.maxMediaBytes);
    if (typeof bytes !== 'number') return bytes;
    request.setTimeout(mediaSilenceMs); // then the connection is cut
    return answering(async () => {
      mustBeAllowed(deps, principal, 'messages:send', org);
      mustBeOpen(deps, org);
      return store(request, org, bytes);
    });
  };
};
/** `GET /v1/media/{mediaId}` */
export const createDownload =
  (deps: MediaDeps) =>
  async (
    mediaId: string,
    request: IncomingMessage,
    address: string,
  ): Promise<MediaFile | HttpAnswer | Rejection> => {
    const principal = principalOf(request, deps, address);
    if ('ok' in principal) return principal;
    return answering(async (): Promise<MediaFile> => {
      mustBeAllowed(deps, principal, 'messages:read');
      const found = await deps.messages.download(mediaId, (org) => canSee(principal, org));
      if (found === undefined) throw new RequestError('not_found', `There is no media "${mediaId}" here.`);
      return { ok: true, send: senderOf(accepted(found)) };
    });
  };
type Found = Exclude<Awaited<ReturnType<MediaDeps['messages']['download']>>, undefined | SendRefusal>;
const senderOf =
  ({ mimeType, bytes, filename, body }: Found): MediaFile['send'] =>
  async (response, isHead) => {
    response.writeHead(200, headersOf(mimeType, bytes, filename));
    if (isHead) {
      body.destroy();
      return void response.end();
    }
    response.setTimeout(mediaSilenceMs);
    // when it fails, the response is destroyed: the receiver sees that the file is not whole
    await pipeline(body, countedTo(bytes), response);
  };

/** The type and the name come from a stranger: a browser must neither run nor guess it. */
const headersOf = (mimeType: string | null, bytes: number | null, filename: string | null) => ({
  'content-type': safeType(mimeType),
  'content-disposition':
    filename === null ? 'attachment' : `attachment; filename*=UTF-8''${encodedName(filename)}`,
  'content-security-policy': "default-src 'none'; sandbox",
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  ...(bytes !== null && { 'content-length': String(bytes) }),
});
/** RFC 8187, "Parameter Value Character Encoding". */
const encodedName = (name: string) =>
  encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, '_')).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
