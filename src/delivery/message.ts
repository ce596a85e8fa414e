/**
 * Messages, and the endpoints that want them. A message is recorded once; a delivery is one message for one
 * endpoint.
 */
import { z } from 'zod';
import { Alert, alertNames, severities } from '../protocol/alerts.ts';
import { type EventData, type EventType, isMessageEvent } from '../protocol/events.ts';

/** For programs: an event of the protocol, as WebSocket clients get it, without its `seq`. */
const EventMessage = z.object({
  kind: z.literal('event'),
  /** The same at every attempt, and after a crash: a receiver that gets it twice drops the second. */
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  orgId: z.string().nullable(),
  data: z.unknown(),
});
/**
 * An event about a message of WhatsApp. Its content stays in the row that `ref` names, and is read when it is
 * sent.
 */
const ReferenceMessage = z.object({
  kind: z.literal('reference'),
  /** As of an event. */
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  orgId: z.string(),
  ref: z.unknown(),
});
/** For people: all alerts of one name in one message. */
const NoticeMessage = z.object({
  kind: z.literal('notice'),
  id: z.string(),
  timestamp: z.string(),
  name: z.enum(alertNames),
  severity: z.enum(severities),
  /** No alert of this name fires any more. */
  isOver: z.boolean(),
  isReminder: z.boolean(),
  started: z.array(Alert),
  resolved: z.array(Alert),
  /** The number that fire now. */
  firing: z.int(),
  /** From `webhook.test`: it is about no alert. */
  isTest: z.boolean().optional(),
});
export const Message = z.discriminatedUnion('kind', [EventMessage, ReferenceMessage, NoticeMessage]);
export type Message = z.infer<typeof Message>;
export type EventMessage = z.infer<typeof EventMessage>;
export type ReferenceMessage = z.infer<typeof ReferenceMessage>;
export type NoticeMessage = z.infer<typeof NoticeMessage>;

/** With its data: what is sent. */
export type SentMessage = EventMessage | NoticeMessage;

/** An event of the protocol, typed. */
export type ProgramEvent = {
  readonly [T in EventType]: {
    readonly id: string;
    readonly type: T;
    readonly timestamp: string;
    readonly orgId: string | null;
    readonly data: EventData<T>;
  };
}[EventType];

export const endpointKinds = ['webhook', 'slack', 'pagerduty'] as const;
export type EndpointKind = (typeof endpointKinds)[number];
export interface Endpoint {
  /** In the log, in metrics, and in `webhook.deliveries`; unique. */
  readonly name: string;
  readonly kind: EndpointKind;
  /** May hold a secret itself (Slack's does): never logged, never shown. */
  readonly url: string;
  /**
   * `webhook`: `whsec_` and base64 (Standard Webhooks), several during a rotation. `pagerduty`: the routing
   * key.
   */
  readonly secrets: readonly string[];
  /** `webhook`: the types it wants. Undefined: all but those of messages. */
  readonly events?: readonly string[] | undefined;
  /** `webhook`: whether it wants details too (`announced.ts`). Undefined: `settled`. */
  readonly changes?: 'settled' | 'all' | undefined;
}

/** Content is sent only to an endpoint that names its type: an update must not begin to send it. */
export const wantsType = ({ events }: Endpoint, type: string) =>
  events === undefined ? !isMessageEvent(type) : events.includes(type);
/** Programs get the events that they want; people get notices. `isDetail`: see `announced.ts`. */
export const wants = (endpoint: Endpoint, message: Message, isDetail = false): boolean => {
  if (endpoint.kind !== 'webhook') return message.kind === 'notice';
  if (message.kind === 'notice' || (isDetail && endpoint.changes !== 'all')) return false;
  return wantsType(endpoint, message.type);
};
/** Whether it may want an event about a session. */
export const followsSessions = (endpoint: Endpoint): boolean =>
  endpoint.kind === 'webhook' &&
  (['session.created', 'session.updated', 'session.removed'] satisfies EventType[]).some((type) =>
    wantsType(endpoint, type),
  );

/** What `webhook.test` sends. A notice of a test is about no alert, and pages no person. */
export const testMessage = ({ kind }: Endpoint, id: string, at: Date): SentMessage => {
  const timestamp = at.toISOString();
  if (kind === 'webhook')
    return { kind: 'event', id, type: 'webhook.test', timestamp, orgId: null, data: {} };
  return {
    kind: 'notice',
    id,
    timestamp,
    name: 'WebhookFailing', // the form needs a name; no text shows it
    severity: 'warning',
    isOver: true,
    isReminder: false,
    started: [],
    resolved: [],
    firing: 0,
    isTest: true,
  };
};

/**
 * Alerts are recorded with their notice, messages with their row, and the end of the server is over before it
 * could be delivered.
 */
const recordedElsewhere: ReadonlySet<string> = new Set(['alert.firing', 'alert.resolved', 'server.draining']);
/** Whether an event of this type is delivered as it comes. */
export const isDelivered = (type: string): boolean => !recordedElsewhere.has(type) && !isMessageEvent(type);
