/** Deliveries to webhook endpoints and to people. */
import { z } from 'zod';
import { Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

/** The id of a delivery: the endpoint, a slash, and the id of the message (`webhook-id`). */
const DeliveryId = z.string().min(3).max(200);
export const Delivery = z.object({
  id: DeliveryId,
  endpoint: z.string(),
  /** `webhook-id`: the same at every attempt. */
  messageId: z.string(),
  /** The type of the event; `alert` for notices to people. */
  type: z.string(),
  status: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.int().nonnegative(),
  createdAt: Timestamp,
  nextAttemptAt: Timestamp.nullable(),
  doneAt: Timestamp.nullable(),
  /** HTTP status of the last attempt, if there was an answer. */
  lastStatus: z.int().nullable(),
  /** A slug: the failure of the last attempt. It never contains an address or an answer. */
  lastError: z.string().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

export const webhookMethods = {
  'webhook.deliveries': {
    scope: 'webhooks:admin',
    doc:
      'Deliveries that wait, the last 500 delivered for each endpoint, and the last 1,000 that were given ' +
      'up ("dead"). Newest first, a page at a time.',
    params: z.strictObject({
      limit: z.int().min(1).max(500).default(100),
      cursor: z.string().min(1).max(256).optional(),
      status: z.enum(['pending', 'delivered', 'dead']).optional(),
    }),
    result: z.object({ items: z.array(Delivery), nextCursor: z.string().nullable() }),
  },
  'webhook.redeliver': {
    scope: 'webhooks:admin',
    doc: 'Queues a delivery again, with the same webhook-id: a consumer that already has it drops it.',
    params: z.strictObject({ deliveryId: DeliveryId }),
    result: z.object({ delivery: Delivery }),
  },
  'webhook.test': {
    scope: 'webhooks:admin',
    doc:
      'Sends one signed "webhook.test" to an endpoint now; people get a notice that says that it is a test ' +
      '(in PagerDuty it opens no incident). A success also reopens an endpoint that had answered 410.',
    params: z.strictObject({ endpoint: z.string().min(1).max(64) }),
    result: z.object({
      status: z.int().nullable(),
      error: z.string().nullable(),
      durationMs: z.int().nonnegative(),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
