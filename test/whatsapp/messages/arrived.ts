import { randomBytes } from 'node:crypto';
import { proto, writeRandomPadMax16 } from '@whiskeysockets/baileys';
import { expect } from 'vitest';
import { fold } from '../../../src/whatsapp/messages/fold.ts';
import type { ArrivedMessage, Folded, UnnumberedItem } from '../../../src/whatsapp/messages/port.ts';

/** 2026-01-02T03:04:05Z */
export const sentAt = 1_767_323_045;
export const isoSentAt = '2026-01-02T03:04:05.000Z';

export const bytesOf = (message: proto.IMessage): Uint8Array =>
  writeRandomPadMax16(proto.Message.encode(proto.Message.fromObject(message)).finish());

interface Over {
  readonly attrs?: Readonly<Record<string, string>>;
  readonly fromMe?: boolean;
  readonly plaintext?: Uint8Array;
}
/** A message of `525512345678` to the organization, as the journal has it. */
export const arrived = (message: proto.IMessage, over: Over = {}): ArrivedMessage => {
  const attrs = {
    id: '3A0F1122',
    from: '525512345678:3@s.whatsapp.net',
    t: String(sentAt),
    notify: 'Ana',
    type: 'text',
    sender_lid: '185012@lid',
    ...over.attrs,
  };
  const participant = (attrs as Readonly<Record<string, string>>)['participant'];
  return {
    id: attrs.id,
    from: attrs.from,
    ...(participant !== undefined && { participant }),
    enc: 0,
    digest: randomBytes(8).toString('base64url'),
    attrs,
    plaintext: Buffer.from(over.plaintext ?? bytesOf(message)).toString('base64'),
    fromMe: over.fromMe ?? false,
    at: sentAt * 1_000 + 900,
  };
};

type Given = readonly [message: proto.IMessage, over?: Over];
export const foldAll = (...[message, over]: Given): readonly Folded[] => fold('acme', arrived(message, over));
export const foldOne = (...given: Given): Folded => {
  const all = foldAll(...given);
  expect(all).toHaveLength(1);
  return all[0] as Folded;
};
export const itemOf = (...given: Given): UnnumberedItem => {
  const { items } = foldOne(...given);
  expect(items).toHaveLength(1);
  return items[0] as UnnumberedItem;
};
export const messageOf = (...given: Given) => {
  const item = itemOf(...given);
  if (item.type !== 'message.received' && item.type !== 'message.sent_elsewhere') throw new Error(item.type);
  return item.message;
};
export const changeOf = (...given: Given) => {
  const item = itemOf(...given);
  if (item.type !== 'message.changed') throw new Error(item.type);
  return item.change;
};

const sha = Buffer.alloc(32, 9);
export const mediaKey = Buffer.alloc(32, 7);
/** The address in `url` is what a stranger may write there. */
export const image = {
  url: 'https://169.254.169.254/steal',
  directPath: '/v/t62/one?ccb=1',
  mediaKey,
  fileSha256: sha,
  fileEncSha256: sha,
  fileLength: 48_213,
  mimetype: 'image/jpeg',
  caption: 'here',
};
