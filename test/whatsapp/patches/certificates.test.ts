/**
 * Signatures of certificates are computed once for each distinct input, and nothing wrong is ever let through
 * for it.
 */
import { Curve, proto, type UserFacingSocketConfig } from '@whiskeysockets/baileys';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  checkCertificates,
  leaveCertificatesAlone,
  longestBytes,
  rememberGood,
  whilePairing,
} from '../../../src/whatsapp/patches/certificates.ts';
import { isSignedBy } from '../../../src/whatsapp/patches/signature.ts';
import type { ChainName } from '../../support/whatsapp/certificate.ts';
import { fictionalPhone, pairedCredentials } from '../../support/whatsapp/credentials.ts';
import { phone, useFakeWhatsApp } from '../../support/whatsapp/harness.ts';

const harness = useFakeWhatsApp();
/** How often a signature was computed. */
const computed = vi.fn(isSignedBy);
beforeEach(() => {
  computed.mockClear();
  checkCertificates(computed);
});
afterEach(leaveCertificatesAlone);

const wrong: readonly ChainName[] = ['foreignRoot', 'foreignLeaf', 'changedLeaf', 'flippedBit'];
const quick: Partial<UserFacingSocketConfig> = { connectTimeoutMs: 5_000 };
const refused = async () => {
  const client = harness.connect(pairedCredentials({ phone }), quick);
  const { message } = await client.closed();
  return message;
};

it('computes the two signatures of a chain once, for however many organizations', async () => {
  for (let n = 1; n <= 5; n += 1) await harness.online(pairedCredentials({ phone: fictionalPhone(n) }));
  await Promise.all([6, 7, 8].map((n) => harness.online(pairedCredentials({ phone: fictionalPhone(n) }))));
  expect(computed).toHaveBeenCalledTimes(2);
  checkCertificates(computed); // a second time changes nothing, and forgets nothing
  await harness.online(pairedCredentials({ phone: fictionalPhone(9) }));
  expect(computed).toHaveBeenCalledTimes(2);
});
it('computes what is new in a chain that was renewed', async () => {
  await harness.online();
  harness.server.options.chain = 'renewed';
  await harness.online(pairedCredentials({ phone: fictionalPhone(2) }));
  expect(computed).toHaveBeenCalledTimes(3); // the leaf; the intermediate is the same
  harness.server.options.chain = 'usual';
  await harness.online(pairedCredentials({ phone: fictionalPhone(3) }));
  expect(computed).toHaveBeenCalledTimes(3);
});
it.each(wrong)(
  'refuses %s after it has seen the right chain, each time anew, and takes the right one again',
  async (chain) => {
    await harness.online();
    harness.server.options.chain = chain;
    expect(await refused()).toContain('certificate signature invalid');
    const once = computed.mock.calls.length;
    expect(once).toBeGreaterThan(2);
    expect(await refused()).toContain('certificate signature invalid');
    expect(computed.mock.calls.length).toBeGreaterThan(once);
    expect(harness.server.stats()).toMatchObject({ logins: 1 });
    harness.server.options.chain = 'usual';
    await harness.online(pairedCredentials({ phone: fictionalPhone(2) }));
  },
);
it('refuses a wrong chain that comes first', async () => {
  harness.server.options.chain = 'foreignRoot';
  expect(await refused()).toContain('intermediate certificate signature invalid');
  expect(harness.server.stats()).toMatchObject({ logins: 0 });
});
it('leaves the end of a pairing to the library, and the next handshake is checked again', async () => {
  const client = harness.connect();
  const library = vi.fn(() => true);
  leaveCertificatesAlone();
  const before = Curve.verify;
  Curve.verify = library;
  checkCertificates(computed);
  try {
    const input = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)] as const;
    expect(whilePairing(() => Curve.verify(...input))).toBe(true);
    expect(() =>
      whilePairing(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(Curve.verify(...input)).toBe(false);
    expect(library.mock.calls).toHaveLength(1);
    expect(computed.mock.calls).toHaveLength(1);
  } finally {
    leaveCertificatesAlone();
    Curve.verify = before;
    client.terminate();
  }
});
it('needs doing: the library by itself lets a stranger in', async () => {
  leaveCertificatesAlone();
  harness.server.options.chain = 'foreignRoot';
  await harness.online();
  expect(harness.server.stats()).toMatchObject({ logins: 1 });
});
it('agrees with the signatures of the library, and with none that was tampered with', () => {
  for (let n = 0; n < 20; n += 1) {
    const pair = Curve.generateKeyPair();
    const message = Buffer.from(`message ${n}`);
    const signature = Buffer.from(Curve.sign(pair.private, message));
    expect(isSignedBy(pair.public, message, signature)).toBe(true);
    const flip = (bytes: Uint8Array) =>
      bytes.map((byte, at) => (at === (n * 7) % bytes.length ? byte ^ (1 << (n % 8)) : byte));
    expect(isSignedBy(pair.public, message, flip(signature))).toBe(false);
    expect(isSignedBy(pair.public, flip(message), signature)).toBe(false);
    expect(isSignedBy(Curve.generateKeyPair().public, message, signature)).toBe(false);
  }
});
it('says no to what is no key and no signature, and never throws', () => {
  const [key, signature] = [Buffer.alloc(32, 9), Buffer.alloc(64)];
  for (const wrongKey of [
    Buffer.alloc(0),
    Buffer.alloc(33, 5),
    Buffer.alloc(32),
    Buffer.alloc(32, 255),
    Buffer.alloc(32).fill(236, 0, 1),
  ])
    expect(isSignedBy(wrongKey, Buffer.from('m'), signature)).toBe(false);
  for (const wrongSignature of [Buffer.alloc(0), Buffer.alloc(63), Buffer.alloc(65), Buffer.alloc(64, 255)])
    expect(isSignedBy(key, Buffer.from('m'), wrongSignature)).toBe(false);
});
const whatsAppsRoot = '142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b';
const whatsAppsChain = [
  'CncKMwjjAhADGiCRKg7Kg1iu4CSulwLBaxX51Tefw6VXGgZqcr5OEbXIRiDQ04bOBijQjZ/TBhJA34Bj82jAHhLpCWBNVBlGnFDieamd8+138S',
  '57uMt9ke9mrn5r4+VepwBPKEgHjob6bR70rlCmWDkxZv+CfVjIAxJ2CjIIAxAAGiAcUamsMDmUxsjQuS6hh4pTNHZZnMWZ++o1mX2aqQzOYiCA',
  'ka6+Bij/3rfcBhJAJw8pRkhTn+1IcOJQVN1OlZg6uikYnCumyO7acFVVX3U3QPXsGSq2TCbCbWrebSC593Su43EgprIDlfU8ZgWFBw==',
].join('');
/** The chain that WhatsApp's servers showed from March to July 2026: public, the same for everybody. */
it('accepts the chain of WhatsApp itself', () => {
  const { intermediate, leaf } = proto.CertChain.decode(Buffer.from(whatsAppsChain, 'base64'));
  const { key } = proto.CertChain.NoiseCertificate.Details.decode(intermediate!.details!);
  expect(
    isSignedBy(Buffer.from(whatsAppsRoot, 'hex'), intermediate!.details!, intermediate!.signature!),
  ).toBe(true);
  expect(isSignedBy(key!, leaf!.details!, leaf!.signature!)).toBe(true);
  expect(isSignedBy(key!, intermediate!.details!, leaf!.signature!)).toBe(false);
});

