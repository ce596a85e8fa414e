/**
 * Sends the deliveries of one endpoint: a few at a time, and again after a failure. It never delays another
 * endpoint.
 */
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { OutboxRow } from './deliveries-index.ts';
import type { Outcome, Post } from './http-post.ts';
import type { Endpoint } from './message.ts';
import type { Outbox, OutboxDelivery } from './outbox.ts';
import { waitMs } from './schedule.ts';
import { outgoingFor } from './sinks.ts';

export const concurrency = 4;
/** The pause after 429, 502 or 504, unless the answer names another. */
const slowPauseMs = 5_000;
const longestTimerMs = 2_147_483_647;

export interface SenderOptions {
  readonly endpoint: Endpoint;
  readonly outbox: Outbox;
  readonly post: Post;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  /** Divides the waits of the schedule (1 in production). */
  readonly divisor: number;
  readonly attempted: (delivery: OutboxDelivery, outcome: Outcome, durationMs: number) => void;
  /** The endpoint answered 410. */
  readonly gone: () => void;
  readonly log: WriteLog;
}
export interface Sender {
  /** Call when a delivery may be due. */
  wake(): void;
  /** Starts no further attempt; resolves when those under way have ended. */
  close(): Promise<void>;
}

type Failed = Extract<Outcome, { kind: 'failed' }>;
/** Until when an endpoint that is slow, or that asks for a pause, gets nothing. Epoch milliseconds. */
const pauseAfter = ({ slow, retryAfterMs }: Failed, at: number, divisor: number): number =>
  slow || retryAfterMs !== undefined ? at + (retryAfterMs ?? slowPauseMs / divisor) : 0;

/** What an attempt makes of a delivery: done, dead, or due again. */
const settlementOf = (
  attempts: number,
  outcome: Outcome,
  at: number,
  { random, divisor }: Pick<SenderOptions, 'random' | 'divisor'>,
): Partial<OutboxRow> => {
  const done = { attempts, doneAt: at, lastStatus: outcome.status };
  if (outcome.kind === 'delivered') return { ...done, status: 'delivered', lastError: null };
  if (outcome.kind === 'gone') return { ...done, status: 'dead', lastError: 'gone' };
  const waitsMs = waitMs(attempts, random(), outcome.retryAfterMs, divisor);
  const failed = { attempts, lastStatus: outcome.status, lastError: outcome.error };
  return waitsMs === undefined
    ? { ...failed, status: 'dead', doneAt: at }
    : { ...failed, nextAt: at + waitsMs };
};

export const startSender = (o: SenderOptions): Sender => {
  const { endpoint, outbox, now } = o;
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let pausedUntil = 0;
  let closed = false;

  const after = async (delivery: OutboxDelivery, outcome: Outcome): Promise<void> => {
    if (outcome.kind === 'gone') o.gone();
    if (outcome.kind === 'failed') pausedUntil = Math.max(pausedUntil, pauseAfter(outcome, now(), o.divisor));
    await outbox.settle(delivery, settlementOf(delivery.attempts + 1, outcome, now(), o));
    if (outcome.kind === 'gone') await outbox.abandon(endpoint.name, 'gone');
  };
  const attempt = async (delivery: OutboxDelivery): Promise<void> => {
    const message = outbox.message(delivery.messageId);
    if (!message)
      return outbox.settle(delivery, { status: 'dead', doneAt: now(), lastError: 'message_lost' });
    const began = monotonicMs();
    const outcome = await o.post.send(outgoingFor(endpoint, message, new Date(now())));
    o.attempted(delivery, outcome, monotonicMs() - began);
    await after(delivery, outcome);
  };
  const wake = (): void => {
    clearTimeout(timer);
    if (closed) return;
    const at = now();
    if (at < pausedUntil) return plan(pausedUntil);
    while (underWay.size < concurrency) {
      const delivery = outbox.take(endpoint.name);
      if (!delivery) break;
      const one = attempt(delivery)
        // its row on disk is unchanged: at worst it is delivered twice
        .catch((err: unknown) => o.log('delivery.not_settled', { endpoint: endpoint.name, err }))
        .finally(() => {
          underWay.delete(one);
          wake();
        });
      underWay.add(one);
    }
    if (underWay.size < concurrency) plan(outbox.nextAt(endpoint.name));
  };
  const plan = (at: number | undefined): void => {
    if (at === undefined) return;
    timer = setTimeout(wake, Math.min(longestTimerMs, Math.max(1, at - now())));
    timer.unref();
  };
  return {
    wake,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
};
