/** What is delivered to whom. A message is recorded once; a delivery is one message for one endpoint. */
import { z } from 'zod';
import { Alert, alertNames, severities } from '../protocol/alerts.ts';

/** For programs: an event of the protocol, as clients of the WebSocket see it but for its number. */
const EventMessage = z.object({
  kind: z.literal('event'),
  /** The same at every attempt, and after a crash: whoever gets it twice drops the second. */
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  orgId: z.string().nullable(),
  data: z.unknown(),
});
/** For people: all alerts of one name in one message. */
const NoticeMessage = z.object({
  kind: z.literal('notice'),
  id: z.string(),
  timestamp: z.string(),
  name: z.enum(alertNames),
  severity: z.enum(severities),
  /** Nothing of this name fires any more. */
  isOver: z.boolean(),
  isReminder: z.boolean(),
  started: z.array(Alert),
  resolved: z.array(Alert),
  /** How many fire now. */
  firing: z.int(),
});
export const Message = z.discriminatedUnion('kind', [EventMessage, NoticeMessage]);
export type Message = z.infer<typeof Message>;
export type EventMessage = z.infer<typeof EventMessage>;
export type NoticeMessage = z.infer<typeof NoticeMessage>;

export const endpointKinds = ['webhook', 'slack', 'pagerduty'] as const;
export type EndpointKind = (typeof endpointKinds)[number];
export interface Endpoint {
  /** In the log, in metrics, and in `webhook.deliveries`; unique. */
  readonly name: string;
  readonly kind: EndpointKind;
  /** May hold a secret itself (Slack's does): never logged, never shown. */
  readonly url: string;
  /** `webhook`: `whsec_` and base64 (Standard Webhooks), several during a rotation. `pagerduty`: the routing key. */
  readonly secrets: readonly string[];
  /** `webhook`: the types it wants; absent: all. */
  readonly events?: readonly string[] | undefined;
}

/** Programs get every event that they asked for; people get notices. */
export const wants = ({ kind, events }: Endpoint, message: Message): boolean =>
  kind === 'webhook' ? message.kind === 'event' && (events === undefined || events.includes(message.type)) : message.kind === 'notice';
