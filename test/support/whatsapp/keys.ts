import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign as signNatively,
} from 'node:crypto';

/**
 * Keys of the fake WhatsApp server, made with the native crypto of Node: a pure-JavaScript curve costs about
 * 10 ms per signature, and a test seeds up to 2000 devices.
 *
 * The trick: a pair is derived from an Ed25519 seed. Its X25519 private key is the same scalar Ed25519 would
 * use, so a native Ed25519 signature becomes an XEdDSA one by carrying the sign bit of the Edwards public key
 * in the last byte (Signal's XEdDSA page, section 2).
 */
export interface Pair {
  /** X25519, 32 bytes. */
  readonly public: Buffer;
  /** X25519, 32 bytes, clamped. */
  readonly private: Buffer;
  readonly agreeing: KeyObject;
  readonly signing: KeyObject;
  /** 0 or 0x80: the sign of the Edwards point, which an X25519 public key forgets. */
  readonly signBit: number;
}

const keyBytes = 32;
/**
 * What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410 section 7); the last arc of the OID
 * names the curve.
 */
const pkcs8 = (arc: number): Buffer =>
  Buffer.from(`302e020100300506032b65${arc.toString(16)}04220420`, 'hex');
const before = { X25519: pkcs8(0x6e), Ed25519: pkcs8(0x70) } as const;

type Curve = 'X25519' | 'Ed25519';

/**
 * Not as a JWK, although that is faster: newer versions of Node check its public half, which is not known
 * here.
 */
const privateKey = (crv: Curve, raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([before[crv], raw]), format: 'der', type: 'pkcs8' });

function rawPublic(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  if (x === undefined) throw new Error('only keys with a public half are used here');
  return Buffer.from(x, 'base64url');
}

export const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The same 32-byte seed gives the same pair in every process. */
export function pairFromSeed(seed: Buffer): Pair {
  const scalar = createHash('sha512').update(seed).digest().subarray(0, keyBytes);
  scalar[0]! &= 0xf8;
  scalar[31]! = (scalar[31]! & 0x7f) | 0x40;
  const agreeing = privateKey('X25519', scalar);
  const signing = privateKey('Ed25519', seed);
  return {
    public: rawPublic(agreeing),
    private: Buffer.from(scalar),
    agreeing,
    signing,
    signBit: rawPublic(signing)[31]! & 0x80,
  };
}

export const seedOf = (label: string): Buffer => sha256(Buffer.from(`vigia test key: ${label}`));

/** A pair derived from a label: stable between processes and runs. */
export const pairOf = (label: string): Pair => pairFromSeed(seedOf(label));

/** XEdDSA signature (64 bytes) that Baileys' `Curve.verify(pair.public, message, …)` accepts. */
export function sign(pair: Pair, message: Uint8Array): Buffer {
  const signature = signNatively(null, message, pair.signing);
  signature[63]! |= pair.signBit;
  return signature;
}

export interface Ephemeral {
  readonly public: Buffer;
  readonly agreeing: KeyObject;
}

export function ephemeralPair(): Ephemeral {
  const { privateKey: agreeing, publicKey } = generateKeyPairSync('x25519');
  return { agreeing, public: rawPublic(publicKey) };
}

/** X25519 shared secret, 32 bytes. Throws when `theirs` is no 32-byte public key. */
export function agree(mine: Pick<Ephemeral, 'agreeing'>, theirs: Uint8Array): Buffer {
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(theirs).toString('base64url') },
    format: 'jwk',
  });
  return diffieHellman({ privateKey: mine.agreeing, publicKey });
}

export const hkdf = (
  secret: Uint8Array,
  length: number,
  { salt = Buffer.alloc(0), info = '' }: { salt?: Uint8Array; info?: string },
): Buffer => Buffer.from(hkdfSync('sha256', secret, salt, info, length));
