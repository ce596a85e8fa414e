/** The queue of one organization, and its messages that are being sent. In memory: the rows are the truth. */
import {
  added,
  drainMs,
  freed,
  known,
  type Pace,
  paceOf,
  removed,
  type Waiting,
} from '../../machines/pace.ts';
import type { MessagesPolicy } from './policy.ts';
import type { SenderPort } from './ports.ts';
import type { SentRow } from './rows.ts';

export interface Flight {
  readonly to: string;
  readonly sender: SenderPort;
  /** Set by `sending`; then an acknowledgement is due by it. */
  deadline: number | null;
}
export class Lane {
  pace: Pace;
  readonly flights = new Map<string, Flight>();
  /** Accepted, and not durable yet. */
  accepting = 0;
  timer: NodeJS.Timeout | undefined;
  /** Until then the disk is not tried again. */
  pausedUntil = 0;
  readonly #policy: MessagesPolicy;
  /** The socket that did not acknowledge the last messages, and how many. */
  #silent: { readonly sender: SenderPort | null; readonly count: number } = { sender: null, count: 0 };

  constructor(policy: MessagesPolicy, freshStarts: readonly number[]) {
    this.#policy = policy;
    this.pace = paceOf(policy.pace, freshStarts);
  }
  size(): number {
    return this.pace.queue.length + this.flights.size + this.accepting;
  }
  add(waId: string, { n, to, priority }: SentRow, isNew: boolean, expiresAt: number): void {
    this.pace = added(this.pace, { id: waId, order: n, to, priority, isNew, expiresAt });
  }
  putBack(one: Waiting): void {
    this.pace = added(this.pace, one);
  }
  remove(waId: string): void {
    this.pace = removed(this.pace, waId);
  }
  knows(to: string): void {
    this.pace = known(this.pace, to);
  }
  /** The recipient may get the next message. */
  end(waId: string): void {
    const flight = this.flights.get(waId);
    if (flight === undefined) return;
    this.flights.delete(waId);
    this.pace = freed(this.pace, flight.to);
  }
  drainMs(now: number): number {
    return drainMs(this.pace, now, this.#policy.pace);
  }
  acknowledged(): void {
    this.#silent = { sender: null, count: 0 };
  }
  /** True for the second message in a row that one socket did not acknowledge. */
  wasSilent(sender: SenderPort): boolean {
    const count = this.#silent.sender === sender ? this.#silent.count + 1 : 1;
    this.#silent = { sender, count: count >= 2 ? 0 : count };
    return count >= 2;
  }
}
