/** Messages as lines for people. A text of a stranger is printed without control characters. */
import type { EventData, Result, VigiaEvent } from '../client/client.ts';
import { printable } from './terminal.ts';

type Sent = Result<'message.send'>['message'];
type Received = EventData<'message.received'>['message'];
const shownCharacters = 200;

export const stateText = ({ state, error }: Pick<Sent, 'state' | 'error'>): string =>
  error === null ? state : `${state} (${error.reason}): ${printable(error.message)}`;
export const sentLine = ({ createdAt, id, to, type, ...message }: Sent): string =>
  `${createdAt.slice(0, 19)}  ${id}  to ${to}  ${type}  ${stateText(message)}`;

const textOf = ({ type, ...message }: Received): string => {
  const { text, image, video, document } = message;
  const shown = text?.body ?? image?.caption ?? video?.caption ?? document?.caption;
  const cut = printable(shown ?? '').slice(0, shownCharacters);
  return cut === '' ? type : `${type}: ${cut}`;
};
const personOf = ({ contact, pushName }: Received): string =>
  `${contact.phone ?? contact.lid ?? 'unknown'}${pushName === null ? '' : ` (${printable(pushName)})`}`;

/** Undefined for an event that is about no message. */
export const messageLine = (event: VigiaEvent): string | undefined => {
  const time = event.timestamp.slice(11, 19);
  switch (event.type) {
    case 'message.received':
      return `${time} from ${personOf(event.data.message)}  ${textOf(event.data.message)}`;
    case 'message.sent_elsewhere':
      return `${time} sent elsewhere in ${event.data.message.chat.id}  ${textOf(event.data.message)}`;
    case 'message.changed': {
      const { change, emoji = '', messageId, whatsappId } = event.data.change;
      return `${time} ${messageId ?? whatsappId} ${change} ${printable(emoji)}`.trimEnd();
    }
    case 'message.unreadable': {
      const { chat, why } = event.data.unreadable;
      return `${time} unreadable in ${chat.id}: ${printable(why)}`;
    }
    case 'message.updated':
      return `${time} ${event.data.message.id} ${stateText(event.data.message)}`;
    default:
      return undefined;
  }
};
