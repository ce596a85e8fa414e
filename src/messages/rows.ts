/**
 * The rows of messages, in one table: what belongs together is one transaction. A row that another version
 * wrote and this one cannot read counts as absent.
 *
 *   ['out', org] → OutState          ['sent', org, waId] → SentRow      ['body', org, waId] → BodyRow
 *   ['order', org, n] → waId         ['key', org, digest] → waId        ['open', org, waId] → 1
 *   ['due', org, waId, revision] → DueRow
 *   ['in', org] → InState            ['inbox', org, seq] → InboxRow     ['plain', org, n] → PlainRow
 *   ['ref', day, org, digest] → n  ['seen', day, org, id] → SeenRow  ['media', day, mediaId] → MediaRow
 *   ['about', org, contact, kind, n] → 1    what `forget` removes
 *   ['chat', org, contact] → ChatRow        ['number', org, phone] → NumberRow
 *
 * `day` is the number of the day since 1970, so that everything of a day ends with one range.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TableKey, TableRange } from '../database/table.ts';
import { Contact, InboxItem, Restriction, SentMessage } from '../protocol/messages.ts';

const ms = z.number();
const count = z.int().nonnegative();
/** Of the last day: number of the hour, messages. */
export const Hours = z.array(z.tuple([z.int(), count]));
export type Hours = z.infer<typeof Hours>;

export const OutState = z.object({
  /** The number of the last message. */
  n: count,
  bytes: count,
  unknown: count,
  hours: Hours,
  lastAt: ms.nullable(),
  restriction: Restriction.nullable(),
  /** When new contacts were written to. */
  freshStarts: z.array(ms),
});
export type OutState = z.infer<typeof OutState>;

export const SentRow = SentMessage.omit({ id: true, orgId: true, whatsappId: true }).extend({
  n: count,
  createdAt: ms,
  sentAt: ms.nullable(),
  deliveredAt: ms.nullable(),
  readAt: ms.nullable(),
  /** Digests of the key of idempotency, and of the parameters. */
  key: z.string(),
  params: z.string(),
  priority: z.enum(['high', 'normal', 'low']),
  expires: z.object({ until: ms, setAt: ms }),
  /** The jid, once it is known. */
  jid: z.string().nullable(),
  repeats: count,
  bytes: count,
});
export type SentRow = z.infer<typeof SentRow>;

export const StoredFile = z.object({ file: z.string(), mimeType: z.string(), bytes: count });
export type StoredFile = z.infer<typeof StoredFile>;
export const BodyRow = z.object({
  /** As it was ordered, until it is encoded. */
  order: z
    .object({
      content: z.unknown(),
      replyTo: z.string().optional(),
      mentions: z.array(z.string()).optional(),
      upload: StoredFile.optional(),
    })
    .optional(),
  /** The encoded message, base64. */
  encoded: z.string().optional(),
});
export type BodyRow = z.infer<typeof BodyRow>;
export const DueRow = z.object({ at: ms, previousState: SentMessage.shape.state.nullable() });
export type DueRow = z.infer<typeof DueRow>;

export const InState = z.object({
  /** The last number of the inbox, and the last that was announced. */
  seq: count,
  announced: count,
  bytes: count,
  plainN: count,
  plainBytes: count,
  hours: Hours,
  lastAt: ms.nullable(),
});
export type InState = z.infer<typeof InState>;
export const InboxRow = z.object({
  item: InboxItem,
  at: ms,
  eventId: z.string(),
  /** Its phone number and its lid were known apart before: `contact.linked` follows. */
  linked: Contact.optional(),
  bytes: count,
  about: z.array(z.string()),
});
export type InboxRow = z.infer<typeof InboxRow>;
export const PlainRow = z.object({
  plaintext: z.string(),
  quoted: z.string().nullable(),
  at: ms,
  bytes: count,
  about: z.array(z.string()),
  /** The names of its rows among `seen` and `media`. */
  ids: z.array(z.string()),
  media: z.array(z.string()),
});
export type PlainRow = z.infer<typeof PlainRow>;
export const Key = z.object({
  id: z.string(),
  remoteJid: z.string(),
  fromMe: z.boolean(),
  participant: z.string().optional(),
});
export const SeenRow = z.object({
  key: Key,
  /** The plaintext, for replies and for media. */
  n: count,
});
export type SeenRow = z.infer<typeof SeenRow>;
export const MediaRow = z.object({
  org: z.string(),
  source: z.object({
    mediaId: z.string(),
    kind: z.enum(['image', 'video', 'audio', 'document', 'sticker']),
    directPath: z.string(),
    mediaKey: z.string(),
    fileSha256: z.string().nullable(),
    fileEncSha256: z.string().nullable(),
    bytes: z.number().nullable(),
    mimeType: z.string().nullable(),
  }),
  filename: z.string().nullable(),
  key: Key,
  n: count,
});
export const ChatRow = z.object({ heardAt: ms.nullable(), sentAt: ms.nullable() });
export type ChatRow = z.infer<typeof ChatRow>;
export const NumberRow = z.object({
  at: ms,
  exists: z.boolean(),
  jid: z.string().nullable(),
  lid: z.string().nullable(),
});
export type NumberRow = z.infer<typeof NumberRow>;

/** Everything whose key begins so. Keys hold numbers and text of ASCII. */
export const within = (...prefix: TableKey): TableRange => ({
  atLeast: prefix,
  below: [...prefix, '\uffff'],
});
/** The value, when this version can read it. */
export const readAs = <T>(schema: z.ZodType<T>, value: unknown): T | undefined => {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
};
/** 144 bits: no two names share it, and none shows what it was made of. */
export const digestOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);

/** The stored form of a contact or a chat: digits, `…@lid`, `…@g.us`. */
export const plainId = (id: string): string => id.replace(/@(?:s\.whatsapp\.net|c\.us)$/u, '');
/** The id for clients of a message that was sent. */
export const sentIdOf = (waId: string): string => `msg_${waId}`;
export const waIdOf = (id: string): string | undefined => /^msg_(3EB0[0-9A-F]{18})$/u.exec(id)?.[1];
