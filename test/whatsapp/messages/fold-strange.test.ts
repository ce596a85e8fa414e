/** Whatever a stranger sends becomes entries that fit the contract, and no exception. */
import { randomBytes } from 'node:crypto';
import { proto } from '@whiskeysockets/baileys';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InboxItem } from '../../../src/protocol/messages.ts';
import { fold } from '../../../src/whatsapp/messages/fold.ts';
import { arrived, bytesOf } from './arrived.ts';

const check = (plaintext: Uint8Array, attrs: Readonly<Record<string, string>> = {}, fromMe = false): void => {
  for (const { items } of fold('acme', arrived({}, { plaintext, attrs, fromMe })))
    for (const item of items) {
      const parsed = InboxItem.safeParse(JSON.parse(JSON.stringify({ ...item, seq: 1 })));
      expect(parsed.error).toBeUndefined();
    }
};
const context = {
  stanzaId: 'A',
  mentionedJid: ['1@lid'],
  quotedMessage: { conversation: 'q' },
  expiration: 5,
};
const media = { directPath: '/p', mediaKey: randomBytes(32), fileLength: 2 ** 40, contextInfo: context };
const samples: readonly proto.IMessage[] = [
  { conversation: 'hello' },
  { extendedTextMessage: { text: 'hello', contextInfo: context } },
  { imageMessage: { ...media, caption: 'c' } },
  { audioMessage: { ...media, ptt: true, seconds: 4_000_000_000 } },
  { documentWithCaptionMessage: { message: { documentMessage: { ...media, fileName: 'f' } } } },
  { locationMessage: { degreesLatitude: 1, degreesLongitude: Number.POSITIVE_INFINITY } },
  { contactsArrayMessage: { contacts: [{ displayName: 'x', vcard: 'y' }] } },
  { reactionMessage: { key: { id: 'A', remoteJid: '1@lid' }, text: '👍' } },
  { protocolMessage: { key: { id: 'A' }, type: 14, editedMessage: { conversation: 'e' } } },
  {
    deviceSentMessage: {
      destinationJid: '1@lid',
      message: { viewOnceMessage: { message: { imageMessage: media } } },
    },
  },
];

test('random bytes make no exception, and every entry fits the contract', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, fromMe) => check(bytes, {}, fromMe)),
    { numRuns: 2_000 },
  );
});

test('real messages that are cut anywhere, or have one byte changed, make no exception', () => {
  for (const sample of samples) {
    const whole = bytesOf(sample);
    for (let at = 0; at < whole.length; at += 1) {
      check(whole.subarray(0, at));
      const changed = Uint8Array.from(whole);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      check(changed, {}, at % 2 === 0);
    }
  }
});

test('strange attributes make no exception', () => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('', '@', '@lid', ':1@s.whatsapp.net', '1:2:3@g.us', 'NaN'),
  );
  const names = ['from', 'participant', 'recipient', 'sender_lid', 'sender_pn', 't', 'notify', 'id'] as const;
  const attrs = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
  fc.assert(
    fc.property(attrs, fc.boolean(), (given, fromMe) =>
      check(bytesOf({ conversation: 'x' }), given as Record<string, string>, fromMe),
    ),
    { numRuns: 2_000 },
  );
});

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
};

test('a message inside a message inside a message, thousands deep, makes no exception', () => {
  let deep: Uint8Array = proto.Message.encode({ conversation: 'x' }).finish();
  for (let depth = 0; depth < 3_000; depth += 1) {
    // field 40 (ephemeralMessage) holds a message whose field 1 is a message
    const inner = Buffer.concat([Buffer.from([0x0a]), varint(deep.length), deep]);
    deep = Buffer.concat([Buffer.from([0xc2, 0x02]), varint(inner.length), inner]);
  }
  check(Buffer.concat([deep, Buffer.from([1])]));
});
