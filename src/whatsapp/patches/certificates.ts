/**
 * Patch of Baileys' check of certificates. WhatsApp's server shows a chain of two certificates in every
 * handshake. Baileys 7.0.0-rc14 computes both signatures in plain JavaScript, 6 to 9 ms of a blocked event
 * loop each and two thirds of the processor time of a connection. It then ignores the result: its
 * `Curve.verify` is true for any signature of 64 bytes. Here native code checks them, once for each distinct
 * input, and a wrong one ends the handshake. Why and how: `docs/engineering/decisions/0009-connect-cost.md`.
 */
import { Curve, makeNoiseHandler } from '@whiskeysockets/baileys';
import { isSignedBy } from './signature.ts';
import { listenersOf, type Parts, rewrapListeners } from './socket-parts.ts';

type Verify = typeof Curve.verify;

/** Good signatures that are remembered; a chain has two. The one that was longest unused is evicted first. */
export const rememberedMost = 64;
/** Certificates have some 50 bytes. A longer input is not remembered, and is checked each time. */
export const longestBytes = 1_024;

/**
 * A check is a function of its three inputs, so the key holds all three, byte for byte. Only `true` is
 * remembered: a wrong signature is checked, and refused, each time.
 */
export const rememberGood = (verify: Verify, most = rememberedMost): Verify => {
  const good = new Set<string>();
  return (publicKey, message, signature) => {
    const parts = [publicKey, message, signature];
    if (parts.some((part) => part.length > longestBytes)) return verify(publicKey, message, signature);
    // lengths: no two inputs make one key
    const key = parts.map((part) => `${part.length}:${Buffer.from(part).toString('latin1')}`).join();
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
/**
 * From now on the Baileys of this process checks certificates. A second call changes nothing. `verify`:
 * another check, for tests.
 */
export const checkCertificates = (verify: Verify = isSignedBy, curve: { verify: Verify } = Curve): void => {
  if (theirs !== undefined) return;
  const library = curve.verify;
  const remembering = rememberGood(verify);
  curve.verify = (...input) => (isPairing ? library : remembering)(...input);
  theirs = library;
};
/** Restores the library's own check, and forgets every signature: for tests. */
export const leaveCertificatesAlone = (): void => {
  if (theirs !== undefined) Curve.verify = theirs;
  theirs = undefined;
};

/** Where Baileys keeps what this replaces. */
export interface CertificateParts {
  readonly curve: Pick<typeof Curve, 'verify'>;
  /** Calls `curve.verify` in the handshake. */
  readonly makeNoiseHandler: unknown;
}
export const certificateParts: CertificateParts = { curve: Curve, makeNoiseHandler };
export const certificatesProblem = ({
  curve,
  makeNoiseHandler: handshake,
}: CertificateParts): string | undefined => {
  if (typeof curve?.verify !== 'function') return 'the library has no Curve.verify';
  if (Object.getOwnPropertyDescriptor(curve, 'verify')?.writable !== true)
    return 'Curve.verify of the library cannot be replaced';
  if (typeof handshake !== 'function' || !/\bCurve\.verify\(/.test(String(handshake)))
    return "the library's handshake does not check certificates by Curve.verify";
  return undefined;
};

/**
 * `Curve.verify` has one other user: the end of a pairing, for the account's signature. The library's own
 * check stays there while `work` runs, synchronously. The phone's answer is authenticated by its HMAC, and a
 * hosted business account, whose prefix the library reads otherwise than WhatsApp, must not become impossible
 * to link.
 */
export const whilePairing = <T>(work: () => T): T => {
  isPairing = true;
  try {
    return work();
  } finally {
    isPairing = false;
  }
};
const pairSuccess = 'CB:iq,,pair-success';
export const pairingSignatureProblem = ({ sock }: Parts): string | undefined =>
  listenersOf(sock.ws, pairSuccess).length > 0
    ? undefined
    : "the library does not listen for a pairing's end where it did";
export const keepPairingSignature = ({ sock }: Parts): void =>
  rewrapListeners(
    sock.ws,
    pairSuccess,
    (listener) =>
      (...args) =>
        whilePairing(() => listener(...args)),
  );
