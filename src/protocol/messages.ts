/**
 * Messages as clients see them. The names of types and states follow the WhatsApp Cloud API, so that a
 * backend that knows it finds its way.
 */
import { z } from 'zod';
import { OrgId, Timestamp } from './session.ts';

/** What WhatsApp knows about a person. `phone` is null when a stranger hides the number. */
export const Contact = z.object({
  phone: z.string().nullable().describe('Digits with country code.'),
  lid: z.string().nullable().describe('`…@lid`: the id that WhatsApp uses instead of the number.'),
});
export type Contact = z.infer<typeof Contact>;

export const mediaTypes = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type MediaType = (typeof mediaTypes)[number];
/** What can be sent. */
export const sendTypes = [
  'text',
  ...mediaTypes,
  'location',
  'contacts',
  'reaction',
  'edit',
  'delete',
] as const;
export type SendType = (typeof sendTypes)[number];

/** `queued`: not given to WhatsApp yet. `sent`: WhatsApp acknowledged it. `unknown`: it may be sent. */
export const messageStates = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
] as const;
export const MessageState = z.enum(messageStates);
export type MessageState = z.infer<typeof MessageState>;
/** Why a message is `failed` or `unknown`. */
export const messageReasons = [
  'expired',
  'timeout',
  'rejected',
  'restricted',
  'recipient_unreachable',
  'media_refused',
  'cancelled',
  'no_ack',
  'interrupted',
  'internal',
] as const;
export type MessageReason = (typeof messageReasons)[number];

/** A message that was sent with `message.send`. It has no content: the sender knows it. */
export const SentMessage = z.object({
  id: z.string(),
  whatsappId: z.string(),
  orgId: OrgId,
  to: z.string(),
  contact: Contact,
  type: z.enum(sendTypes),
  state: MessageState,
  error: z
    .object({ reason: z.enum(messageReasons), statusCode: z.int().optional(), message: z.string() })
    .nullable(),
  createdAt: Timestamp,
  sentAt: Timestamp.nullable(),
  deliveredAt: Timestamp.nullable(),
  readAt: Timestamp.nullable(),
  /** Grows with every change: of two copies, keep the higher. */
  revision: z.int().positive(),
});
export type SentMessage = z.infer<typeof SentMessage>;

export const Location = z.object({
  latitude: z.number(),
  longitude: z.number(),
  name: z.string().optional(),
  address: z.string().optional(),
});
const ReceivedMedia = z.object({
  /** For `GET /v1/media/{mediaId}`. Null when it cannot be downloaded. */
  mediaId: z.string().nullable(),
  mimeType: z.string().nullable(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  caption: z.string().optional(),
  filename: z.string().optional(),
  voice: z.boolean().optional(),
  seconds: z.int().optional(),
});
export type ReceivedMedia = z.infer<typeof ReceivedMedia>;

/** `view_once` and `poll` carry no content; `unsupported` names the field of WhatsApp's own format. */
export const receivedTypes = [
  'text',
  ...mediaTypes,
  'location',
  'contacts',
  'poll',
  'view_once',
  'unsupported',
] as const;
/** A message that the organization received, or sent from another of its devices. */
export const ReceivedMessage = z.object({
  /** `msg_…`: the same for the same message, also after a crash. */
  id: z.string(),
  whatsappId: z.string(),
  direction: z.enum(['incoming', 'outgoing']),
  chat: z.object({ id: z.string(), kind: z.enum(['person', 'group', 'broadcast']) }),
  /** The sender; in a group, the participant. For `outgoing` to a person: the recipient. */
  contact: Contact,
  pushName: z.string().nullable(),
  type: z.enum(receivedTypes),
  text: z.object({ body: z.string() }).optional(),
  image: ReceivedMedia.optional(),
  video: ReceivedMedia.optional(),
  audio: ReceivedMedia.optional(),
  document: ReceivedMedia.optional(),
  sticker: ReceivedMedia.optional(),
  location: Location.optional(),
  contacts: z.array(z.object({ name: z.string(), vcard: z.string() })).optional(),
  unsupported: z.object({ field: z.string() }).optional(),
  /** The id of the message that this one answers, when it is known here; its WhatsApp id otherwise. */
  replyTo: z.object({ id: z.string().nullable(), whatsappId: z.string() }).nullable(),
  mentions: z.array(Contact),
  forwarded: z.boolean(),
  isEphemeral: z.boolean(),
  /** It had waited at WhatsApp while the session was not connected. */
  wasOffline: z.boolean(),
  /** WhatsApp's own time of the message. */
  timestamp: Timestamp,
});
export type ReceivedMessage = z.infer<typeof ReceivedMessage>;

/** A later change of a message: an edit, a deletion for everyone, or a reaction. */
export const MessageChange = z.object({
  /** The message that changes. Null when it is not known here. */
  messageId: z.string().nullable(),
  whatsappId: z.string(),
  change: z.enum(['edited', 'deleted', 'reacted']),
  /** `edited`: the new text. */
  text: z.object({ body: z.string() }).optional(),
  /** `reacted`: the emoji; '' when the reaction was taken back. */
  emoji: z.string().optional(),
  direction: z.enum(['incoming', 'outgoing']),
  chat: z.object({ id: z.string(), kind: z.enum(['person', 'group', 'broadcast']) }),
  contact: Contact,
  timestamp: Timestamp,
});
export type MessageChange = z.infer<typeof MessageChange>;

const seq = z.int().positive();
/** The data of the entries of an inbox. */
export const inboxShapes = {
  received: z.object({ seq, message: ReceivedMessage }),
  changed: z.object({ seq, change: MessageChange }),
  unreadable: z.object({
    seq,
    unreadable: z.object({
      whatsappId: z.string(),
      chat: z.object({ id: z.string(), kind: z.enum(['person', 'group', 'broadcast']) }),
      contact: Contact,
      why: z.string(),
      timestamp: Timestamp,
    }),
  }),
} as const;
/** One entry of an organization's inbox. `seq` has no gaps, in the order in which messages became durable. */
export const InboxItem = z.discriminatedUnion('type', [
  inboxShapes.received.extend({ type: z.literal('message.received') }),
  inboxShapes.received.extend({ type: z.literal('message.sent_elsewhere') }),
  inboxShapes.changed.extend({ type: z.literal('message.changed') }),
  inboxShapes.unreadable.extend({ type: z.literal('message.unreadable') }),
]);
export type InboxItem = z.infer<typeof InboxItem>;

/** WhatsApp restricts the account: messages to new contacts are refused until then. */
export const Restriction = z.object({ since: Timestamp, until: Timestamp.nullable() });
export type Restriction = z.infer<typeof Restriction>;
