/** The port of messages of a program that keeps none: every call is refused. */
import type { Messages, SendRefusal } from '../../src/control/messages-port.ts';

const refusal: SendRefusal = {
  refused: 'unavailable',
  message: 'This server cannot send messages now: its database is not usable.',
};
const refuse = async () => refusal;

export const noMessages: Messages = {
  send: refuse,
  get: () => undefined,
  list: () => ({ items: [], next: null }),
  cancel: refuse,
  inbox: () => ({ items: [], last: 0 }),
  markRead: refuse,
  typing: refuse,
  exists: refuse,
  groups: refuse,
  group: refuse,
  forget: async () => 0,
  counts: () => ({
    queued: 0,
    sending: 0,
    unknown: 0,
    sent24h: 0,
    received24h: 0,
    lastSentAt: null,
    lastReceivedAt: null,
    restriction: null,
  }),
  upload: refuse,
  download: refuse,
};
