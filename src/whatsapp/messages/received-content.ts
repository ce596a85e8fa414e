/** One field of WhatsApp's message as the part of a received message that clients see. */
import type { proto } from '@whiskeysockets/baileys';
import type { ReceivedMedia, ReceivedMessage } from '../../protocol/messages.ts';
import { mediaIdOf } from './envelope.ts';
import type { MediaSource } from './port.ts';

export type Content = Pick<
  ReceivedMessage,
  'type' | 'text' | MediaSource['kind'] | 'location' | 'contacts' | 'unsupported'
>;
export interface Read {
  readonly content: Content;
  readonly media: readonly MediaSource[];
}
type Field = keyof proto.IMessage;

type MediaMessage = proto.Message.IImageMessage &
  proto.Message.IVideoMessage &
  proto.Message.IAudioMessage &
  proto.Message.IDocumentMessage &
  proto.Message.IStickerMessage;

const base64Of = (bytes: Uint8Array | null | undefined): string | null =>
  bytes && bytes.length > 0 ? Buffer.from(bytes).toString('base64') : null;
const hexOf = (bytes: Uint8Array | null | undefined): string | null =>
  bytes && bytes.length > 0 ? Buffer.from(bytes).toString('hex') : null;
/** A length may be larger than any number that JavaScript counts exactly. */
const countOf = (value: unknown): number | null => {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
};
const textOf = (value: string | null | undefined): string | undefined => value || undefined;
/** Without the fields that have no value. */
const present = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

const readMedia = (messageId: string, kind: MediaSource['kind'], m: MediaMessage): Read => {
  const { directPath, mediaKey } = m;
  const source: MediaSource | undefined =
    directPath && mediaKey && mediaKey.length > 0
      ? {
          mediaId: mediaIdOf(messageId, directPath),
          kind,
          directPath,
          mediaKey: Buffer.from(mediaKey).toString('base64'),
          fileSha256: base64Of(m.fileSha256),
          fileEncSha256: base64Of(m.fileEncSha256),
          bytes: countOf(m.fileLength),
          mimeType: textOf(m.mimetype) ?? null,
        }
      : undefined;
  const shown: ReceivedMedia = {
    mediaId: source?.mediaId ?? null,
    mimeType: textOf(m.mimetype) ?? null,
    bytes: countOf(m.fileLength),
    sha256: hexOf(m.fileSha256),
    ...present({
      caption: textOf(m.caption),
      filename: textOf(m.fileName ?? m.title),
      voice: m.ptt ?? undefined,
      seconds: countOf(m.seconds) ?? undefined,
    }),
  };
  return { content: { type: kind, [kind]: shown }, media: source ? [source] : [] };
};

const readLocation = (m: proto.Message.ILocationMessage): Content | undefined => {
  const [latitude, longitude] = [m.degreesLatitude ?? Number.NaN, m.degreesLongitude ?? Number.NaN];
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return undefined;
  const names = present({ name: textOf(m.name), address: textOf(m.address) });
  return { type: 'location', location: { latitude, longitude, ...names } };
};
const contactsOf = (cards: readonly proto.Message.IContactMessage[]): Content => ({
  type: 'contacts',
  contacts: cards.map(({ displayName, vcard }) => ({ name: displayName ?? '', vcard: vcard ?? '' })),
});

const mediaFields = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
} as const satisfies Partial<Record<Field, MediaSource['kind']>>;
const isMediaField = (field: Field): field is keyof typeof mediaFields => Object.hasOwn(mediaFields, field);

const contentOf = (field: Field, message: proto.IMessage): Content | undefined => {
  switch (field) {
    case 'conversation':
      return { type: 'text', text: { body: message.conversation ?? '' } };
    case 'extendedTextMessage':
      return { type: 'text', text: { body: message.extendedTextMessage?.text ?? '' } };
    case 'locationMessage':
    case 'liveLocationMessage':
      return readLocation(message[field] as proto.Message.ILocationMessage);
    case 'contactMessage':
      return contactsOf([message.contactMessage ?? {}]);
    case 'contactsArrayMessage':
      return contactsOf(message.contactsArrayMessage?.contacts ?? []);
    case 'pollCreationMessage':
    case 'pollCreationMessageV2':
    case 'pollCreationMessageV3':
    case 'pollCreationMessageV5':
      return { type: 'poll' };
    default:
      return undefined;
  }
};
const viewOnce: Read = { content: { type: 'view_once' }, media: [] };

/** `field` names the content of `message`. What is not known here keeps the name of its field. */
export const readContent = (
  messageId: string,
  field: Field,
  message: proto.IMessage,
  isViewOnce: boolean,
): Read => {
  if (isViewOnce) return viewOnce;
  if (isMediaField(field)) {
    const media = message[field] as MediaMessage;
    return media.viewOnce === true ? viewOnce : readMedia(messageId, mediaFields[field], media);
  }
  const content = contentOf(field, message) ?? { type: 'unsupported', unsupported: { field } };
  return { content, media: [] };
};
/** The text of an edit: a body, or a caption. */
export const editedText = (field: Field | undefined, message: proto.IMessage): string | undefined => {
  if (field === undefined) return undefined;
  if (isMediaField(field)) return (message[field] as MediaMessage).caption ?? undefined;
  return contentOf(field, message)?.text?.body;
};
