/**
 * `GET /v1/pairing/{orgId}/qr.svg` and `qr.txt`: the QR of the running pairing as a picture, for programs
 * that draw none themselves. WhatsApp replaces a QR after 20 to 60 seconds, so `Expires` and `Retry-After`
 * say when to fetch the next one.
 */
import type { IncomingMessage } from 'node:http';
import { qrLines, qrSvg } from '../../base/qr.ts';
import type { Result } from '../../protocol/methods.ts';
import type { AuthenticationDeps } from '../access/authenticate.ts';
import { invalidKey, type Rejection } from '../access/rejection.ts';
import { parseParams } from '../rpc/request.ts';
import { failureOf, RequestError } from '../rpc/request-error.ts';
import type { CallHttp } from './calls.ts';
import { answerOfFailure, type HttpAnswer } from './plain.ts';
import { authenticateHttp } from './read-request.ts';

export interface Picture {
  readonly ok: true;
  readonly contentType: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}
type Form = 'svg' | 'txt';
export interface QrRequest {
  readonly orgId: string;
  readonly form: Form;
}

const pathForm = /^\/v1\/pairing\/([^/]+)\/qr(?:\.(svg|txt))?$/;
/** Undefined when the path is another one. Without an ending, the header `Accept` chooses the form. */
export const qrRequestOf = (
  path: string,
  { headers: { accept = '' } }: IncomingMessage,
): QrRequest | undefined => {
  const [, org, ending] = pathForm.exec(path) ?? [];
  if (org === undefined) return undefined;
  const wanted: Form = accept.includes('text/plain') && !accept.includes('image/') ? 'txt' : 'svg';
  try {
    return { orgId: decodeURIComponent(org), form: (ending as Form | undefined) ?? wanted };
  } catch {
    return undefined; // a percent sign that encodes nothing
  }
};

/** From the start of a pairing, WhatsApp takes about a second to send the first QR. */
const soonMs = 1_000;
const notFound = (message: string, details: { readonly retryAfterMs?: number } = {}): HttpAnswer =>
  answerOfFailure(failureOf('http', new RequestError('not_found', message, details)));
const notPaired = (orgId: string) =>
  notFound(`"${orgId}" is not being paired. Start a pairing with session.pair.`);
const noQrYet = () =>
  notFound('WhatsApp has sent no QR yet: repeat the request soon.', { retryAfterMs: soonMs });
const isCode = () =>
  notFound('This pairing has no QR. It uses a code to type on the phone, which session.pairing shows.');
const pictureOf = (
  { orgId, form }: QrRequest,
  { pairing }: Result<'session.pairing'>,
  now: number,
): Picture | HttpAnswer => {
  if (pairing === null) return notPaired(orgId);
  if (pairing.method === 'code') return isCode();
  if (pairing.qr === null) return noQrYet();
  const { text, expiresAt } = pairing.qr;
  const remainingMs = Math.max(soonMs, Date.parse(expiresAt) - now);
  return {
    ok: true,
    contentType: form === 'svg' ? 'image/svg+xml' : 'text/plain; charset=utf-8',
    text: form === 'svg' ? qrSvg(text) : `${qrLines(text).join('\n')}\n`,
    headers: {
      expires: new Date(expiresAt).toUTCString(),
      'retry-after': String(Math.ceil(remainingMs / 1_000)),
      'content-security-policy': "default-src 'none'",
      vary: 'Accept',
    },
  };
};

export const createQrPage =
  (deps: AuthenticationDeps & { readonly now: () => number }, call: CallHttp) =>
  async (
    wanted: QrRequest,
    request: IncomingMessage,
    address: string,
  ): Promise<Picture | HttpAnswer | Rejection> => {
    const authenticated = authenticateHttp(request, deps, address);
    if (!authenticated.ok) return authenticated;
    const principal = authenticated.bearer.accepted.principal();
    if (principal === undefined) return invalidKey;
    const answer = await call(parseParams('http', 'session.pairing', { orgId: wanted.orgId }), principal);
    if ('error' in answer) return answerOfFailure(answer);
    return pictureOf(wanted, answer.result as Result<'session.pairing'>, deps.now());
  };
