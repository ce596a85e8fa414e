/**
 * Log-in codes for the page: `POST /v1/login/code` with a key makes one, and `POST /v1/login` with the code
 * gives that key, once, within a minute. So a key need not be copied by hand. The code is in memory only, and
 * in the fragment of an address, which is never sent to a server.
 */
import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FailedAttempts } from '../access/failed-attempts.ts';
import { type Rejection, reject, tooManyFailures } from '../access/rejection.ts';
import { iso } from '../rpc/translate.ts';
import { authenticateHttp, type ReadDeps, readBody, textOf } from './read-request.ts';

const codeMs = 60_000;
/** Codes that may wait at once; one more makes the oldest end. */
const maxCodes = 20;
/** Without letters and digits that look alike: 30 symbols, so a code has 39 bits. */
const symbols = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 8;
const maxBodyBytes = 1_024;

interface Waiting {
  readonly key: string;
  readonly endsAt: number;
  /** False from the moment that the key is revoked. */
  readonly isAccepted: () => boolean;
}
export interface LoginDeps extends ReadDeps {
  readonly failedAttempts: FailedAttempts;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
type Answer = { readonly ok: true; readonly body: object } | Rejection;

const newCode = (): string =>
  Array.from({ length: codeLength }, () => symbols[randomInt(symbols.length)]).join('');
/** As a person may type it: in lower case, with a hyphen or spaces. */
const normalized = (text: string): string => text.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
const wrongCode = reject(
  401,
  'code_invalid',
  'This code was used already, its minute is over, or it was never one. Run "vigia open" again.',
);
const codeIn = (body: Buffer | undefined): string | undefined => {
  const text = body === undefined ? undefined : textOf(body);
  try {
    const { code } = JSON.parse(text ?? '') as { readonly code?: unknown };
    return typeof code === 'string' ? normalized(code) : undefined;
  } catch {
    return undefined; // not JSON: the same answer as for a wrong code
  }
};

export const createLogin = (deps: LoginDeps) => {
  const { failedAttempts, now } = deps;
  const waiting = new Map<string, Waiting>();
  const dropOld = (): void => {
    for (const [code, { endsAt }] of waiting) if (endsAt <= now()) waiting.delete(code);
    const oldest = waiting.keys().next();
    if (waiting.size >= maxCodes && !oldest.done) waiting.delete(oldest.value);
  };
  return {
    /** Needs a key, and makes a code for it. */
    make: (request: IncomingMessage, address: string): Answer => {
      const authenticated = authenticateHttp(request, deps, address);
      if (!authenticated.ok) return authenticated;
      const { text, accepted } = authenticated.bearer;
      dropOld();
      const code = newCode();
      const endsAt = now() + codeMs;
      waiting.set(code, { key: text, endsAt, isAccepted: () => accepted.principal() !== undefined });
      return { ok: true, body: { code, expiresAt: iso(endsAt) } };
    },
    /** Gives the key of a code, and forgets the code. A wrong code counts like a wrong key. */
    redeem: async (request: IncomingMessage, address: string): Promise<Answer> => {
      const waitMs = failedAttempts.waitMs(address);
      if (waitMs > 0) return tooManyFailures(waitMs);
      const code = codeIn(await readBody(request, maxBodyBytes));
      dropOld();
      const found = code === undefined ? undefined : waiting.get(code);
      if (code !== undefined) waiting.delete(code);
      if (found?.isAccepted()) return { ok: true, body: { apiKey: found.key } };
      failedAttempts.failed(address, code ?? '');
      return wrongCode;
    },
  };
};
