/** The content of an arrived message. */
import { proto } from '@whiskeysockets/baileys';
import { describe, expect, test } from 'vitest';
import type { UnnumberedItem } from '../../../src/whatsapp/messages/port.ts';
import { foldOne, image, mediaKey, messageOf } from './arrived.ts';

describe('content', () => {
  test.each<[string, proto.IMessage]>([
    ['image', { imageMessage: image }],
    ['video', { videoMessage: image }],
    ['video', { ptvMessage: image }],
    ['sticker', { stickerMessage: image }],
    ['sticker', { lottieStickerMessage: { message: { stickerMessage: image } } }],
    ['document', { documentMessage: { ...image, fileName: 'a.pdf' } }],
    ['document', { documentWithCaptionMessage: { message: { documentMessage: image } } }],
    ['audio', { audioMessage: { ...image, ptt: true, seconds: 4 } }],
  ])('%s is described, and what its download needs is apart', (type, message) => {
    const folded = foldOne(message);
    const { message: seen } = folded.items[0] as Extract<UnnumberedItem, { type: 'message.received' }>;
    const [source] = folded.media;
    expect(seen.type).toBe(type);
    expect(seen[type as 'image']).toMatchObject({
      mediaId: source?.mediaId,
      mimeType: 'image/jpeg',
      bytes: 48_213,
      sha256: image.fileSha256.toString('hex'),
    });
    expect(source).toMatchObject({
      kind: type,
      directPath: image.directPath,
      mediaKey: mediaKey.toString('base64'),
    });
    expect(JSON.stringify(folded.items)).not.toContain('169.254');
    expect(JSON.stringify(folded.items)).not.toContain(mediaKey.toString('base64'));
  });

  test('a caption, a file name, a voice message and its length are kept', () => {
    expect(messageOf({ imageMessage: image }).image?.caption).toBe('here');
    expect(messageOf({ documentMessage: { ...image, fileName: 'a.pdf' } }).document?.filename).toBe('a.pdf');
    expect(messageOf({ audioMessage: { ...image, ptt: true, seconds: 4 } }).audio).toMatchObject({
      voice: true,
      seconds: 4,
    });
  });

  test('media without a key or a path have no id to ask for', () => {
    for (const lost of [{ directPath: null }, { mediaKey: null }, { mediaKey: Buffer.alloc(0) }]) {
      const folded = foldOne({ imageMessage: { ...image, ...lost } });
      expect(folded.media).toEqual([]);
      expect(JSON.stringify(folded.items)).toContain('"mediaId":null');
    }
  });

  test.each<[string, proto.IMessage, object]>([
    [
      'a location',
      { locationMessage: { degreesLatitude: 19.4, degreesLongitude: -99.1, name: 'Zócalo' } },
      { type: 'location', location: { latitude: 19.4, longitude: -99.1, name: 'Zócalo' } },
    ],
    [
      'one contact',
      { contactMessage: { displayName: 'Luz', vcard: 'BEGIN:VCARD' } },
      { type: 'contacts', contacts: [{ name: 'Luz', vcard: 'BEGIN:VCARD' }] },
    ],
    [
      'several contacts',
      { contactsArrayMessage: { contacts: [{ displayName: 'Luz', vcard: 'x' }, {}] } },
      {
        type: 'contacts',
        contacts: [
          { name: 'Luz', vcard: 'x' },
          { name: '', vcard: '' },
        ],
      },
    ],
    ['a poll', { pollCreationMessageV3: { name: 'lunch?' } }, { type: 'poll' }],
    [
      'a wrapped poll',
      { pollCreationMessageV4: { message: { pollCreationMessage: { name: 'lunch?' } } } },
      { type: 'poll' },
    ],
    [
      'an order',
      { orderMessage: { orderId: '1' } },
      { type: 'unsupported', unsupported: { field: 'orderMessage' } },
    ],
    [
      'a place that is none',
      { locationMessage: { degreesLatitude: Number.NaN } },
      { type: 'unsupported', unsupported: { field: 'locationMessage' } },
    ],
    ['a long text', { extendedTextMessage: { text: 'long' } }, { type: 'text', text: { body: 'long' } }],
  ])('%s is told as what it is', (_, message, expected) => {
    expect(messageOf(message)).toMatchObject(expected);
  });

  test.each<[string, proto.IMessage]>([
    ['a wrapper', { viewOnceMessage: { message: { imageMessage: image } } }],
    ['the second wrapper', { viewOnceMessageV2: { message: { videoMessage: image } } }],
    ['the third wrapper', { viewOnceMessageV2Extension: { message: { audioMessage: image } } }],
    ['a flag', { imageMessage: { ...image, viewOnce: true } }],
    [
      'a wrapper in another',
      { ephemeralMessage: { message: { viewOnceMessageV2: { message: { imageMessage: image } } } } },
    ],
    ['an empty wrapper', { viewOnceMessage: {} }],
  ])('view once by %s has no content, no media and nothing to quote', (_, message) => {
    const folded = foldOne(message);
    expect(folded.media).toEqual([]);
    expect(folded.quoted).toBeNull();
    expect(messageOf(message)).toMatchObject({ type: 'view_once' });
    expect(JSON.stringify(folded)).not.toContain('here');
  });

  test('a reply, its mentions, a forward and a disappearing message are seen', () => {
    const contextInfo = {
      stanzaId: '3EB0AA',
      mentionedJid: ['77@lid', '5255@s.whatsapp.net', 'nonsense'],
      isForwarded: true,
    };
    const inner = { extendedTextMessage: { text: 'yes', contextInfo } };
    expect(messageOf({ ephemeralMessage: { message: inner } })).toMatchObject({
      replyTo: { id: null, whatsappId: '3EB0AA' },
      mentions: [
        { phone: null, lid: '77@lid' },
        { phone: '5255', lid: null },
      ],
      forwarded: true,
      isEphemeral: true,
    });
    expect(
      messageOf({ extendedTextMessage: { text: 'x', contextInfo: { expiration: 86_400 } } }).isEphemeral,
    ).toBe(true);
  });

  test('what a reply quotes is the message itself, without wrappers', () => {
    const { quoted } = foldOne({ ephemeralMessage: { message: { conversation: 'quoted' } } });
    const decoded = proto.Message.decode(Buffer.from(quoted ?? '', 'base64'));
    expect(decoded.conversation).toBe('quoted');
    expect(decoded.ephemeralMessage).toBeFalsy();
  });
});
