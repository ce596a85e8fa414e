/**
 * Accepts messages of clients: a message is answered when its row is durable. The same key with the same
 * parameters is the same message, also while the first call is under way.
 */
import { createHash } from 'node:crypto';
import type { Org } from '../../machines/domain/ports.ts';
import { mayRepeat } from '../../machines/sending.ts';
import type { SendType, SentMessage } from '../protocol/messages.ts';
import { givenOf, isMedia, referenceOf } from './content.ts';
import type { Inbox } from './inbox.ts';
import type { MediaFiles } from './media-files.ts';
import type { OutStates } from './out-states.ts';
import type { MessagesPolicy } from './policy.ts';
import { isGroup, type Recipients } from './recipients.ts';
import type { Refusal } from './refusal.ts';
import { type BodyRow, digestOf, type SentRow, type StoredFile, waIdOf } from './rows.ts';
import type { Runner } from './runner.ts';
import { publicMessage, type Sent } from './sent.ts';

export interface SendOrder {
  readonly org: Org;
  readonly principal: string;
  readonly idempotencyKey: string;
  readonly to: string;
  readonly type: SendType;
  readonly content: unknown;
  readonly replyTo?: string | undefined;
  readonly mentions?: readonly string[] | undefined;
  readonly priority: 'high' | 'normal' | 'low';
  readonly expiresInMs: number;
  readonly waitFor: 'accepted' | 'sent';
  readonly retry: boolean;
}
export type Accepted = { readonly message: SentMessage; readonly replayed: boolean };
export interface AcceptDeps {
  readonly sent: Sent;
  readonly inbox: Inbox;
  readonly states: OutStates;
  readonly runner: Runner;
  readonly recipients: Recipients;
  readonly media: MediaFiles;
  readonly policy: MessagesPolicy;
  readonly idOf: (org: Org, principal: string, idempotencyKey: string) => string;
  /** The state of the session; undefined: there is none. */
  readonly sessionState: (org: Org) => string | undefined;
  /** False: the database does not outlive the process. */
  readonly isDurable: () => boolean;
  readonly isRestricted: (org: Org) => boolean;
  readonly now: () => number;
  readonly elapsed: () => number;
}
/** States in which a session is connected, or is about to be. */
const sending: ReadonlySet<string> = new Set(['connected', 'restoring', 'retrying']);
const storageRetryMs = 60_000;

/** With sorted names: equal for equal content, whatever the order in which a client wrote it. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, canonical(one)]);
};
/** Everything that makes it this message; whether the client waits does not. */
export const paramsOf = ({
  to,
  type,
  content,
  replyTo,
  mentions,
  priority,
  expiresInMs,
}: SendOrder): string => {
  const params = canonical({ to, type, content, replyTo, mentions, priority, expiresInMs });
  return createHash('sha256').update(JSON.stringify(params)).digest('base64url');
};

