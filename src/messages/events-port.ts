/**
 * How the durable rows announce what happened to messages: to connected clients, and to webhooks.
 * `src/app/messages.ts` connects it with the feed and with delivery. The outbox keeps no content: it has a
 * reference, and reads the row when it sends.
 */
import type { EventData, MessageEventType } from '../protocol/events.ts';
import type { MessageState } from '../protocol/messages.ts';

export const inboxEventTypes = [
  'message.received',
  'message.sent_elsewhere',
  'message.changed',
  'message.unreadable',
] as const;
export type InboxEventType = (typeof inboxEventTypes)[number];

/** Enough to read the data of an event from its row. It is short, and has no content. */
export type MessageEventRef =
  | { readonly type: InboxEventType; readonly org: string; readonly seq: number }
  | {
      readonly type: 'message.updated';
      readonly org: string;
      readonly messageId: string;
      readonly revision: number;
      readonly previousState: MessageState | null;
    }
  | {
      readonly type: 'contact.linked';
      readonly org: string;
      readonly contact: { readonly phone: string | null; readonly lid: string | null };
    };
export interface MessageEvent {
  /**
   * `evt_` and a digest of (organization, message id, type, revision): the same when it is announced again
   * after a crash. Receivers of webhooks drop the second.
   */
  readonly id: string;
  /** Epoch milliseconds: when it became durable. The same at every repeat. */
  readonly at: number;
  readonly ref: MessageEventRef;
}
export type MessageEventData = EventData<MessageEventType>;

/** What the rows need. */
export interface MessageEventSink {
  /**
   * Announces events whose rows are durable. Resolves when no webhook that wants them can miss them: only
   * then the rows may mark them as announced. Rejects when the disk refuses; then announce them again later.
   * An event that was announced before changes nothing for webhooks.
   */
  announce(events: readonly MessageEvent[]): Promise<void>;
  /** Whether a webhook still waits for the event, or it is a dead letter: its row must stay readable. */
  isNeeded(eventId: string): boolean;
}
/** What the rows give: the data of an event now. Undefined when its row was removed. */
export type ReadMessageEvent = (ref: MessageEventRef) => MessageEventData | undefined;
