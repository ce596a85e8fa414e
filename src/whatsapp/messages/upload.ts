/**
 * Media of ours, encrypted beside its file and uploaded to WhatsApp's media hosts. The client library's own
 * way keeps the plain file in the temporary directory, starts programs, and a full disk ends the process in
 * it: WHATSAPP-FACTS.md#media-upload.
 */
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import {
  extractImageThumb,
  getAudioDuration,
  getMediaKeys,
  type proto,
  type WAMediaUploadFunction,
} from '@whiskeysockets/baileys';
import type { mediaTypes } from '../../protocol/messages.ts';
import { type SendContent, SendFault } from './port.ts';

type Kind = (typeof mediaTypes)[number];
type Media = NonNullable<SendContent['media']>;

/** An upload that sends or receives nothing for this long is given up, in milliseconds. Our own choice. */
const silentMs = 30_000;
/** The encrypted file ends with this much of its HMAC (`lib/Utils/messages-media.js` of Baileys). */
const macBytes = 10;
/** Larger files are not read for a thumbnail or a duration, in bytes. WhatsApp takes no larger audio. */
const mostLookedAt = 16 * 1024 * 1024;
/** Thumbnails are made of these formats only: the same library also opens drawings that name other files. */
const photographs = [/^\xff\xd8\xff/, /^\x89PNG/, /^RIFF.{4}WEBP/s];

/** What the recipient needs to find, read and verify the file. */
const encrypt = async (file: string, target: string, kind: Kind) => {
  const mediaKey = randomBytes(32);
  const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind);
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey ?? new Uint8Array()).update(iv);
  const [plain, encrypted] = [createHash('sha256'), createHash('sha256')];
  let fileLength = 0;
  const seal = (bytes: Buffer): Buffer => {
    mac.update(bytes);
    encrypted.update(bytes);
    return bytes;
  };
  await pipeline(
    createReadStream(file),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        fileLength += chunk.length;
        plain.update(chunk);
        yield seal(cipher.update(chunk));
      }
      yield seal(cipher.final());
      const end = mac.digest().subarray(0, macBytes);
      encrypted.update(end);
      yield end;
    },
    createWriteStream(target, { mode: 0o600 }),
  );
  return { mediaKey, fileLength, fileSha256: plain.digest(), fileEncSha256: encrypted.digest() };
};

const refuseFile = (error: unknown): never => {
  throw new SendFault('media_refused', 'The file to send cannot be read, or the disk is full.', error);
};
const refuseUpload = (error: unknown): never => {
  if (error instanceof SendFault) throw error;
  throw new SendFault('rejected', "WhatsApp's media hosts did not take the file.", error);
};

const isPhotograph = async (file: string): Promise<boolean> => {
  const opened = await open(file);
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(12), 0, 12, 0);
    const beginning = buffer.subarray(0, bytesRead).toString('latin1');
    return photographs.some((format) => format.test(beginning));
  } finally {
    await opened.close();
  }
};
const thumbnailOf = async (file: string) => {
  if (!(await isPhotograph(file))) return {};
  const { buffer, original } = await extractImageThumb(file);
  return { jpegThumbnail: buffer, width: original.width ?? null, height: original.height ?? null };
};
const durationOf = async (file: string) => {
  const seconds = await getAudioDuration(file);
  return seconds === undefined ? {} : { seconds: Math.ceil(seconds) };
};
/** What apps show until the file is downloaded. A message without it is as good. */
const seen = async <T extends object>(
  { fileLength }: Sent,
  look: () => Promise<T>,
): Promise<T | Record<string, never>> => (fileLength > mostLookedAt ? {} : look().catch(() => ({})));

interface Sent {
  readonly fileLength: number;
}
const messageOf = async (kind: Kind, media: Media, sent: Sent): Promise<proto.IMessage> => {
  const { file, caption = null, filename, voice } = media;
  switch (kind) {
    case 'image':
      return { imageMessage: { ...sent, caption, ...(await seen(sent, () => thumbnailOf(file))) } };
    case 'video':
      return { videoMessage: { ...sent, caption } };
    case 'audio':
      return {
        audioMessage: { ...sent, ptt: voice === true, ...(await seen(sent, () => durationOf(file))) },
      };
    case 'sticker':
      return { stickerMessage: sent };
    case 'document':
      return { documentMessage: { ...sent, caption, fileName: filename ?? 'file' } };
  }
};

/** The message with the media in it. Rejects with `media_refused` when the file cannot be read. */
export const uploadMedia = async (
  upload: WAMediaUploadFunction,
  kind: Kind,
  media: Media,
): Promise<proto.IMessage> => {
  // the same file may be on its way twice
  const target = `${media.file}.${randomBytes(8).toString('hex')}`;
  try {
    const made = await encrypt(media.file, target, kind).catch(refuseFile);
    const fileEncSha256B64 = made.fileEncSha256.toString('base64');
    const options = { mediaType: kind, fileEncSha256B64, timeoutMs: silentMs };
    const { mediaUrl, directPath } = await upload(target, options).catch(refuseUpload);
    const mediaKeyTimestamp = Math.floor(Date.now() / 1000);
    const sent = { ...made, url: mediaUrl, directPath, mediaKeyTimestamp, mimetype: media.mimeType };
    return {
      ...(await messageOf(kind, media, sent)),
      messageContextInfo: { messageSecret: randomBytes(32) },
    };
  } finally {
    await unlink(target).catch(() => undefined); // it may not exist; a start removes what is left
  }
};
