/** Changes of earlier messages, what is not a message, and what the phone repeats. */
import { proto } from '@whiskeysockets/baileys';
import { describe, expect, test } from 'vitest';
import { isForClients } from '../../../src/whatsapp/messages/peer.ts';
import {
  arrived,
  bytesOf,
  changeOf,
  foldAll,
  image,
  isoSentAt,
  mediaKey,
  messageOf,
  sentAt,
} from './arrived.ts';

describe('changes of earlier messages', () => {
  const target = { id: '3A00', remoteJid: '525512345678@s.whatsapp.net', fromMe: true };
  const { Type } = proto.Message.ProtocolMessage;

  test('a reaction, and one that is taken back', () => {
    const react = (emoji: string) => changeOf({ reactionMessage: { key: target, text: emoji } });
    expect(react('👍')).toMatchObject({
      change: 'reacted',
      emoji: '👍',
      whatsappId: '3A00',
      messageId: null,
    });
    expect(react('')).toMatchObject({ change: 'reacted', emoji: '' });
  });

  test('a deletion', () => {
    const deletion = changeOf({ protocolMessage: { key: target, type: Type.REVOKE } });
    expect(deletion).toMatchObject({ change: 'deleted', whatsappId: '3A00', direction: 'incoming' });
  });

  test.each<[string, proto.IMessage]>([
    ['a text', { conversation: 'better' }],
    ['a long text', { extendedTextMessage: { text: 'better' } }],
    ['a caption', { imageMessage: { ...image, caption: 'better' } }],
  ])('an edit of %s, with and without the wrapper', (_, editedMessage) => {
    const edit = { protocolMessage: { key: target, type: Type.MESSAGE_EDIT, editedMessage } };
    for (const message of [edit, { editedMessage: { message: edit } }])
      expect(changeOf(message)).toMatchObject({
        change: 'edited',
        whatsappId: '3A00',
        text: { body: 'better' },
      });
  });

  test('a change that names no message is nothing', () => {
    expect(foldAll({ reactionMessage: { text: '👍' } })).toEqual([]);
    expect(foldAll({ protocolMessage: { type: Type.REVOKE } })).toEqual([]);
  });
});

describe('what is not a message', () => {
  const { Type } = proto.Message.ProtocolMessage;
  test.each<[string, proto.IMessage]>([
    [
      'keys of a group',
      { senderKeyDistributionMessage: { groupId: '1@g.us', axolotlSenderKeyDistributionMessage: mediaKey } },
    ],
    ['history', { protocolMessage: { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification: {} } }],
    ['keys of the app state', { protocolMessage: { type: Type.APP_STATE_SYNC_KEY_SHARE } }],
    ['a setting', { protocolMessage: { type: Type.EPHEMERAL_SETTING } }],
    ['a vote', { pollUpdateMessage: { senderTimestampMs: 1 } }],
    ['the head of an album', { albumMessage: { expectedImageCount: 2 } }],
    ['nothing at all', {}],
    ['an empty wrapper', { ephemeralMessage: {} }],
  ])('%s is silent', (_, message) => {
    expect(foldAll(message)).toEqual([]);
  });

  test('content beside the keys of a group is seen', () => {
    const message = { senderKeyDistributionMessage: { groupId: '1@g.us' }, conversation: 'first' };
    expect(messageOf(message).text?.body).toBe('first');
  });
});

describe('what the phone repeats', () => {
  const info = (over: proto.IWebMessageInfo = {}) =>
    proto.WebMessageInfo.encode({
      key: { remoteJid: '525512345678@s.whatsapp.net', fromMe: false, id: '3AFF' },
      message: { conversation: 'from the ad' },
      messageTimestamp: sentAt,
      pushName: 'Ana',
      ...over,
    }).finish();
  const repeated = (...infos: readonly Uint8Array[]): proto.IMessage => ({
    protocolMessage: {
      type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationResult: infos.map((webMessageInfoBytes) => ({
          placeholderMessageResendResponse: { webMessageInfoBytes },
        })),
      },
    },
  });
  const peer = { fromMe: true, attrs: { from: '5490:0@s.whatsapp.net', category: 'peer', sender_lid: '' } };

  test('each message has its own id, chat and time', () => {
    const other = info({ key: { remoteJid: '1@g.us', id: '3AFE', participant: '5255@s.whatsapp.net' } });
    const [one, two] = foldAll(repeated(info(), other), peer);
    expect(one?.items[0]).toMatchObject({
      type: 'message.received',
      message: { whatsappId: '3AFF', chat: { id: '525512345678' }, timestamp: isoSentAt, pushName: 'Ana' },
    });
    expect(two?.items[0]).toMatchObject({
      message: { whatsappId: '3AFE', chat: { id: '1@g.us', kind: 'group' } },
    });
  });

  test('it counts only from our own phone: a stranger cannot put words into the mouth of another', () => {
    expect(foldAll(repeated(info()))).toEqual([]);
  });

  test('of what our own devices send each other only that is kept', () => {
    const { attrs } = arrived({}, peer);
    const history = { protocolMessage: { type: 5, historySyncNotification: {} } };
    expect(isForClients(attrs, bytesOf(repeated(info())))).toBe(true);
    for (const message of [history, repeated(), { conversation: 'x' }])
      expect(isForClients(attrs, bytesOf(message))).toBe(false);
    expect(isForClients(attrs, Uint8Array.of(1, 2))).toBe(false);
    expect(isForClients({}, bytesOf(history))).toBe(true);
  });

  test('an answer without a key is nothing', () => {
    expect(foldAll(repeated(info({ key: { id: '' } })), peer)).toEqual([]);
  });
});