const bytes = (...values: number[]) => Uint8Array.from(values);
it('takes every input for what it is, also where they run into each other', () => {
  const verify = vi.fn((_key: Uint8Array, message: Uint8Array) => message[0] !== 0);
  const remembering = rememberGood(verify);
  const inputs = [
    [bytes(1, 2), bytes(3), bytes(4)],
    [bytes(1), bytes(2, 3), bytes(4)],
    [bytes(1, 2), bytes(3, 4), bytes()],
    [bytes(1, 2), bytes(3), bytes(5)],
  ] as const;
  for (let round = 0; round < 2; round += 1)
    for (const [key, message, signature] of inputs) expect(remembering(key, message, signature)).toBe(true);
  expect(verify).toHaveBeenCalledTimes(inputs.length);
  for (let round = 1; round <= 2; round += 1) {
    expect(remembering(bytes(1), bytes(0), bytes(1))).toBe(false);
    expect(verify).toHaveBeenCalledTimes(inputs.length + round);
  }
});
it('sees when a caller changes bytes that it gave before', () => {
  const remembering = rememberGood((_key, message) => message[0] === 1);
  const message = bytes(1);
  expect(remembering(bytes(7), message, bytes(8))).toBe(true);
  message[0] = 2;
  expect(remembering(bytes(7), message, bytes(8))).toBe(false);
});
it('keeps so many and no more: what was longest unused goes; and nothing that is long', () => {
  const verify = vi.fn(() => true);
  const remembering = rememberGood(verify, 2);
  const ask = (n: number) => remembering(bytes(n), bytes(n), bytes(n));
  for (const n of [1, 2, 1, 3]) ask(n);
  expect(verify).toHaveBeenCalledTimes(3);
  ask(1);
  expect(verify).toHaveBeenCalledTimes(3);
  ask(2); // had gone for 3
  expect(verify).toHaveBeenCalledTimes(4);
  for (let round = 0; round < 2; round += 1)
    remembering(bytes(1), new Uint8Array(longestBytes + 1), bytes(1));
  expect(verify).toHaveBeenCalledTimes(6);
});
