/** What is to be sent, as the client library's generators take it, and the attributes that its kind needs. */
import { createReadStream } from 'node:fs';
import {
  type AnyMessageContent,
  generateWAMessage,
  getContentType,
  isJidGroup,
  isLidUser,
  type MediaGenerationOptions,
  normalizeMessageContent,
  proto,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys';
import type { SendType } from '../../protocol/messages.ts';
import type { GroupCache } from './groups.ts';
import { type SendContent, SendFault } from './port.ts';

/** An upload that sends or receives nothing for this long is given up, in milliseconds. Our own choice. */
const silentUploadMs = 30_000;

const mediaOf = (type: SendType, media: NonNullable<SendContent['media']>): AnyMessageContent => {
  const { file, mimeType: mimetype, caption, filename, voice } = media;
  const stream = { stream: createReadStream(file) };
  const described = { mimetype, ...(caption !== undefined && { caption }) };
  switch (type) {
    case 'image':
      return { image: stream, ...described };
    case 'video':
      // with any thumbnail the library starts no program on the file: WHATSAPP-FACTS.md#media-upload
      return { video: stream, jpegThumbnail: '', ...described };
    case 'audio':
      return { audio: stream, mimetype, ptt: voice === true };
    case 'sticker':
      return { sticker: stream, mimetype };
    default:
      return { document: stream, ...described, ...(filename !== undefined && { fileName: filename }) };
  }
};

const contactsOf = (contacts: NonNullable<SendContent['contacts']>): AnyMessageContent => ({
  contacts: {
    displayName: contacts.length === 1 ? (contacts[0]?.name ?? '') : `${contacts.length} contacts`,
    contacts: contacts.map(({ name, vcard }) => ({ displayName: name, vcard })),
  },
});

/** `linkPreview: null`: otherwise the library fetches whatever address is in a text. */
const textOf = (text: string) => ({ text, linkPreview: null });

const generatorContent = (content: SendContent): AnyMessageContent => {
  const { type, text, media, location, contacts, reaction, edit } = content;
  if (text) return textOf(text.body);
  if (media) return mediaOf(type, media);
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
const ownIdFor = ({ authState }: WASocket, groups: GroupCache, chat: string): string => {
  const { id = '', lid } = authState.creds.me ?? {};
  const isByLid = isLidUser(chat) || groups.known(chat)?.addressingMode === 'lid';
  return isByLid && lid !== undefined ? lid : id;
};

const uploadRefused = (error: unknown): never => {
  throw new SendFault('rejected', "WhatsApp's media hosts did not take the file.", error);
};

/** Uploads media first. A file that cannot be read rejects with `media_refused`. */
export const encodeContent = async (
  sock: WASocket,
  groups: GroupCache,
  content: SendContent,
): Promise<Uint8Array> => {
  const quoted = quotedOf(content);
  const chat = quoted?.key.remoteJid ?? '';
  const options: MediaGenerationOptions = {
    upload: (file, of) => sock.waUploadToServer(file, of).catch(uploadRefused),
    mediaUploadTimeoutMs: silentUploadMs,
  };
  const body = generatorContent(content);
  const mentions = content.mentions?.length ? { mentions: [...content.mentions] } : {};
  const { message } = await generateWAMessage(chat, { ...body, ...mentions } as AnyMessageContent, {
    ...options,
    userJid: ownIdFor(sock, groups, chat),
    ...(quoted && { quoted }),
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).syscall === undefined || !content.media) throw error;
    throw new SendFault('media_refused', 'The file to send cannot be read.', error);
  });
  return proto.Message.encode(message ?? {}).finish();
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
