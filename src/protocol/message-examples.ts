/** The messages in the examples of the documentation. */
import type { EventData, MessageEventType } from './events.ts';
import type { ReceivedMessage, SentMessage } from './messages.ts';

const ana = { phone: '5215512345678', lid: '185000000000001@lid' };
const chat = { id: '185000000000001@lid', kind: 'person' } as const;

export const sentMessage: SentMessage = {
  id: 'msg_6Q1cX0aVb9e2Jm5sT7uW',
  whatsappId: '3EB0A1B2C3D4E5F6A7B8C9',
  orgId: 'acme',
  to: '5215512345678',
  contact: ana,
  type: 'text',
  state: 'queued',
  error: null,
  createdAt: '2026-11-24T03:40:00.000Z',
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  revision: 1,
};
export const receivedMessage: ReceivedMessage = {
  id: 'msg_0Zk3f8yQ2vN4pL7rD1hG',
  whatsappId: '3A0F5C1E9B7D2A4C6E8F',
  direction: 'incoming',
  chat,
  contact: ana,
  pushName: 'Ana',
  type: 'image',
  image: {
    mediaId: 'med_4hT9kW2mC7xB5nQ8',
    mimeType: 'image/jpeg',
    bytes: 48_213,
    sha256: 'q1Zx0mJ8b7Rtk3VmZ0a1b2c3d4e5f6g7h8i9j0k1l2m',
    caption: 'Is this the right size?',
  },
  replyTo: { id: sentMessage.id, whatsappId: sentMessage.whatsappId },
  mentions: [],
  forwarded: false,
  isEphemeral: false,
  wasOffline: false,
  timestamp: '2026-11-24T03:40:00.000Z',
};
/** The data of each event about messages. */
export const messageEventExamples: { readonly [T in MessageEventType]: EventData<T> } = {
  'message.received': { seq: 4_711, message: receivedMessage },
  'message.sent_elsewhere': {
    seq: 4_712,
    message: {
      id: 'msg_7Hc2t5wN9aE3qR6yU8iO',
      whatsappId: '3A9E4D7C1B5F8A2E6D3C',
      direction: 'outgoing',
      chat,
      contact: ana,
      pushName: null,
      type: 'text',
      text: { body: 'Yes, it is.' },
      replyTo: null,
      mentions: [],
      forwarded: false,
      isEphemeral: false,
      wasOffline: false,
      timestamp: '2026-11-24T03:40:00.000Z',
    },
  },
  'message.changed': {
    seq: 4_713,
    change: {
      messageId: sentMessage.id,
      whatsappId: sentMessage.whatsappId,
      change: 'reacted',
      emoji: '👍',
      direction: 'incoming',
      chat,
      contact: ana,
      timestamp: '2026-11-24T03:40:00.000Z',
    },
  },
  'message.unreadable': {
    seq: 4_714,
    unreadable: {
      whatsappId: '3A1B2C3D4E5F60718293',
      chat,
      contact: ana,
      why: 'The sender’s phone did not send it again.',
      timestamp: '2026-11-24T03:40:00.000Z',
    },
  },
  'message.updated': {
    message: {
      ...sentMessage,
      state: 'delivered',
      sentAt: '2026-11-24T03:40:01.000Z',
      deliveredAt: '2026-11-24T03:40:02.000Z',
      revision: 4,
    },
    previousState: 'sent',
  },
  'contact.linked': { contact: ana },
};
