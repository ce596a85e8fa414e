/** Events as lines for people. QRs and codes are not shown: anyone who has one can link a phone. */
import type { EventData, Session, VigiaEvent } from '../client/client.ts';
import { printable } from './terminal.ts';
import { bareClockTime, until } from './time.ts';

const why = ({ lastError, state, nextRetryAt }: Session, now: number): string => {
  const next = nextRetryAt && state === 'retrying' ? `, next try in ${until(nextRetryAt, now)}` : '';
  return lastError && state !== 'connected' && state !== 'restoring' ? ` (${lastError.reason}${next})` : '';
};
const pairingText = (data: EventData<'pairing.updated'>): string => {
  switch (data.status) {
    case 'qr':
      return `pairing: QR number ${data.attempt}`;
    case 'code':
      return 'pairing: code created';
    case 'action_required':
      return `pairing needs an operator: ${data.action}: ${printable(data.detail)}`;
    default:
      return `pairing ${data.status}${data.reason ? ` (${data.reason})` : ''}`;
  }
};
export const lineOf = (event: VigiaEvent, now: number): string => {
  const time = bareClockTime(event.timestamp);
  switch (event.type) {
    case 'session.created':
    case 'session.updated': {
      const { session, previousState } = event.data;
      const step = session.step ? ` (${session.step})` : '';
      const liveness =
        session.liveness === null || session.liveness === 'healthy' ? '' : ` (${session.liveness})`;
      const from = previousState === null || previousState === session.state ? '' : `${previousState} → `;
      return `${time} ${session.orgId} ${from}${session.state}${step}${liveness}${why(session, now)}`;
    }
    case 'session.removed':
      return `${time} ${event.orgId} was removed`;
    case 'pairing.updated':
      return `${time} ${event.orgId} ${pairingText(event.data)}`;
    case 'pairing.linkEnded':
      return `${time} ${event.orgId} pairing link ended: ${event.data.outcome}`;
    case 'alert.firing':
    case 'alert.resolved': {
      const { name, severity, summary } = event.data.alert;
      const text = `${event.type === 'alert.resolved' ? 'resolved: ' : ''}${printable(summary)}`;
      return `${time} ${event.orgId ?? 'the server'}: ${severity} ${name} ${text}`;
    }
    case 'message.received':
    case 'message.sent_elsewhere':
    case 'message.changed':
    case 'message.unreadable':
    case 'message.updated':
    case 'contact.linked':
      return `${time} ${event.orgId} ${event.type}`; // content belongs to vigia messages
    case 'server.draining':
      return `${time} the server is shutting down`;
  }
};
