import { createCipheriv, createDecipheriv } from 'node:crypto';
import { NOISE_MODE, NOISE_WA_HEADER, proto } from '@whiskeysockets/baileys';
import { serverStaticKey } from './certificate.ts';
import { agree, ephemeralPair, hkdf, sha256 } from './keys.ts';

const tagBytes = 16;
const empty = Buffer.alloc(0);

function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(counter, 8);
  return bytes;
}

function seal(key: Buffer, counter: number, plain: Uint8Array, associated: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(counter));
  cipher.setAAD(associated);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Buffer, counter: number, sealed: Uint8Array, associated: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(counter));
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - tagBytes)), decipher.final()]);
}

const framed = (bytes: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from([(bytes.length >>> 16) & 0xff, (bytes.length >>> 8) & 0xff, bytes.length & 0xff]),
    bytes,
  ]);

/** The two keys after the handshake, and how many frames each has sealed. */
interface Transport {
  readonly send: Buffer;
  readonly receive: Buffer;
  sent: number;
  received: number;
}

/**
 * What the client said in its last handshake message: who it is (its static key) and what it wants (register
 * or log in).
 */
export interface ClientFinish {
  readonly noiseKey: Buffer;
  readonly payload: proto.ClientPayload;
}

/**
 * The server's half of `Noise_XX_25519_AESGCM_SHA256` with WhatsApp's framing (a 3-byte length before each
 * frame, the header `WA 6 3` once before the first, an optional `ED` routing prefix before that).
 */
export class ServerNoise {
  #hash: Buffer;
  #salt: Buffer;
  #key: Buffer;
  #counter = 0;
  #buffered: Buffer = empty;
  #introRead = false;
  #transport: Transport | undefined;
  readonly #ephemeral = ephemeralPair();

  readonly #chain: () => Uint8Array;

  /** `chain`: the certificates that it shows (`certificate.ts`). */
  constructor(chain: () => Uint8Array) {
    this.#chain = chain;
    this.#hash = Buffer.from(NOISE_MODE, 'latin1');
    this.#salt = this.#hash;
    this.#key = this.#hash;
    this.#authenticate(NOISE_WA_HEADER);
  }

  get established(): boolean {
    return this.#transport !== undefined;
  }

  /** Whole frames out of the bytes received so far, still sealed. */
  frames(bytes: Buffer): Buffer[] {
    this.#buffered = this.#buffered.length === 0 ? bytes : Buffer.concat([this.#buffered, bytes]);
    if (!this.#introRead && !this.#readIntro()) return [];
    const whole: Buffer[] = [];
    while (this.#buffered.length >= 3) {
      const end = 3 + this.#buffered.readUIntBE(0, 3);
      if (this.#buffered.length < end) break;
      whole.push(this.#buffered.subarray(3, end));
      this.#buffered = this.#buffered.subarray(end);
    }
    return whole;
  }

  /** Takes the client's hello and returns the framed server hello. */
  hello(frame: Buffer): Buffer {
    const theirs = proto.HandshakeMessage.decode(frame).clientHello?.ephemeral;
    if (!theirs) throw new Error('the first frame is no client hello');
    this.#authenticate(theirs);
    this.#authenticate(this.#ephemeral.public);
    this.#mix(agree(this.#ephemeral, theirs));
    const sealedStatic = this.#sealHandshake(serverStaticKey.public);
    this.#mix(agree(serverStaticKey, theirs));
    const payload = this.#sealHandshake(this.#chain());
    return framed(
      proto.HandshakeMessage.encode({
        serverHello: { ephemeral: this.#ephemeral.public, static: sealedStatic, payload },
      }).finish(),
    );
  }

  /** Takes the client's finish; from then on both directions are sealed with the transport keys. */
  finish(frame: Buffer): ClientFinish {
    const finish = proto.HandshakeMessage.decode(frame).clientFinish;
    if (!finish?.static || !finish.payload) throw new Error('the second frame is no client finish');
    const noiseKey = this.#unsealHandshake(finish.static);
    this.#mix(agree(this.#ephemeral, noiseKey));
    const payload = proto.ClientPayload.decode(this.#unsealHandshake(finish.payload));
    const keys = hkdf(empty, 64, { salt: this.#salt });
    this.#transport = { receive: keys.subarray(0, 32), send: keys.subarray(32), sent: 0, received: 0 };
    return { noiseKey, payload };
  }

  /** Seals and frames one stanza. */
  encrypt(plain: Uint8Array): Buffer {
    const transport = this.#established();
    return framed(seal(transport.send, transport.sent++, plain, empty));
  }

  decrypt(frame: Buffer): Buffer {
    const transport = this.#established();
    return unseal(transport.receive, transport.received++, frame, empty);
  }

  /** A frame of the right shape that no key opens. */
  undecryptable(): Buffer {
    return framed(Buffer.alloc(64, 0x5a));
  }

  #established(): Transport {
    if (!this.#transport) throw new Error('the Noise handshake is not finished');
    return this.#transport;
  }

  #readIntro(): boolean {
    let start = 0;
    if (this.#buffered.length >= 7 && this.#buffered.toString('latin1', 0, 2) === 'ED')
      start = 7 + this.#buffered.readUIntBE(4, 3);
    if (this.#buffered.length < start + NOISE_WA_HEADER.length) return false;
    const header = this.#buffered.subarray(start, start + NOISE_WA_HEADER.length);
    if (!header.equals(NOISE_WA_HEADER))
      throw new Error('the stream does not begin with the WhatsApp header');
    this.#buffered = this.#buffered.subarray(start + NOISE_WA_HEADER.length);
    this.#introRead = true;
    return true;
  }

  #authenticate(bytes: Uint8Array): void {
    this.#hash = sha256(this.#hash, bytes);
  }

  #mix(secret: Buffer): void {
    const keys = hkdf(secret, 64, { salt: this.#salt });
    this.#salt = keys.subarray(0, 32);
    this.#key = keys.subarray(32);
    this.#counter = 0;
  }

  #sealHandshake(plain: Uint8Array): Buffer {
    const sealed = seal(this.#key, this.#counter++, plain, this.#hash);
    this.#authenticate(sealed);
    return sealed;
  }

  #unsealHandshake(sealed: Uint8Array): Buffer {
    const plain = unseal(this.#key, this.#counter++, sealed, this.#hash);
    this.#authenticate(sealed);
    return plain;
  }
}