export class Acceptance {
  readonly #d: AcceptDeps;
  /** Calls under way, by organization and key. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(deps: AcceptDeps) {
    this.#d = deps;
  }
  /** Rejects when the disk refuses: then nothing is accepted. */
  async send(order: SendOrder): Promise<Accepted | Refusal> {
    if (!this.#d.isDurable())
      return { refused: 'unavailable', message: 'Messages cannot be stored now, so none is sent.' };
    const key = digestOf(order.principal, order.idempotencyKey);
    const name = `${order.org} ${key}`;
    // one after another: the second finds the row of the first
    const before = this.#running.get(name) ?? Promise.resolve();
    const answer = before.then(
      () => this.#answer(order, key),
      () => this.#answer(order, key),
    );
    this.#running.set(name, answer);
    try {
      return await answer;
    } finally {
      if (this.#running.get(name) === answer) this.#running.delete(name);
    }
  }

  async #answer(order: SendOrder, key: string): Promise<Accepted | Refusal> {
    const { sent } = this.#d;
    const { org } = order;
    const waId = sent.byKey(org, key);
    const row = waId === undefined ? undefined : sent.get(org, waId);
    if (waId === undefined || row === undefined) return this.#accept(order, key);
    if (row.params !== paramsOf(order))
      return {
        refused: 'idempotency_conflict',
        message: 'This idempotency key was used for another message. Use a key of its own for each message.',
      };
    if (order.retry && mayRepeat(row.state, row.error?.reason, row.repeats))
      return this.#repeat(order, waId, row);
    return { message: publicMessage(org, waId, row), replayed: true };
  }
  async #accept(order: SendOrder, key: string): Promise<Accepted | Refusal> {
    const { sent, states, runner, media, idOf, now } = this.#d;
    const { org, to, type } = order;
    const given = givenOf(order.content);
    const upload = given.media?.id === undefined ? undefined : media.find(org, given.media.id);
    const refusal = this.#refusalOf(order) ?? this.#refusalOfContent(order, upload);
    if (refusal !== undefined) return refusal;
    const waId = idOf(org, order.principal, order.idempotencyKey);
    const body: BodyRow = {
      order: {
        content: order.content,
        ...(order.replyTo !== undefined && { replyTo: order.replyTo }),
        ...(order.mentions !== undefined && { mentions: [...order.mentions] }),
        ...(upload !== undefined && { upload }),
      },
    };
    const n = states.of(org).n + 1;
    states.change(org, { n });
    const row: SentRow = {
      ...{ n, to, type, state: 'queued', error: null, revision: 1, key, params: paramsOf(order) },
      ...{ priority: order.priority, jid: null, repeats: 0, bytes: JSON.stringify(body).length },
      contact: contactOf(to),
      createdAt: now(),
      ...{ sentAt: null, deliveredAt: null, readAt: null },
      expires: { setAt: now(), until: now() + order.expiresInMs },
    };
    if (upload) media.hold(upload.file);
    const lane = runner.lane(org);
    lane.accepting += 1;
    try {
      await sent.insert(org, waId, row, body);
    } catch (error) {
      if (upload) await media.release(upload.file);
      throw error;
    } finally {
      lane.accepting -= 1;
    }
    runner.enqueue(org, waId, row);
    return { message: publicMessage(org, waId, row), replayed: false };
  }
  async #repeat(order: SendOrder, waId: string, row: SentRow): Promise<Accepted | Refusal> {
    const { sent, runner, now } = this.#d;
    const refusal = this.#refusalOf(order);
    if (refusal !== undefined) return refusal;
    const expires = { setAt: now(), until: now() + order.expiresInMs };
    const changed = await sent.apply(order.org, waId, 'repeated', { repeats: row.repeats + 1, expires });
    const repeated = changed?.row ?? sent.get(order.org, waId) ?? row;
    if (changed !== undefined) runner.enqueue(order.org, waId, repeated);
    return { message: publicMessage(order.org, waId, repeated), replayed: true };
  }
  /** Why nothing more is accepted for this recipient now. */
  #refusalOf({ org, to }: SendOrder): Refusal | undefined {
    const { sessionState, recipients, isRestricted, states } = this.#d;
    const state = sessionState(org);
    if (state === undefined) return { refused: 'not_found', message: `There is no organization "${org}".` };
    if (!sending.has(state)) {
      const message = `The session is ${state}: it is not connected, and does not connect by itself.`;
      return { refused: 'invalid_state', message, state };
    }
    if (recipients.remembered(org, to)?.exists === false)
      return { refused: 'recipient_unreachable', message: 'This number is not on WhatsApp.' };
    if (
      isRestricted(org) &&
      !recipients.hasAnswered(org, [to, recipients.remembered(org, to)?.lid ?? null])
    ) {
      const until = states.of(org).restriction?.until ?? null;
      const message = 'WhatsApp refuses messages of this account to contacts that did not write to it.';
      return { refused: 'restricted', message, until: until === null ? null : Date.parse(until) };
    }
    return this.#refusalOfRoom(org);
  }
  #refusalOfRoom(org: Org): Refusal | undefined {
    const { runner, states, policy, elapsed } = this.#d;
    const lane = runner.lane(org);
    if (lane.size() >= policy.queued || runner.size() >= policy.queuedOfAll) {
      const retryAfterMs = lane.drainMs(elapsed());
      return { refused: 'queue_full', message: 'Too many messages wait to be sent.', retryAfterMs };
    }
    if (states.of(org).bytes < policy.bytes && states.bytes() < policy.bytesOfAll) return undefined;
    const message = 'The content of sent messages is kept for 72 hours, and there is no room for more.';
    return { refused: 'queue_full', message, retryAfterMs: storageRetryMs };
  }
  #refusalOfContent(order: SendOrder, upload: StoredFile | undefined): Refusal | undefined {
    const { sent, inbox } = this.#d;
    const { org, type, replyTo, content } = order;
    const { messageId, media } = givenOf(content);
    for (const id of [replyTo, messageId])
      if (id !== undefined && referenceOf(sent, inbox, org, id) === undefined)
        return { refused: 'not_found', message: `There is no message "${id}" here, or it is not sent yet.` };
    if (type === 'edit' && messageId !== undefined && waIdOf(messageId) === undefined) {
      const message = 'Only a message that was sent with message.send can be edited.';
      return { refused: 'invalid_params', path: 'edit.messageId', message };
    }
    if (isMedia(type) && media?.id !== undefined && upload === undefined)
      return {
        refused: 'media_refused',
        message: `There is no upload "${media.id}": it is kept for an hour.`,
      };
    return undefined;
  }
}
const contactOf = (to: string) => {
  if (isGroup(to)) return { phone: null, lid: null };
  return to.endsWith('@lid') ? { phone: null, lid: to } : { phone: to, lid: null };
};
