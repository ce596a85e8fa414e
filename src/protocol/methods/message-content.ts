/** What can be sent: one object for each type. */
import { z } from 'zod';
import { type MediaType, mediaTypes, type SendType, sendTypes } from '../messages.ts';

const loneSurrogate = /\p{Surrogate}/u;
/** Characters as people count them (Unicode code points): JSON Schema counts them so too. */
const text = (name: string, min: number, max: number) => {
  const message = `${name} has ${min} to ${max.toLocaleString('en')} characters.`;
  return z
    .string()
    .refine((value) => {
      // a code point has at most two units
      if (value.length < min || value.length > 2 * max) return false;
      return value.length <= max || Array.from(value).length <= max;
    }, message)
    .refine(
      (value) => !loneSurrogate.test(value),
      `${name} has half of a surrogate pair: send whole characters.`,
    )
    .meta({ ...(min > 0 && { minLength: min }), maxLength: max });
};
/** A frame has 64 KiB, and a character up to four bytes. */
export const maxTextLength = 16_000;
const body = text('A text', 1, maxTextLength);
const maxCaptionLength = 1_024; // of the WhatsApp Cloud API, "Media messages"

export const messageIdMessage = 'The id of a message begins with msg_, as message.send and events give it.';
export const MessageId = z.string().regex(/^msg_[A-Za-z0-9_-]{1,60}$/, messageIdMessage);

const Media = z
  .strictObject({
    /** What `POST /v1/media` answered. */
    id: z
      .string()
      .regex(/^med_[A-Za-z0-9_-]{1,60}$/, 'The id of media begins with med_, as POST /v1/media gives it.')
      .optional(),
    /** Vigía fetches it. Inner addresses are refused. */
    url: z
      .url({ protocol: /^https?$/, error: 'url is the http:// or https:// address of the file.' })
      .max(2_000)
      .optional(),
  })
  .refine(({ id, url }) => (id === undefined) !== (url === undefined), {
    message: 'media has either id (from POST /v1/media) or url.',
  });
const mimeType = z
  .string()
  .max(100)
  .regex(/^[\w.+-]+\/[\w.+-]+(\s*;\s*[\w.+-]+=[\w.+-]+)*$/, 'mimeType is like image/jpeg.')
  .optional();
const media = { media: Media, mimeType };
const caption = text('A caption', 0, maxCaptionLength).optional();
const filename = z
  .string()
  .regex(/^[^\p{C}/\\]{1,240}$/u, 'A file name has 1 to 240 characters, no slash and no control character.')
  .optional();

const location = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: text('A name', 0, 1_000).optional(),
  address: text('An address', 0, 1_000).optional(),
});
const contacts = z.strictObject({
  items: z
    .array(
      z.strictObject({
        name: text('A name', 1, 200),
        vcard: z
          .string()
          .max(10_000)
          .regex(/^\s*BEGIN:VCARD\r?\n[\s\S]*END:VCARD\s*$/i, 'A vCard begins with BEGIN:VCARD (RFC 6350).'),
      }),
    )
    .min(1)
    .max(20),
});
const emoji = text('An emoji', 0, 32);

const contents = {
  text: z.strictObject({ body }),
  image: z.strictObject({ ...media, caption }),
  video: z.strictObject({ ...media, caption }),
  audio: z.strictObject({ ...media, voice: z.boolean().optional() }),
  document: z.strictObject({ ...media, caption, filename }),
  sticker: z.strictObject(media),
  location,
  contacts,
  reaction: z.strictObject({ messageId: MessageId, emoji }),
  edit: z.strictObject({ messageId: MessageId, body }),
  delete: z.strictObject({ messageId: MessageId }),
} as const satisfies Record<SendType, z.ZodType>;
/** For the params: each object may be absent, until `type` requires it. */
export const contentShape = {
  text: contents.text.optional(),
  image: contents.image.optional(),
  video: contents.video.optional(),
  audio: contents.audio.optional(),
  document: contents.document.optional(),
  sticker: contents.sticker.optional(),
  location: contents.location.optional(),
  contacts: contents.contacts.optional(),
  reaction: contents.reaction.optional(),
  edit: contents.edit.optional(),
  delete: contents.delete.optional(),
} as const;

type Given = { readonly type: SendType } & { readonly [T in SendType]?: unknown };
/** Exactly the object of `type` must be there. */
export const problemsOfContent = (given: Given): readonly { path: string; message: string }[] => {
  const { type } = given;
  const missing =
    given[type] === undefined
      ? [{ path: type, message: `A message of the type "${type}" needs the object "${type}".` }]
      : [];
  const others = sendTypes.filter((other) => other !== type && given[other] !== undefined);
  return [
    ...missing,
    ...others.map((path) => ({
      path,
      message: `type is "${type}", so the message cannot have "${path}": send them as two messages.`,
    })),
  ];
};
const referring: ReadonlySet<SendType> = new Set(['reaction', 'edit', 'delete']);
/** A reaction, an edit or a deletion is about a message already, and mentions no person. */
export const mayReply = (type: SendType): boolean => !referring.has(type);
const mentioning: ReadonlySet<SendType> = new Set(['text', ...mediaTypes.filter(isCaptioned)]);
function isCaptioned(type: MediaType): boolean {
  return 'caption' in contents[type].shape;
}
export const mayMention = (type: SendType): boolean => mentioning.has(type);
/** For readers of the schema. */
export const contentConditions = sendTypes.map((type) => ({
  properties: { type: { const: type } },
  required: ['type', type],
}));
