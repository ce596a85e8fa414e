/** Every event: its topic and its data. `always`: every subscriber receives it, with any topics. */
import { z } from 'zod';
import { Alert } from './alerts.ts';
import { Contact, inboxShapes, MessageState, SentMessage } from './messages.ts';
import type { Topic } from './scopes.ts';
import { Reason, Session, State, Timestamp } from './session.ts';

export interface EventSpec {
  readonly topic: Topic | 'always';
  readonly data: z.ZodType;
  readonly doc: string;
}

const pairingId = z.string();
/** The steps of a pairing that hold no secret. */
export const PairingStep = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('action_required'),
    pairingId,
    action: z.enum(['passkey', 'confirm_code']),
    detail: z.string(),
  }),
  z.object({
    status: z.enum(['completed', 'expired', 'cancelled', 'failed']),
    pairingId,
    reason: Reason.nullable(),
  }),
]);
/**
 * A QR and a code are secrets: any person can use them to link a phone. They are never stored, replayed,
 * logged or sent by webhook.
 */
const PairingData = z.discriminatedUnion('status', [
  z.object({ status: z.literal('qr'), pairingId, qr: z.string(), attempt: z.int(), expiresAt: Timestamp }),
  z.object({ status: z.literal('code'), pairingId, code: z.string(), expiresAt: Timestamp }),
  ...PairingStep.options,
]);

export const events = {
  'session.created': {
    topic: 'sessions',
    doc: 'A new session appeared that was never known before.',
    data: z.object({
      session: Session,
      previousState: State.nullable(),
      cause: z.string(),
      durable: z.boolean(),
    }),
  },
  'session.updated': {
    topic: 'sessions',
    doc: 'Any change; contains the whole session, and the event that caused the change.',
    data: z.object({
      session: Session,
      previousState: State.nullable(),
      cause: z.string(),
      durable: z.boolean(),
    }),
  },
  'session.removed': {
    topic: 'sessions',
    doc: 'The session was removed: logged out, or its directory was removed.',
    data: z.object({ revision: z.int() }),
  },
  'pairing.updated': { topic: 'pairing', doc: 'Every step of a pairing.', data: PairingData },
  'pairing.linkEnded': {
    topic: 'pairing',
    doc: 'A pairing link ended: the customer has linked the phone, or the link can no longer be used.',
    data: z.object({ linkId: z.string(), outcome: z.enum(['completed', 'expired', 'revoked', 'used_up']) }),
  },
  'alert.firing': {
    topic: 'alerts',
    doc: 'An alert fires: its condition lasted long enough. `orgId` is null when it is about the server.',
    data: z.object({ alert: Alert }),
  },
  'alert.resolved': {
    topic: 'alerts',
    doc: 'An alert ended. It follows every alert.firing.',
    data: z.object({ alert: Alert }),
  },
  'message.received': {
    topic: 'messages',
    doc:
      'A message arrived. `seq` has no gaps within the organization; events may come in another order. ' +
      'Media comes as metadata: `GET /v1/media/{mediaId}` has the bytes.',
    data: inboxShapes.received,
  },
  'message.sent_elsewhere': {
    topic: 'messages',
    doc: 'The organization sent a message from another device, for example a person on the phone.',
    data: inboxShapes.received,
  },
  'message.changed': {
    topic: 'messages',
    doc: 'A message was edited, deleted for everyone, or got a reaction.',
    data: inboxShapes.changed,
  },
  'message.unreadable': {
    topic: 'messages',
    doc:
      'A message arrived that could not be decrypted, after every repeat. A person can read it on the ' +
      'phone.',
    data: inboxShapes.unreadable,
  },
  'message.updated': {
    topic: 'messages',
    doc:
      'A message of `message.send` has another state. When you have two copies, keep the one with the ' +
      'higher revision: a webhook may bring a newer revision than the one that caused it.',
    data: z.object({ message: SentMessage, previousState: MessageState.nullable() }),
  },
  'contact.linked': {
    topic: 'messages',
    doc: 'WhatsApp showed that a phone number and a lid are the same contact.',
    data: z.object({ contact: Contact }),
  },
  'server.draining': {
    topic: 'always',
    doc:
      'Shutdown has begun: commands are refused from now on, and connections close by the deadline. ' +
      'Reconnect and resume.',
    data: z.object({ deadline: Timestamp }),
  },
} as const satisfies Record<string, EventSpec>;

export type EventType = keyof typeof events;
/** The events with content: webhooks get them only when they name them. */
export type MessageEventType = {
  readonly [T in EventType]: (typeof events)[T]['topic'] extends 'messages' ? T : never;
}[EventType];
export const isMessageEvent = (type: string): type is MessageEventType =>
  Object.hasOwn(events, type) && events[type as EventType].topic === 'messages';
export type EventTopic = EventSpec['topic'];
export type EventData<T extends EventType> = z.infer<(typeof events)[T]['data']>;
