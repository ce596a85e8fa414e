/** The examples of the methods about messages, contacts and groups. */
import { receivedMessage, sentMessage } from './message-examples.ts';
import type { contactMethods } from './methods/contacts.ts';
import type { messageMethods } from './methods/messages.ts';
import type { Result } from './methods.ts';

const group = {
  id: '120363000000000001@g.us',
  subject: 'Deliveries',
  participants: [{ phone: '5215512345678', lid: '185000000000001@lid', isAdmin: true }],
};

export const messageMethodExamples: {
  readonly [M in keyof typeof messageMethods | keyof typeof contactMethods]: {
    readonly params: object;
    readonly result: Result<M>;
  };
} = {
  'message.send': {
    params: {
      orgId: 'acme',
      to: '5215512345678',
      type: 'text',
      text: { body: 'Your order is on its way.' },
      idempotencyKey: 'order-881',
    },
    result: { message: sentMessage, replayed: false },
  },
  'message.get': {
    params: { orgId: 'acme', messageId: sentMessage.id },
    result: { message: sentMessage },
  },
  'message.list': {
    params: { orgId: 'acme', state: 'queued' },
    result: { items: [sentMessage], nextCursor: null },
  },
  'message.cancel': {
    params: { orgId: 'acme', messageId: sentMessage.id },
    result: {
      message: {
        ...sentMessage,
        state: 'failed',
        error: { reason: 'cancelled', message: 'It was cancelled before it was sent.' },
        revision: 2,
      },
    },
  },
  'message.markRead': {
    params: { orgId: 'acme', messages: [receivedMessage.id] },
    result: { count: 1 },
  },
  'message.forget': { params: { orgId: 'acme', contact: '5215512345678' }, result: { count: 12 } },
  'message.counts': {
    params: { orgId: 'acme' },
    result: {
      queued: 1,
      sending: 0,
      unknown: 0,
      sent24h: 210,
      received24h: 180,
      lastSentAt: '2026-11-24T03:39:00.000Z',
      lastReceivedAt: '2026-11-24T03:38:00.000Z',
      restriction: null,
    },
  },
  'inbox.list': {
    params: { orgId: 'acme', after: 4_710 },
    result: {
      items: [{ type: 'message.received', seq: 4_711, message: receivedMessage }],
      lastSeq: 4_711,
    },
  },
  'chat.setTyping': {
    params: { orgId: 'acme', to: '5215512345678', state: 'composing', ms: 5_000 },
    result: {},
  },
  'contact.exists': {
    params: { orgId: 'acme', phones: ['5215512345678'] },
    result: {
      items: [
        {
          phone: '5215512345678',
          exists: true,
          jid: '5215512345678@s.whatsapp.net',
          lid: '185000000000001@lid',
        },
      ],
    },
  },
  'group.list': { params: { orgId: 'acme' }, result: { items: [group], nextCursor: null } },
  'group.get': { params: { orgId: 'acme', groupId: group.id }, result: { group } },
};
