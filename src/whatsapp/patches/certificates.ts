/**
 * WhatsApp's server shows a chain of two certificates in every handshake. Baileys 7.0.0-rc14 computes both signatures in plain
 * JavaScript, 6 to 9 ms of a blocked event loop each and two thirds of the processor time of a connection, and then ignores what came
 * out: `Curve.verify` is true for any signature of 64 bytes. Here they are checked by native code, once for each distinct
 * input, and a wrong one ends the handshake as the library means it to. Why and how: `docs/engineering/decisions/0009-connect-cost.md`.
 */
import { Curve } from '@whiskeysockets/baileys';
import { isSignedBy } from './signature.ts';

type Verify = typeof Curve.verify;

/** So many good signatures are remembered; a chain has two. The one that was longest unused goes first. */
export const rememberedMost = 64;
/** Certificates have some 50 bytes. Anything longer is none of ours to keep, and is checked anew each time. */
export const longestBytes = 1_024;

/**
 * A check is a function of its three inputs and of nothing else, so the memo asks for all three, byte for byte: another key,
 * another message or another signature is another entry. Only `true` is remembered: what is wrong is found wrong each time.
 */
export const rememberGood = (verify: Verify, most = rememberedMost): Verify => {
  const good = new Set<string>();
  return (publicKey, message, signature) => {
    const parts = [publicKey, message, signature];
    if (parts.some((part) => part.length > longestBytes)) return verify(publicKey, message, signature);
    const key = parts.map((part) => `${part.length}:${Buffer.from(part).toString('latin1')}`).join(); // lengths, so that no two inputs make one key
    const isKnown = good.delete(key); // and put back as the newest
    if (!isKnown && !verify(publicKey, message, signature)) return false;
    good.add(key);
    const [oldest] = good;
    if (good.size > most && oldest !== undefined) good.delete(oldest);
    return true;
  };
};

let theirs: Verify | undefined;
let isPairing = false;
/** From now on the Baileys of this process checks certificates. A second call changes nothing. `verify`: another check, for tests. */
export const checkCertificates = (verify: Verify = isSignedBy): void => {
  if (theirs !== undefined) return;
  const library = Curve.verify;
  const remembering = rememberGood(verify);
  theirs = library;
  Curve.verify = (...input) => (isPairing ? library : remembering)(...input);
};
/** The library as it was, and nothing remembered: for tests. */
export const leaveCertificatesAlone = (): void => {
  if (theirs !== undefined) Curve.verify = theirs;
  theirs = undefined;
};

/**
 * `Curve.verify` has one other user: the end of a pairing, for the account's signature. That one stays as the library has it
 * while `work` runs, synchronously: what the phone sends there is authenticated by its HMAC, and a hosted business account that the
 * library reads otherwise than WhatsApp must not become one that cannot be linked.
 */
export const whilePairing = <T>(work: () => T): T => {
  isPairing = true;
  try {
    return work();
  } finally {
    isPairing = false;
  }
};
