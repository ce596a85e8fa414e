import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/sessions/credentials.ts';
import { credentials, halfPaired, neverScanned, restorable, textOf } from './harness.ts';

const judge = (creds: unknown) => classify(Buffer.from(textOf(creds)));
const without = (name: string) => ({ ...credentials('5511:3'), [name]: undefined });
const none = { stored: 'corrupt', fingerprint: '', because: expect.stringMatching(/\w/) };

describe('credentials', () => {
  it('of a linked device are restorable, with its account and a fingerprint', () => {
    const found = judge(credentials('5511:3'));
    expect(found).toEqual({
      stored: 'restorable',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      account: { id: '5511:3@s.whatsapp.net', name: 'Optica' },
    });
  });

  it('are restorable with any value of `registered`', () => {
    for (const registered of [true, false, undefined])
      expect(judge({ ...credentials('5511:3'), registered }).stored).toBe('restorable');
  });

  it('are read from every form in which bytes are written', () => {
    const plain = judge(credentials('5511:3'));
    const rewritten = (rewrite: (data: Buffer) => unknown) =>
      JSON.parse(restorable('5511:3'), (_, value) =>
        value?.type === 'Buffer' ? rewrite(Buffer.from(value.data, 'base64')) : value,
      );
    expect(judge(rewritten((data) => ({ type: 'Buffer', data: [...data] })))).toEqual(plain);
    expect(judge(rewritten((data) => Object.fromEntries(data.entries())))).toEqual(plain);
    const account = {
      details: { type: 'Buffer', data: 'YWJj' },
      accountSignatureKey: { type: 'Buffer', data: [1] },
    };
    expect(judge({ ...credentials('5511:3'), account })).toEqual(plain);
  });

  it('have the same fingerprint as long as the device is the same', () => {
    const { fingerprint } = judge(credentials('5511:3'));
    const creds = credentials('5511:3', 900);
    expect(judge(creds).fingerprint).toBe(fingerprint);
    expect(
      judge({ ...creds, me: { id: '5511_1:3@s.whatsapp.net', name: 'Other', lid: 'x' } }).fingerprint,
    ).toBe(fingerprint);
    expect(judge({ ...creds, me: { id: '5511:4@s.whatsapp.net' } }).fingerprint).not.toBe(fingerprint);
    expect(judge({ ...creds, registrationId: 223 }).fingerprint).not.toBe(fingerprint);
    expect(judge({ ...creds, noiseKey: credentials('5512:3')['noiseKey'] }).fingerprint).not.toBe(
      fingerprint,
    );
    expect(
      judge({ ...creds, signedIdentityKey: credentials('5512:3')['signedIdentityKey'] }).fingerprint,
    ).not.toBe(fingerprint);
  });

  it('have no name when none is known', () => {
    for (const name of ['~', '', undefined, 7])
      expect(
        judge({ ...credentials('5511:3'), me: { id: '5511:3@s.whatsapp.net', name } }).account?.name,
      ).toBeNull();
  });

  it('that no phone has confirmed are unpaired', () => {
    expect(classify(Buffer.from(neverScanned('5511:3')))).toEqual({ stored: 'unpaired', fingerprint: '' });
    expect(classify(Buffer.from(halfPaired('5511:3')))).toEqual({
      stored: 'unpaired',
      fingerprint: '',
      half: true,
    });
    for (const account of [
      undefined,
      {},
      { details: 'x' },
      { details: '', accountSignatureKey: 'x' },
      [],
      'x',
    ]) {
      expect(judge({ ...credentials('5511:3'), account }).stored).toBe('unpaired');
    }
    for (const id of ['5511@s.whatsapp.net', ':3@s.whatsapp.net', '5511:x@s.whatsapp.net', '5511:3']) {
      expect(judge({ ...credentials('5511:3'), me: { id } }).stored).toBe('unpaired');
    }
  });

  it.each(['noiseKey', 'signedIdentityKey', 'signedPreKey', 'advSecretKey', 'registrationId'])(
    'without %s are corrupt',
    (name) => {
      expect(judge(without(name))).toEqual(none);
    },
  );

  it.each([
    ...[
      '',
      '   ',
      '{',
      'null',
      '[]',
      '{}',
      '7',
      '"creds"',
      'true',
      '{"noiseKey":null}',
      '{"noiseKey":{"private":{"type":"Buffer","data":""}}}',
    ],
    restorable('5511:3').slice(0, -1),
    `[${restorable('5511:3')}]`,
    `${restorable('5511:3')}${restorable('5511:3').slice(40)}`,
  ])('%.40s are corrupt, and nothing is thrown', (text) => {
    expect(classify(Buffer.from(text))).toEqual(none);
  });

  it('are corrupt when they are cut at any byte', () => {
    const text = restorable('5511:3');
    for (let length = 0; length < text.length; length += 1)
      expect(classify(Buffer.from(text.slice(0, length))).stored).toBe('corrupt');
  });

  it('of any shape are classified as one of the three', () => {
    const shapes = fc.oneof(
      fc.jsonValue(),
      fc.record(Object.fromEntries(Object.keys(credentials('1:1')).map((name) => [name, fc.jsonValue()]))),
    );
    fc.assert(
      fc.property(shapes, (value) =>
        ['restorable', 'unpaired', 'corrupt'].includes(classify(Buffer.from(JSON.stringify(value))).stored),
      ),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => classify(Buffer.from(bytes)).stored === 'corrupt'));
  });
});
