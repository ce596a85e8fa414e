/** The last events, for the screen that shows them live. A QR or a code is left out: it is a secret. */
import { signal } from '@preact/signals';
import type { VigiaEvent } from '../../client/client.ts';
import { onEnd, onUpdate } from './link.ts';

const kept = 300;
export interface SeenEvent {
  readonly id: string;
  readonly at: number;
  readonly type: VigiaEvent['type'];
  readonly orgId: string | null;
  /** In the words of the protocol: `connected → retrying, connection.closed`. */
  readonly text: string;
}
export const events = signal<readonly SeenEvent[]>([]);
export const isPaused = signal(false);

const textOf = (event: VigiaEvent): string => {
  switch (event.type) {
    case 'session.created':
    case 'session.updated': {
      const { session, previousState, cause } = event.data;
      const isMove = previousState !== null && previousState !== session.state;
      return `${isMove ? `${previousState} → ` : ''}${session.state}, ${cause}`;
    }
    case 'pairing.updated':
      return event.data.status;
    case 'pairing.linkEnded':
      return event.data.outcome;
    case 'alert.firing':
    case 'alert.resolved':
      return event.data.alert.name;
    case 'server.draining':
      return event.data.deadline;
    case 'session.removed':
    case 'message.received':
    case 'message.sent_elsewhere':
    case 'message.changed':
    case 'message.unreadable':
    case 'message.updated':
    case 'contact.linked':
      return ''; // this page subscribes to no messages, and shows no content
  }
};
let waiting: SeenEvent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
const show = (): void => {
  timer = undefined;
  events.value = [...waiting.reverse(), ...events.value].slice(0, kept);
  waiting = [];
};
onUpdate((update) => {
  if (update.kind !== 'event' || isPaused.value) return;
  const { event } = update;
  const { id, type, orgId, timestamp } = event;
  waiting.push({ id, at: Date.parse(timestamp), type, orgId, text: textOf(event) });
  if (waiting.length > kept) waiting = waiting.slice(-kept);
  timer ??= setTimeout(show, 250);
});
onEnd(() => {
  clearTimeout(timer);
  timer = undefined;
  waiting = [];
  events.value = [];
  isPaused.value = false;
});
