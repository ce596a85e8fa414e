/**
 * One attempt: a request, and the meaning of its answer. A redirect is never followed: it could lead to a
 * forbidden address.
 */
import { Agent, request } from 'undici';
import { AddressRefused, type Allowed, faultOfUrl, guardedLookup } from './address.ts';
import { retryAfterMs } from './schedule.ts';
import type { Outgoing } from './sinks.ts';

export const attemptDeadlineMs = 15_000;
/** How much of an answer is read before the connection is closed instead of kept. */
const dumpedBytes = 16_384;

export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  /** It is repeated. `slow`: the receiver is over its limits, so its sender pauses. */
  | {
      readonly kind: 'failed';
      readonly status: number | null;
      readonly error: string;
      readonly slow: boolean;
      readonly retryAfterMs?: number;
    }
  /** 410: the receiver wants no more messages at this address. */
  | { readonly kind: 'gone'; readonly status: 410 };

/**
 * Too many requests, bad gateway, gateway timeout: further requests would make it worse (Standard Webhooks,
 * "Reliability").
 */
const slowing: ReadonlySet<number> = new Set([429, 502, 504]);
/** Codes and classes only: an address may hold a secret, and messages repeat addresses. */
const errorOf = (error: unknown): string => {
  if (error instanceof AddressRefused) return 'address_refused';
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'unknown'; // a DOMException (the deadline) has a number for a code
};

export interface Post {
  send(outgoing: Outgoing): Promise<Outcome>;
  /**
   * Gives the attempts under way `graceMs` to end. An attempt that is cut then has failed and is repeated.
   */
  close(graceMs: number): Promise<void>;
}
export const openPost = ({
  isAllowed,
  now = Date.now,
  deadlineMs = attemptDeadlineMs,
}: {
  readonly isAllowed: Allowed;
  readonly now?: () => number;
  readonly deadlineMs?: number;
}): Post => {
  const agent = new Agent({ connect: { lookup: guardedLookup(isAllowed) }, pipelining: 0 });
  const underWay = new Set<AbortController>();
  return {
    send: async ({ method = 'POST', url, headers, body }) => {
      if (faultOfUrl(url, isAllowed) !== undefined)
        return { kind: 'failed', status: null, error: 'address_refused', slow: false };
      const attempt = new AbortController();
      underWay.add(attempt);
      const deadline = setTimeout(
        () => attempt.abort(new DOMException('no answer in time', 'TimeoutError')),
        deadlineMs,
      );
      try {
        const answer = await request(url, {
          method,
          headers: { ...headers, 'user-agent': 'vigia' },
          ...(method === 'POST' && { body }),
          dispatcher: agent,
          signal: attempt.signal,
        });
        await answer.body.dump({ limit: dumpedBytes });
        const { statusCode: status } = answer;
        if (status >= 200 && status < 300) return { kind: 'delivered', status };
        if (status === 410) return { kind: 'gone', status };
        const header = answer.headers['retry-after'];
        const wait = retryAfterMs(typeof header === 'string' ? header : undefined, now());
        return {
          kind: 'failed',
          status,
          error: status >= 300 && status < 400 ? 'redirect_refused' : `http_${status}`,
          slow: slowing.has(status),
          ...(wait !== undefined && { retryAfterMs: wait }),
        };
      } catch (error) {
        return { kind: 'failed', status: null, error: errorOf(error), slow: false };
      } finally {
        clearTimeout(deadline);
        underWay.delete(attempt);
      }
    },
    close: async (graceMs) => {
      const cut = setTimeout(() => {
        for (const attempt of underWay) attempt.abort(new DOMException('the process ends', 'AbortError'));
      }, graceMs); // undici's agent cannot be destroyed once it closes
      await agent.close();
      clearTimeout(cut);
    },
  };
};
