/**
 * The client's view of the contract, mostly as types: a page can load this client without the schemas and
 * their library. The compiler checks the few values against the registry. `errors.ts` of the protocol has no
 * imports of its own.
 */
import type { z } from 'zod';
import type { EventData, EventType, events } from '../protocol/events.ts';
import type { MethodName, methods, Result } from '../protocol/methods.ts';
import type { protocol } from '../protocol/registry.ts';

export type { ErrorReason } from '../protocol/errors.ts';
export type { EventData, EventType } from '../protocol/events.ts';
export type { MethodName, Result } from '../protocol/methods.ts';
export type { Topic } from '../protocol/scopes.ts';
export type { Session } from '../protocol/session.ts';
export type { Position } from '../protocol/shapes.ts';

export const version: typeof protocol.version = '1.0';
export const path: typeof protocol.path = '/v1';

/** An event does not carry its topic, but a client with several subscriptions needs it. */
export const topicOf: { readonly [T in EventType]: (typeof events)[T]['topic'] } = {
  'session.created': 'sessions',
  'session.updated': 'sessions',
  'session.removed': 'sessions',
  'pairing.updated': 'pairing',
  'pairing.linkEnded': 'pairing',
  'alert.firing': 'alerts',
  'alert.resolved': 'alerts',
  'message.received': 'messages',
  'message.sent_elsewhere': 'messages',
  'message.changed': 'messages',
  'message.unreadable': 'messages',
  'message.updated': 'messages',
  'contact.linked': 'messages',
  'server.draining': 'always',
};
export const isKnownEvent = (type: string): type is EventType => Object.hasOwn(topicOf, type);

/** The params that a caller passes: fields with a default are optional. */
export type Input<M extends MethodName> = z.input<(typeof methods)[M]['params']>;
/** The client itself calls these. */
export type ReservedMethod = 'initialize' | 'subscribe' | 'unsubscribe';
export type CallableMethod = Exclude<MethodName, ReservedMethod>;
/** Params are optional where every field is optional. */
export type Args<M extends MethodName> =
  Record<never, never> extends Input<M> ? [params?: Input<M>] : [params: Input<M>];

/**
 * One event, distinguished by `type`. Times are ISO 8601. `orgId` is null for events of the server itself.
 */
export type VigiaEvent = {
  readonly [T in EventType]: {
    readonly type: T;
    readonly id: string;
    readonly timestamp: string;
    readonly orgId: string | null;
    readonly seq: number;
    readonly data: EventData<T>;
  };
}[EventType];

/** The server's answer to `initialize`. */
export type Welcome = Result<'initialize'>;
