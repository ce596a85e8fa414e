/**
 * Received media: fetched from WhatsApp's media hosts alone, decrypted as it arrives, and verified at its
 * end. The client library takes the host from the sender and verifies nothing: WHATSAPP-FACTS.md#media-hosts.
 */
import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { DEFAULT_ORIGIN, getMediaKeys } from '@whiskeysockets/baileys';
import { type MediaSource, SendFault } from './port.ts';

/** A download during which nothing moves for this long is given up, in milliseconds. Our own choice. */
const silentMs = 30_000;
/** The encrypted file ends with this much of its HMAC (`lib/Utils/messages-media.js` of Baileys). */
const macBytes = 10;
const block = 16;
const encryptedBytes = (plain: number): number => plain - (plain % block) + block + macBytes;

const refused = (message: string, cause?: unknown): SendFault =>
  new SendFault('media_refused', message, cause);

/**
 * The address of an encrypted file. `directPath` was written by the sender of the message: a path on the
 * host, and nothing that makes another host of it.
 */
export const addressOf = (host: string, directPath: string): string => {
  const address = URL.canParse(`https://${host}${directPath}`)
    ? new URL(`https://${host}${directPath}`)
    : undefined;
  if (!directPath.startsWith('/') || address?.host !== host || address.username !== '')
    throw refused('The sender names no path on a media host of WhatsApp.');
  return address.href;
};

/** Undefined: WhatsApp no longer has the file. */
export const fetchEncrypted = async (
  address: string,
  options: RequestInit,
): Promise<Readable | undefined> => {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMs);
  try {
    const { status, body } = await fetch(address, {
      ...options,
      headers: { Origin: DEFAULT_ORIGIN },
      redirect: 'error', // a media host has no reason to name another one
      signal: silence.signal,
    });
    if (status === 200 && body) return Readable.fromWeb(body as ReadableStream);
    await body?.cancel();
    if (status === 404 || status === 410) return undefined;
    throw new SendFault('rejected', `WhatsApp's media host refused the download (HTTP ${status}).`);
  } catch (error) {
    if (error instanceof SendFault) throw error;
    throw new SendFault('timeout', "WhatsApp's media host cannot be reached.", error);
  } finally {
    clearTimeout(timer);
  }
};

type Keys = Awaited<ReturnType<typeof getMediaKeys>>;

/** Decrypts what is written to it. Its end fails unless everything is what the message announced. */
class Decryption extends Transform {
  readonly #source: MediaSource;
  readonly #decipher;
  readonly #mac;
  readonly #plainHash = createHash('sha256');
  readonly #encryptedHash = createHash('sha256');
  readonly #silence: NodeJS.Timeout;
  /** The last bytes so far: they may be the HMAC. */
  #tail = Buffer.alloc(0);
  #plainBytes = 0;
  #encryptedBytes = 0;

  constructor(source: MediaSource, { iv, cipherKey, macKey }: Keys) {
    super();
    this.#source = source;
    this.#decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
    this.#mac = createHmac('sha256', macKey as Uint8Array).update(iv);
    this.#silence = setTimeout(() => this.destroy(refused('The download stood still.')), silentMs);
    this.#silence.unref();
  }
  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#silence.refresh();
    this.#encryptedBytes += chunk.length;
    const { bytes } = this.#source;
    if (bytes !== null && this.#encryptedBytes > encryptedBytes(bytes))
      return done(refused('The file is longer than the message announced.'));
    this.#encryptedHash.update(chunk);
    const known = Buffer.concat([this.#tail, chunk]);
    const end = Math.max(known.length - macBytes, 0);
    this.#tail = known.subarray(end);
    const body = known.subarray(0, end);
    this.#mac.update(body);
    this.#give(this.#decipher.update(body));
    done();
  }
  override _flush(done: TransformCallback): void {
    try {
      this.#give(this.#decipher.final());
    } catch (error) {
      return done(refused('The file cannot be decrypted.', error));
    }
    done(this.#isAsAnnounced() ? null : refused('The file is not the one that the message announced.'));
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#silence);
    done(error);
  }
  #give(plain: Buffer): void {
    this.#plainBytes += plain.length;
    this.#plainHash.update(plain);
    if (plain.length > 0) this.push(plain);
  }
  #isAsAnnounced(): boolean {
    const { bytes, fileSha256, fileEncSha256 } = this.#source;
    const is = (announced: string | null, found: string) => announced === null || announced === found;
    return (
      this.#mac.digest().subarray(0, macBytes).equals(this.#tail) &&
      (bytes === null || bytes === this.#plainBytes) &&
      is(fileSha256, this.#plainHash.digest('base64')) &&
      is(fileEncSha256, this.#encryptedHash.digest('base64'))
    );
  }
}

/** The plain bytes. The stream fails when the download does, and at its end when the bytes are wrong. */
export const decrypted = async (source: MediaSource, encrypted: Readable): Promise<Readable> => {
  const keys = await getMediaKeys(Buffer.from(source.mediaKey, 'base64'), source.kind);
  const plain = new Decryption(source, keys);
  pipeline(encrypted, plain, () => undefined); // the reader gets the error with the stream
  return plain;
};
