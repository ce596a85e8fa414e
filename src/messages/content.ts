/** What is sent: the ordered content with every reference resolved. */
import type { Org } from '../../machines/domain/ports.ts';
import { mediaTypes, type SendType } from '../protocol/messages.ts';
import type { Inbox } from './inbox.ts';
import type { MessageKey, SendContent } from './ports.ts';
import type { BodyRow } from './rows.ts';
import { sentIdOf, waIdOf } from './rows.ts';
import type { Sent } from './sent.ts';

export type Ordered = NonNullable<BodyRow['order']>;
/** The parsed content of every type at once: the contract names the fields of each. */
export interface Given {
  readonly body?: string;
  readonly media?: { readonly id?: string; readonly url?: string };
  readonly mimeType?: string;
  readonly caption?: string;
  readonly filename?: string;
  readonly voice?: boolean;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly name?: string;
  readonly address?: string;
  readonly items?: readonly { readonly name: string; readonly vcard: string }[];
  readonly messageId?: string;
  readonly emoji?: string;
}
export const givenOf = (content: unknown): Given => (content ?? {}) as Given;
export const isMedia = (type: SendType): boolean => (mediaTypes as readonly string[]).includes(type);

export interface Referred {
  readonly key: MessageKey;
  /** The encoded message, if it is kept. */
  readonly encoded?: Uint8Array;
}
/** The message that an id of ours names: one that was sent, or one that arrived. */
export const referenceOf = (sent: Sent, inbox: Inbox, org: Org, id: string): Referred | undefined => {
  const waId = waIdOf(id);
  const row = waId === undefined ? undefined : sent.get(org, waId);
  if (waId !== undefined && row !== undefined) {
    if (row.jid === null) return undefined;
    const { encoded } = sent.body(org, waId) ?? {};
    return {
      key: { id: waId, remoteJid: row.jid, fromMe: true },
      ...(encoded !== undefined && { encoded: Buffer.from(encoded, 'base64') }),
    };
  }
  const known = inbox.known(org, id);
  if (known === undefined) return undefined;
  const quoted = inbox.plain(org, known.n)?.quoted;
  const { participant, ...key } = known.key;
  return {
    key: { ...key, ...(participant !== undefined && { participant }) },
    ...(quoted != null && { encoded: Buffer.from(quoted, 'base64') }),
  };
};
/** A message of this id, for entries that refer to it. */
export const sentIdIn = (sent: Sent) => (org: Org, whatsappId: string) =>
  sent.get(org, whatsappId) === undefined ? undefined : sentIdOf(whatsappId);

const jidOf = (person: string): string => (person.includes('@') ? person : `${person}@s.whatsapp.net`);

/** `referred`: the message that a reaction, an edit or a deletion is about. */
const partOf = (type: SendType, given: Given, referred: Referred | undefined): Partial<SendContent> => {
  const { body = '', latitude = 0, longitude = 0, name, address } = given;
  switch (type) {
    case 'text':
      return { text: { body } };
    case 'location':
      return {
        location: {
          latitude,
          longitude,
          ...(name !== undefined && { name }),
          ...(address !== undefined && { address }),
        },
      };
    case 'contacts':
      return { contacts: given.items ?? [] };
    case 'reaction':
      return referred ? { reaction: { key: referred.key, emoji: given.emoji ?? '' } } : {};
    case 'edit':
      return referred ? { edit: { key: referred.key, body } } : {};
    case 'delete':
      return referred ? { delete: { key: referred.key } } : {};
    default:
      return {};
  }
};
/** `media`: the file, for a message with one. */
export const contentOf = (
  type: SendType,
  { content, replyTo, mentions }: Ordered,
  find: (id: string) => Referred | undefined,
  media: { readonly file: string; readonly mimeType: string } | undefined,
): SendContent => {
  const given = givenOf(content);
  const { caption, filename, voice } = given;
  const reply = replyTo === undefined ? undefined : find(replyTo);
  const referred = given.messageId === undefined ? undefined : find(given.messageId);
  return {
    type,
    ...partOf(type, given, referred),
    ...(media && {
      media: {
        ...media,
        ...(caption !== undefined && { caption }),
        ...(filename !== undefined && { filename }),
        ...(voice !== undefined && { voice }),
      },
    }),
    ...(reply && { reply }),
    ...(mentions && { mentions: mentions.map(jidOf) }),
  };
};
