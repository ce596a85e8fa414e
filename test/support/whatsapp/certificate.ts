import { proto, WA_CERT_DETAILS } from '@whiskeysockets/baileys';
import { type Pair, pairFromSeed, pairOf, sign } from './keys.ts';
import testRoot from './test-root.json' with { type: 'json' };

const rootKey = pairFromSeed(Buffer.from(testRoot.seedHex, 'hex'));
const intermediateKey = pairOf('intermediate certificate');

/** Baileys compares the issuer of the intermediate with `WA_CERT_DETAILS.SERIAL`, which is 0. */
const rootSerial = 0;
const intermediateSerial = 1;
const notBefore = Date.UTC(2026, 0, 1) / 1000;
const notAfter = Date.UTC(2100, 0, 1) / 1000;

export const testRootPublicKey: Buffer = rootKey.public;

/**
 * Makes the Baileys of THIS process trust the fake server, and returns the undo. A started program gets the
 * same by the preload `trust-test-root.mjs`.
 */
export function trustTestRoot(): () => void {
  const real = WA_CERT_DETAILS.PUBLIC_KEY;
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(testRootPublicKey);
  return () => {
    WA_CERT_DETAILS.PUBLIC_KEY = real;
  };
}

/**
 * The server's static Noise key: the same in every fake server, so a client may remember the verification of
 * its chain.
 */
export const serverStaticKey: Pair = pairOf('server static key');

type Details = proto.CertChain.NoiseCertificate.IDetails;

const certificate = (issuer: Pair, details: Details): proto.CertChain.INoiseCertificate => {
  const encoded = proto.CertChain.NoiseCertificate.Details.encode(details).finish();
  return { details: encoded, signature: sign(issuer, encoded) };
};

const intermediateDetails = {
  serial: intermediateSerial,
  issuerSerial: rootSerial,
  key: intermediateKey.public,
  notBefore,
  notAfter,
};
const leafDetails = (serial: number) => ({
  serial,
  issuerSerial: intermediateSerial,
  key: serverStaticKey.public,
  notBefore,
  notAfter,
});
const stranger = pairOf('a signer that is not WhatsApp');
const intermediate = certificate(rootKey, intermediateDetails);
const leaf = certificate(intermediateKey, leafDetails(2));

const chain = (of: proto.ICertChain): Uint8Array => proto.CertChain.encode(of).finish();
const flipped = (bytes: Uint8Array | null | undefined): Uint8Array => {
  const wrong = Uint8Array.from(bytes ?? []);
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  return wrong;
};
/**
 * Signed once when the module loads, sent to every client. Root, intermediate and leaf, as they are and as
 * they must not be.
 */
export const chains = {
  usual: chain({ intermediate, leaf }),
  /** Another leaf, as good as the usual one. */
  renewed: chain({ intermediate, leaf: certificate(intermediateKey, leafDetails(3)) }),
  /** The whole chain signed rightly, but from a root that is not trusted. */
  foreignRoot: chain({ intermediate: certificate(stranger, intermediateDetails), leaf }),
  /** The usual intermediate, and a leaf with another signer. */
  foreignLeaf: chain({ intermediate, leaf: certificate(stranger, leafDetails(2)) }),
  /** The signatures of the usual chain over a leaf that says another thing. */
  changedLeaf: chain({
    intermediate,
    leaf: { ...certificate(intermediateKey, leafDetails(4)), signature: leaf.signature ?? null },
  }),
  /** The usual chain with one bit of a signature flipped. */
  flippedBit: chain({
    intermediate,
    leaf: { details: leaf.details ?? null, signature: flipped(leaf.signature) },
  }),
} as const;
export type ChainName = keyof typeof chains;
