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
 * Makes the Baileys of THIS process trust the fake server, and returns the undo. A started program gets the same by the preload
 * `trust-test-root.mjs`.
 */
export function trustTestRoot(): () => void {
  const real = WA_CERT_DETAILS.PUBLIC_KEY;
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(testRootPublicKey);
  return () => {
    WA_CERT_DETAILS.PUBLIC_KEY = real;
  };
}

/** The server's static Noise key: the same in every fake server, so a client may remember the verification of its chain. */
export const serverStaticKey: Pair = pairOf('server static key');

type Details = proto.CertChain.NoiseCertificate.IDetails;

const certificate = (issuer: Pair, details: Details): proto.CertChain.INoiseCertificate => {
  const encoded = proto.CertChain.NoiseCertificate.Details.encode(details).finish();
  return { details: encoded, signature: sign(issuer, encoded) };
};

/** Root, intermediate and leaf: signed once when the module loads, sent to every client. */
export const certificateChain: Uint8Array = proto.CertChain.encode({
  intermediate: certificate(rootKey, {
    serial: intermediateSerial,
    issuerSerial: rootSerial,
    key: intermediateKey.public,
    notBefore,
    notAfter,
  }),
  leaf: certificate(intermediateKey, { serial: 2, issuerSerial: intermediateSerial, key: serverStaticKey.public, notBefore, notAfter }),
}).finish();
