/**
 * What a webhook carries: the body of each type, and an example of each. The documents show the examples. A
 * test compares them with what the program sends.
 */
import { z } from 'zod';
import { EventFrame } from './envelope.ts';
import { type EventSpec, type EventType, events, type MessageEventType, PairingStep } from './events.ts';
import { acme, beta, firing, gamma, link } from './example-objects.ts';
import { messageEventExamples } from './message-examples.ts';

/** Absent on purpose: `server.draining`, which is over before a webhook could arrive. */
const isSent = (type: EventType) => type !== 'server.draining';
export type WebhookType = Exclude<EventType, 'server.draining'> | 'webhook.test';
const types = [...(Object.keys(events) as EventType[]).filter(isSent), 'webhook.test'] as WebhookType[];

const ownSpecs: Partial<Record<WebhookType, Pick<EventSpec, 'data' | 'doc'>>> = {
  'pairing.updated': { data: PairingStep, doc: 'A step of a pairing, without its QR and its code.' },
  'webhook.test': { data: z.object({}), doc: 'The method `webhook.test` was called for this endpoint.' },
};
const specOf = (type: WebhookType): Pick<EventSpec, 'data' | 'doc'> =>
  ownSpecs[type] ?? events[type as Exclude<WebhookType, 'webhook.test'>];

const { id, timestamp, orgId } = EventFrame.shape.params.shape;
/** The doc and the schema of the body, by type. */
export const webhookBodies = types.map((type) => {
  const { data, doc } = specOf(type);
  return { type, doc, body: z.object({ id, type: z.literal(type), timestamp, orgId, data }) };
});

interface Example {
  readonly id: string;
  readonly orgId: string | null;
  readonly data: object;
}
const resolvedAt = '2026-11-24T03:52:00.000Z';
const ofMessage = <T extends MessageEventType>(type: T, id: string) =>
  ({ [type]: { id, orgId: 'acme', data: messageEventExamples[type] } }) as Record<T, Example>;
const messageExamples = {
  ...ofMessage('message.received', 'evt_kT2hVw8mQd4sXy6LpN0a'),
  ...ofMessage('message.sent_elsewhere', 'evt_bR5fGz1cJu9eHo3WtI7v'),
  ...ofMessage('message.changed', 'evt_yM4qPk7nAx0sLd2FgC6j'),
  ...ofMessage('message.unreadable', 'evt_eZ8uBv3rTi5oKw1HnS9c'),
  ...ofMessage('message.updated', 'evt_jN6xDq2mYg4tVf0PaU8b'),
  ...ofMessage('contact.linked', 'evt_wE3kCs9hLz7rJi1XoB5m'),
};
const examples: Readonly<Record<WebhookType, Example>> = {
  'session.created': {
    id: 'evt_o4Wv0TbAq2mN8c1Z',
    orgId: 'beta',
    data: { session: beta, previousState: null, cause: 'session.pair', durable: true },
  },
  'session.updated': {
    id: 'evt_Xc8LkP3yRz5hVd0E',
    orgId: 'gamma',
    data: { session: gamma, previousState: 'connected', cause: 'connection.lost', durable: true },
  },
  'session.removed': { id: 'evt_Jm7sGtQ1uB9fKw2A', orgId: 'acme', data: { revision: acme.revision + 1 } },
  'pairing.updated': {
    id: 'evt_Dn6rHyM4xS0aLe3U',
    orgId: 'beta',
    data: { status: 'completed', pairingId: beta.pairing?.id, reason: null },
  },
  'pairing.linkEnded': {
    id: 'evt_Bf5tJzN7vC2gPi8O',
    orgId: link.orgId,
    data: { linkId: link.linkId, outcome: 'completed' },
  },
  'alert.firing': {
    id: 'evt_5f0c2b9a41d87e63_1795491600000_firing',
    orgId: firing.orgId,
    data: { alert: firing },
  },
  'alert.resolved': {
    id: 'evt_5f0c2b9a41d87e63_1795491600000_resolved',
    orgId: firing.orgId,
    data: { alert: { ...firing, status: 'resolved', endsAt: resolvedAt } },
  },
  ...messageExamples,
  'webhook.test': { id: 'evt_test_0d1f6c1e-7a52-4c86-9b0e-3f5a8e2d7c41', orgId: null, data: {} },
};
export const webhookExampleOf = (type: WebhookType) => ({
  id: examples[type].id,
  type,
  timestamp: type === 'alert.resolved' ? resolvedAt : '2026-11-24T03:40:00.000Z',
  orgId: examples[type].orgId,
  data: examples[type].data,
});
