/**
 * Sends what waits: one queue and at most one timer for each organization. The rows are the truth; a start
 * reads the open ones.
 */
import type { Org } from '../../machines/domain/ports.ts';
import { step, type Waiting } from '../../machines/pace.ts';
import type { SendFact } from '../../machines/sending.ts';
import type { WriteLog } from '../base/log.ts';
import { remainingMs } from '../base/saved-time.ts';
import { type AttemptDeps, attemptOnce, type Outcome, refusedFor, Uncertain } from './attempt.ts';
import { Lane } from './lane.ts';
import type { OutStates } from './out-states.ts';
import type { SenderPort } from './ports.ts';
import type { Recipient } from './recipients.ts';
import type { SentRow } from './rows.ts';
import type { Over } from './sent.ts';

export interface RunnerDeps extends AttemptDeps {
  readonly states: OutStates;
  readonly sender: (org: Org) => SenderPort | undefined;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly random: () => number;
  readonly log: WriteLog;
}
const wasCut = 'The server ended while it was being sent. It may have been sent.';
/** A sender that is absent is looked for again, and a disk that refused is tried again, after this long. */
const againMs = 5_000;
/** After an attempt that left nothing behind, while its sender may still be there. */
const pauseMs = 1_000;
/** The socket works. */
const answers: ReadonlySet<SendFact> = new Set(['sent', 'delivered', 'read', 'played', 'rejected']);
const longestTimerMs = 2_147_483_647;

/** Its first start was counted as one to a new contact. */
const again = (waiting: Waiting): Waiting => ({ ...waiting, isNew: false });

