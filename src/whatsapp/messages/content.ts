/** What is to be sent, as the client library's generators take it, and the attributes that its kind needs. */
import {
  type AnyMessageContent,
  generateWAMessageContent,
  generateWAMessageFromContent,
  getContentType,
  isJidGroup,
  isLidUser,
  normalizeMessageContent,
  proto,
  type WAMediaUploadFunction,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys';
import { mediaTypes, type SendType } from '../../protocol/messages.ts';
import type { GroupCache } from './groups.ts';
import { type SendContent, SendFault } from './port.ts';
import { findGroup } from './recipients.ts';
import { uploadMedia } from './upload.ts';

const contactsOf = (contacts: NonNullable<SendContent['contacts']>): AnyMessageContent => ({
  contacts: {
    displayName: contacts.length === 1 ? (contacts[0]?.name ?? '') : `${contacts.length} contacts`,
    contacts: contacts.map(({ name, vcard }) => ({ displayName: name, vcard })),
  },
});

/** `linkPreview: null`: otherwise the library fetches whatever address is in a text. */
const textOf = (text: string) => ({ text, linkPreview: null });

const generatorContent = (content: SendContent): AnyMessageContent => {
  const { type, text, location, contacts, reaction, edit } = content;
  if (text) return textOf(text.body);
  if (contacts) return contactsOf(contacts);
  if (reaction) return { react: { key: reaction.key, text: reaction.emoji } };
  if (edit) return { ...textOf(edit.body), edit: edit.key };
  if (content.delete) return { delete: content.delete.key };
  if (!location) throw new SendFault('internal', `There is nothing to send for the type ${type}.`);
  const { latitude: degreesLatitude, longitude: degreesLongitude, ...described } = location;
  return { location: { degreesLatitude, degreesLongitude, ...described } };
};

/** The quoted message itself, when it is known and of a kind that can be quoted. */
const decodedQuote = (encoded: Uint8Array | undefined): proto.IMessage | undefined => {
  if (encoded === undefined) return undefined;
  const message = proto.Message.decode(encoded);
  return getContentType(normalizeMessageContent(message)) === undefined ? undefined : message;
};
const quotedOf = ({ reply }: SendContent): WAMessage | undefined => {
  if (!reply) return undefined;
  // without the quoted text, WhatsApp's apps still link to the message
  return { key: reply.key, message: decodedQuote(reply.encoded) ?? { conversation: '' } } as WAMessage;
};

/** Our own id in the chat of the quoted message: a group may know its members by LID. */
const ownIdIn = async ({ sock, groups }: EncodeDeps, chat: string): Promise<string> => {
  const { id = '', lid } = sock.authState.creds.me ?? {};
  const group = isJidGroup(chat) ? await findGroup(sock, groups, chat) : undefined;
  return lid !== undefined && (isLidUser(chat) || group?.addressingMode === 'lid') ? lid : id;
};

const isMedia = (type: SendType): type is (typeof mediaTypes)[number] =>
  (mediaTypes as readonly string[]).includes(type);

/** The message, without the one that it answers. Uploads media. */
const messageOf = async (upload: WAMediaUploadFunction, content: SendContent): Promise<proto.IMessage> => {
  const { type, media, mentions = [] } = content;
  const mentioned = mentions.length > 0 ? { mentions: [...mentions] } : {};
  if (!media || !isMedia(type)) {
    const body = { ...generatorContent(content), ...mentioned } as AnyMessageContent;
    // it uploads nothing: media never comes here
    return generateWAMessageContent(body, { upload });
  }
  const message = await uploadMedia(upload, type, media);
  const field = message[`${type}Message`];
  if (field && mentions.length > 0) field.contextInfo = { mentionedJid: [...mentions] };
  return message;
};

export interface EncodeDeps {
  readonly sock: WASocket;
  readonly groups: GroupCache;
  readonly upload: WAMediaUploadFunction;
}
/** Uploads media first. Rejects with `SendFault`, or with an error of the client library. */
export const encodeContent = async (deps: EncodeDeps, content: SendContent): Promise<Uint8Array> => {
  const quoted = quotedOf(content);
  const chat = quoted?.key.remoteJid ?? '';
  const message = await messageOf(deps.upload, content);
  const options = { userJid: await ownIdIn(deps, chat), ...(quoted && { quoted }) };
  const whole = generateWAMessageFromContent(chat, message, options);
  return proto.Message.encode(whole.message ?? {}).finish();
};

/**
 * The attribute `edit` of the stanza: 1 for an edit, 7 for a deletion, 8 for an admin's deletion of another
 * member's message. Source: `sendMessage` in `lib/Socket/messages-send.js` of Baileys 7.0.0-rc14.
 */
export const attributesOf = (type: SendType, message: proto.IMessage): Record<string, string> => {
  if (type === 'edit') return { edit: '1' };
  if (type !== 'delete') return {};
  const key = message.protocolMessage?.key;
  return { edit: isJidGroup(key?.remoteJid ?? '') && !key?.fromMe ? '8' : '7' };
};
