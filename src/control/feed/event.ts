/**
 * An event as a value: its number, its type and its data. Sockets, webhooks and metrics all receive the same
 * value.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { EventData, EventType } from '../../protocol/events.ts';
import type { Session } from '../../protocol/session.ts';
import type { DomainEvent } from '../port.ts';
import { iso, pairingDataOf, sessionOf } from '../rpc/translate.ts';

/** What happened, in the terms of the protocol. */
export type EventPayload = {
  readonly [T in EventType]: {
    readonly type: T;
    /** Null for events of the server itself. */
    readonly orgId: Org | null;
    readonly data: EventData<T>;
  };
}[EventType];

/** A published event: the params of the frame that a client receives. */
export type FeedEvent = EventPayload & {
  /** Unique; an alert keeps its id when it is published again after a crash. */
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Its number in this process: each event has the next one. */
  readonly seq: number;
};

/** Replaces the event's data for a key that may not see the organization `org`, which the data names. */
export interface Redaction {
  readonly org: Org;
  readonly data: EventData<EventType>;
}

/**
 * A QR and a pairing code are secrets: using one links a phone. They are never stored, replayed or sent by
 * webhook.
 */
export const isSecret = ({ type, data }: EventPayload): boolean =>
  type === 'pairing.updated' && (data.status === 'qr' || data.status === 'code');

export const payloadOf = (event: DomainEvent): EventPayload => {
  switch (event.type) {
    case 'session.created':
    case 'session.updated':
      return { type: event.type, orgId: event.org, data: changeDataOf(event, sessionOf(event.view)) };
    case 'session.removed':
      return { type: event.type, orgId: event.org, data: { revision: event.revision } };
    case 'pairing.updated':
      return { type: event.type, orgId: event.org, data: pairingDataOf(event.update) };
    case 'pairing.linkEnded':
      return { type: event.type, orgId: event.org, data: { linkId: event.linkId, outcome: event.outcome } };
    case 'alert.firing':
    case 'alert.resolved':
      return { type: event.type, orgId: event.alert.orgId, data: { alert: event.alert } };
    case 'server.draining':
      return { type: event.type, orgId: null, data: { deadline: iso(event.deadline) } };
    default:
      return { type: event.type, orgId: event.org, data: event.data } as EventPayload;
  }
};

type SessionChanged = Extract<DomainEvent, { type: 'session.created' | 'session.updated' }>;
const changeDataOf = ({ previousState, cause, durable }: SessionChanged, session: Session) => ({
  session,
  previousState,
  cause,
  durable,
});

/** Undefined when the data names no organization besides the event's own. */
export const redactionOf = (event: DomainEvent): Redaction | undefined => {
  if (event.type !== 'session.created' && event.type !== 'session.updated') return undefined;
  const { duplicateOf } = event.view;
  if (duplicateOf === null) return undefined;
  return { org: duplicateOf, data: changeDataOf(event, { ...sessionOf(event.view), duplicateOf: null }) };
};
