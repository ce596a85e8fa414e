/**
 * Sends the deliveries of one endpoint: a few at a time, and again after a failure. It never delays another
 * endpoint.
 */
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { TableChange } from '../database/table.ts';
import { createCircuit } from './circuit.ts';
import type { OutboxRow } from './endpoint-rows.ts';
import type { Outcome, Post } from './http-post.ts';
import type { Endpoint, SentMessage } from './message.ts';
import type { Outbox, OutboxDelivery } from './outbox.ts';
import { waitMs } from './schedule.ts';
import { outgoingFor } from './sinks.ts';

const longestTimerMs = 2_147_483_647;

export interface SenderOptions {
  readonly endpoint: Endpoint;
  readonly outbox: Outbox;
  readonly post: Post;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds on a clock that nothing sets. */
  readonly elapsed: () => number;
  readonly random: () => number;
  /** Divides the waits of the schedule (1 in production). */
  readonly divisor: number;
  readonly attempted: (delivery: OutboxDelivery, outcome: Outcome, durationMs: number) => void;
  /** The endpoint took the message: further changes of the transaction that records it. */
  readonly delivered: (message: SentMessage) => readonly TableChange[];
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
    : { ...failed, nextAt: at + waitsMs, setAt: at };
};

export const startSender = (o: SenderOptions): Sender => {
  const { endpoint, outbox, now, elapsed } = o;
  const circuit = createCircuit(o.divisor);
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const attempt = async (delivery: OutboxDelivery): Promise<void> => {
    const message = outbox.messageOf(delivery);
    if (!message)
      return outbox.settle(delivery, { status: 'dead', doneAt: now(), lastError: 'message_lost' });
    const outgoing = outgoingFor(endpoint, message, new Date(now()));
    circuit.began(elapsed());
    const began = monotonicMs();
    const outcome = await o.post.send(outgoing);
    circuit.ended(outcome, elapsed());
    o.attempted(delivery, outcome, monotonicMs() - began);
    if (outcome.kind === 'gone') o.gone();
    const also = outcome.kind === 'delivered' ? o.delivered(message) : [];
    await outbox.settle(delivery, settlementOf(delivery.attempts + 1, outcome, now(), o), also);
  };
  const wake = (): void => {
    clearTimeout(timer);
    if (closed) return;
    while (underWay.size < circuit.allows(elapsed())) {
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
    plan();
  };
  /** What ends an attempt wakes too, so a timer is for the passage of time alone. */
  const plan = (): void => {
    const dueAt = outbox.dueAt(endpoint.name);
    const opensAt = circuit.changesAt();
    const isFull = opensAt === undefined && underWay.size >= circuit.allows(elapsed());
    if (dueAt === undefined || isFull) return;
    const ms = Math.max(dueAt, opensAt ?? dueAt) - elapsed();
    timer = setTimeout(wake, Math.min(longestTimerMs, Math.max(1, ms)));
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
