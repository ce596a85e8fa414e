/**
 * The requests of the customer's page of a pairing link. They carry no key: the token in the body opens the
 * pairing of one organization and nothing else. The token came in the fragment of the page's address, which
 * browsers send to no server. A page polls, so that it needs no socket.
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { qrSvg } from '../../base/qr.ts';
import type { FailedAttempts } from '../access/failed-attempts.ts';
import type { RateLimiter } from '../access/rate-limiter.ts';
import { type Rejection, reject } from '../access/rejection.ts';
import type { LinkAttempt, LinkView, LinkVisit, PairingLinks, Supervision } from '../port.ts';
import { iso } from '../rpc/translate.ts';
import type { HttpAnswer } from './plain.ts';
import { readJsonBody, textOf } from './read-request.ts';

export interface LinkRequestDeps {
  readonly links: PairingLinks;
  readonly supervision: Supervision;
  readonly failedAttempts: FailedAttempts;
  readonly rateLimiter: RateLimiter;
}
const Token = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const StateRequest = z.strictObject({ token: Token, visit: z.string().max(64).optional() });
const StartRequest = z.strictObject({
  token: Token,
  visit: z.string().max(64),
  method: z.enum(['qr', 'code']),
  phoneNumber: z
    .string()
    .regex(/^[1-9][0-9]{6,14}$/)
    .optional(),
});
/** Far more than the fields above need. */
const maxBytes = 2_048;

const badRequest = reject(
  400,
  'invalid_params',
  'The page sent something that cannot be read: load it again.',
);
const unknownLink = reject(404, 'link_unknown', 'This link does not exist. Ask for another one.');
const tooMany = (waitMs: number) =>
  reject(429, 'too_many_failures', 'Too many wrong links came from here.', waitMs);
const ok = (body: object, status = 200): HttpAnswer => ({ ok: true, status, body, headers: {} });
const refused = (status: number, code: string, message: string) => ok({ error: { code, message } }, status);
const inUse = refused(
  409,
  'link_in_use',
  'This link is open on another page. Close that page, and try again in half a minute.',
);

/** The pairing that the link started, as far as the customer may see it. */
const attemptFor = (
  { org, outcome }: LinkView,
  attempt: LinkAttempt | undefined,
  supervision: Supervision,
): object | null => {
  if (attempt === undefined) return null;
  const pairing = supervision.get(org)?.pairing;
  const shown = supervision.pairingOf(org);
  const { phase, reason, pairingId } = attempt;
  if (outcome !== null || phase !== 'waiting' || pairing?.id !== pairingId) return { phase, reason };
  const present = shown?.pairingId === pairingId ? shown : undefined;
  return {
    phase,
    reason,
    method: pairing.method,
    expiresAt: iso(pairing.expiresAt),
    qr: present?.status === 'qr' ? { svg: qrSvg(present.qr), expiresAt: iso(present.expiresAt) } : null,
    code: present?.status === 'code' ? { text: present.code, expiresAt: iso(present.expiresAt) } : null,
  };
};

export const createLinkRequests = ({ links, supervision, failedAttempts, rateLimiter }: LinkRequestDeps) => {
  const stateOf = (visit: LinkVisit, token: string, address: string): HttpAnswer | Rejection => {
    if (visit.kind === 'in_use') return inUse;
    if (visit.kind === 'unknown') {
      const waitMs = failedAttempts.waitMs(address);
      if (waitMs > 0) return tooMany(waitMs);
      failedAttempts.failed(address, token);
      return unknownLink;
    }
    const { link } = visit;
    const { name, language, returnUrl, method, starts, maxStarts, expiresAt } = link;
    return ok({
      status: link.outcome ?? 'open',
      visit: visit.visit,
      ...{ name, language, returnUrl, method },
      expiresAt: iso(expiresAt),
      startsLeft: maxStarts - starts,
      attempt: attemptFor(link, links.attemptOf(link.linkId), supervision),
    });
  };
  const read = async <T>(
    request: IncomingMessage,
    schema: z.ZodType<T>,
    address: string,
  ): Promise<{ readonly ok: true; readonly value: T } | Rejection> => {
    const waitMs = rateLimiter.take(`link ${address}`);
    if (waitMs > 0) return reject(429, 'rate_limited', 'Too many requests came from here.', waitMs);
    const body = await readJsonBody(request, maxBytes);
    if (!body.ok) return body;
    try {
      const parsed = schema.safeParse(JSON.parse(textOf(body.body) ?? ''));
      return parsed.success ? { ok: true, value: parsed.data } : badRequest;
    } catch {
      return badRequest;
    }
  };
  return {
    state: async (request: IncomingMessage, address: string): Promise<HttpAnswer | Rejection> => {
      const asked = await read(request, StateRequest, address);
      if (!asked.ok) return asked;
      const { token, visit } = asked.value;
      return stateOf(await links.enter(token, visit), token, address);
    },
    start: async (request: IncomingMessage, address: string): Promise<HttpAnswer | Rejection> => {
      const asked = await read(request, StartRequest, address);
      if (!asked.ok) return asked;
      const { token, visit, method, phoneNumber } = asked.value;
      if ((method === 'code') !== (phoneNumber !== undefined)) return badRequest;
      const entered = await links.enter(token, visit);
      if (entered.kind !== 'open') return stateOf(entered, token, address);
      if (entered.link.method !== null && entered.link.method !== method) return badRequest;
      const started = await links.start(token, entered.visit, { method, phoneNumber });
      if ('kind' in started) return stateOf(started, token, address);
      if (!started.ok) return refused(409, started.code, started.message);
      return stateOf(await links.enter(token, entered.visit), token, address);
    },
  };
};
