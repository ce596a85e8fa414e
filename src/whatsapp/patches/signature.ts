/** Signatures of WhatsApp's keys, checked by the native Ed25519 of Node (WHATSAPP-FACTS.md#xeddsa). */
import { createPublicKey, verify } from 'node:crypto';

const keyBytes = 32;
const signatureBytes = 64;
/** The field both curves are over, 2^255 − 19 (RFC 7748 §4.1). */
const p = 2n ** 255n - 19n;
/** The top bit of the last byte: the sign of the Edwards point, which a key for X25519 does not carry. */
const signBit = 0x80;

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let square = base % p, left = exponent; left > 0n; left >>= 1n, square = (square * square) % p)
    if (left & 1n) result = (result * square) % p;
  return result;
};
const fromLittleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const toLittleEndian = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(keyBytes * 2, '0'), 'hex').reverse();

/**
 * The same point on the Edwards curve: y = (u − 1) / (u + 1) (RFC 7748 §4.1); division by zero gives zero, as
 * in Signal's library.
 */
const edwards = (montgomery: Uint8Array): Buffer => {
  const bytes = Buffer.from(montgomery);
  bytes[keyBytes - 1]! &= ~signBit;
  const u = fromLittleEndian(bytes) % p;
  return toLittleEndian(((u - 1n + p) * power(u + 1n, p - 2n)) % p);
};

/**
 * Is this a signature of `message` by the owner of `publicKey` (X25519, 32 bytes)? WhatsApp's signatures are
 * those of Signal's library: Ed25519 by the same scalar, with the sign of the Edwards public key in the top
 * bit of the signature's last byte.
 */
export const isSignedBy = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false;
  const last = signature[signatureBytes - 1]!;
  const point = edwards(publicKey);
  point[keyBytes - 1]! |= last & signBit;
  const plain = Buffer.from(signature);
  plain[signatureBytes - 1] = last & ~signBit;
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') },
    format: 'jwk',
  });
  return verify(null, message, key, plain);
};