export class Runner {
  readonly #d: RunnerDeps;
  readonly #lanes = new Map<Org, Lane>();
  /** Changes that the disk refused. */
  #refused: (() => Promise<void>)[] = [];
  #retry: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(deps: RunnerDeps) {
    this.#d = deps;
  }
  lane(org: Org): Lane {
    const lane = this.#lanes.get(org) ?? new Lane(this.#d.policy, this.#freshStarts(org));
    this.#lanes.set(org, lane);
    return lane;
  }
  /** Messages that wait or are being sent, of all organizations. */
  size(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.size(), 0);
  }
  counts(org: Org): { readonly queued: number; readonly sending: number } {
    const lane = this.#lanes.get(org);
    const sending = [...(lane?.flights.values() ?? [])].filter(({ deadline }) => deadline !== null).length;
    return { queued: (lane?.pace.queue.length ?? 0) + (lane?.flights.size ?? 0) - sending, sending };
  }
  /** A durable message that is queued. */
  enqueue(org: Org, waId: string, row: SentRow): void {
    const { recipients, now, elapsed } = this.#d;
    const isNew = recipients.isNew(org, [row.to, row.contact.phone, row.contact.lid]);
    this.lane(org).add(waId, row, isNew, elapsed() + remainingMs(row.expires, now()));
    this.run(org);
  }
  /** Goes on with what was under way before this start. Returns the number of interrupted messages. */
  start(): number {
    let interrupted = 0;
    for (const { org, waId, row } of [...this.#d.sent.open()]) {
      if (row.state === 'queued') this.enqueue(org, waId, row);
      else {
        interrupted += 1;
        this.#settleWith(org, waId, 'interrupted', { error: { reason: 'interrupted', message: wasCut } });
      }
    }
    return interrupted;
  }
  /** Applies a fact about a message of any state. Rejects when the disk refuses. */
  async apply(org: Org, waId: string, fact: SendFact, over: Over = {}): Promise<SentRow | undefined> {
    const changed = await this.#d.sent.apply(org, waId, fact, over);
    if (changed === undefined) return undefined;
    const lane = this.#lanes.get(org);
    if (lane !== undefined && changed.row.state !== 'queued' && changed.row.state !== 'sending') {
      lane.remove(waId);
      lane.end(waId);
      if (answers.has(fact)) lane.acknowledged();
      this.run(org);
    }
    return changed.row;
  }
  /** Call it when the session connects, and when the contact `to` wrote. */
  wake(org: Org, to?: string): void {
    const lane = this.#lanes.get(org);
    if (lane === undefined) return;
    if (to === undefined) lane.pausedUntil = 0;
    else lane.knows(to);
    this.run(org);
  }
  /** Forgets the queue of an organization whose rows were removed. */
  drop(org: Org): void {
    clearTimeout(this.#lanes.get(org)?.timer);
    this.#lanes.delete(org);
  }
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const { timer } of this.#lanes.values()) clearTimeout(timer);
  }
  run(org: Org): void {
    const lane = this.#lanes.get(org);
    if (lane === undefined || this.#isClosed) return;
    const { elapsed, random, policy, sender: senderOf, isRestricted } = this.#d;
    const now = elapsed();
    const sender = now < lane.pausedUntil ? undefined : senderOf(org);
    for (;;) {
      const moment = {
        now,
        chance: random(),
        maySend: sender !== undefined,
        isRestricted: isRestricted(org),
      };
      const { pace, start, expired, restricted, wakeAt } = step(lane.pace, moment, policy.pace);
      lane.pace = pace;
      for (const { id } of expired) this.#settle(org, id, 'expired', refusedFor('expired'));
      for (const { id } of restricted) this.#settle(org, id, 'refused', refusedFor('restricted'));
      if (start === undefined || sender === undefined) return this.#plan(org, lane, now, wakeAt);
      void this.#send(org, lane, start, sender);
    }
  }

  #freshStarts(org: Org): readonly number[] {
    const { states, now, elapsed } = this.#d;
    return states.of(org).freshStarts.map((at) => elapsed() - Math.max(0, now() - at));
  }
  #plan(org: Org, lane: Lane, now: number, wakeAt: number | null): void {
    clearTimeout(lane.timer);
    for (const [waId, { deadline }] of lane.flights)
      if (deadline !== null && deadline <= now) this.#silence(org, lane, waId);
    const deadlines = [...lane.flights.values()].flatMap(({ deadline }) => deadline ?? []);
    const isWaiting = lane.pace.queue.length > 0 && this.#d.sender(org) === undefined;
    const isPaused = lane.pace.queue.length > 0 && lane.pausedUntil > now;
    const next = isPaused ? lane.pausedUntil : now + againMs;
    const times = [wakeAt ?? [], deadlines, isWaiting || isPaused ? next : []].flat();
    if (times.length === 0) return;
    const ms = Math.min(longestTimerMs, Math.max(0, Math.ceil(Math.min(...times) - now)));
    lane.timer = setTimeout(() => this.run(org), ms).unref();
  }
  #silence(org: Org, lane: Lane, waId: string): void {
    const flight = lane.flights.get(waId);
    if (flight === undefined) return;
    lane.end(waId);
    const message = 'WhatsApp did not acknowledge it. It may have been sent.';
    this.#settleWith(org, waId, 'silent', { error: { reason: 'no_ack', message } });
    this.#d.log('message.unknown', { org, messageId: `msg_${waId}` });
    if (!lane.wasSilent(flight.sender)) return;
    this.#d.log('messages.mute', { org });
    flight.sender.mute();
  }
  async #send(org: Org, lane: Lane, waiting: Waiting, sender: SenderPort): Promise<void> {
    const { id: waId, to } = waiting;
    const flight = { to, sender, deadline: null as number | null };
    lane.flights.set(waId, flight);
    const { elapsed, policy, log } = this.#d;
    const began = (recipient: Recipient) => this.#began(org, waiting, recipient);
    const onSending = () => {
      flight.deadline = elapsed() + policy.transmitMs;
      lane.knows(to);
      this.run(org);
    };
    const hasExpired = () => elapsed() >= waiting.expiresAt;
    try {
      const outcome = await attemptOnce(this.#d, { org, waId, sender, hasExpired, began, onSending });
      if (lane.flights.get(waId) === flight) this.#ended(org, lane, waiting, outcome);
    } catch (err) {
      if (err instanceof Uncertain) return log('message.uncertain', { org, messageId: `msg_${waId}`, err });
      if (lane.flights.get(waId) !== flight) return;
      this.#failed(err);
      lane.end(waId);
      lane.putBack(again(waiting));
      lane.pausedUntil = elapsed() + againMs;
    }
    this.run(org);
  }
  #began(org: Org, { id, to }: Waiting, { contact }: Recipient) {
    const { recipients, states, now, policy } = this.#d;
    const noted = [
      ...recipients.noted(org, [to, contact.phone, contact.lid], 'sentAt'),
      ...this.#d.sent.aboutContact(org, id, contact),
    ];
    if (!recipients.isNew(org, [to, contact.phone, contact.lid])) return noted;
    const freshStarts = [...states.of(org).freshStarts, now()].slice(-policy.pace.newPerDay);
    return [...noted, states.change(org, { freshStarts })];
  }
  #ended(org: Org, lane: Lane, waiting: Waiting, outcome: Outcome): void {
    const { id: waId } = waiting;
    const flight = lane.flights.get(waId);
    if (outcome.kind === 'written') {
      if (flight) flight.deadline = this.#d.elapsed() + this.#d.policy.ackMs;
      return;
    }
    lane.end(waId);
    if (outcome.kind === 'refused')
      this.#settle(org, waId, outcome.reason === 'expired' ? 'expired' : 'refused', outcome);
    if (outcome.kind !== 'returned') return;
    lane.pausedUntil = this.#d.elapsed() + pauseMs;
    const putBack = () => {
      lane.putBack(again(waiting));
      this.run(org);
    };
    if (this.#d.sent.get(org, waId)?.state !== 'sending') return putBack();
    this.#settleWith(org, waId, 'returned', {}, putBack);
  }
  #settle(org: Org, waId: string, fact: SendFact, { reason, message }: ReturnType<typeof refusedFor>): void {
    this.#settleWith(org, waId, fact, { error: { reason, message } });
  }
  /** Applies a fact, again and again while the disk refuses. */
  #settleWith(org: Org, waId: string, fact: SendFact, over: Over, then?: () => void): void {
    const work = async () => {
      const row = await this.#d.sent.apply(org, waId, fact, over);
      if (row === undefined) return;
      this.#isFailing = false;
      then?.();
    };
    work().catch((error: unknown) => this.#later(work, error));
  }
  #later(work: () => Promise<void>, error: unknown): void {
    this.#failed(error);
    this.#refused.push(work);
    if (this.#isClosed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      const refused = this.#refused;
      this.#refused = [];
      for (const one of refused) one().catch((err: unknown) => this.#later(one, err));
    }, againMs).unref();
  }
  #failed(err: unknown): void {
    if (!this.#isFailing) this.#d.log('messages.write_failed', { err });
    this.#isFailing = true;
  }
}
