/** The port of messages with the answers of the documentation. A test replaces what it is about. */
import { Readable } from 'node:stream';
import type { Messages } from '../../src/control/messages-port.ts';
import { messageMethodExamples as examples } from '../../src/protocol/message-method-examples.ts';

const at = (time: string | null) => (time === null ? null : Date.parse(time));
const counts = examples['message.counts'].result;

export const messagesStub = (over: Partial<Messages> = {}): Messages => ({
  send: async () => examples['message.send'].result,
  get: (_, id) => {
    const { message } = examples['message.get'].result;
    return id === message.id ? message : undefined;
  },
  list: () => ({ items: examples['message.list'].result.items, next: null }),
  cancel: async () => examples['message.cancel'].result.message,
  inbox: () => ({ items: examples['inbox.list'].result.items, last: examples['inbox.list'].result.lastSeq }),
  markRead: async (_, ids) => ids.length,
  typing: async () => undefined,
  exists: async () => examples['contact.exists'].result.items,
  groups: async () => examples['group.list'].result.items,
  group: async (_, id) => examples['group.list'].result.items.find((group) => group.id === id),
  forget: async () => examples['message.forget'].result.count,
  counts: () => ({ ...counts, lastSentAt: at(counts.lastSentAt), lastReceivedAt: at(counts.lastReceivedAt) }),
  upload: async (_, { bytes, body }) => {
    for await (const _part of body);
    return { mediaId: 'med_1', bytes, sha256: 'hash', expiresAt: 0 };
  },
  download: async (mediaId, mayRead) =>
    mediaId === 'med_1' && mayRead('acme')
      ? {
          mimeType: 'image/jpeg',
          bytes: 5,
          filename: 'a "b".jpg',
          body: Readable.from([Buffer.from('bytes')]),
        }
      : undefined,
  ...over,
});
