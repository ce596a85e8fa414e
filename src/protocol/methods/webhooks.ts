/** What was sent to the world outside, and what could not be. */
import { z } from 'zod';
import { Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

/** Names the delivery: the endpoint, a slash, and the id of the message (`webhook-id`). */
const DeliveryId = z.string().min(3).max(200);
export const Delivery = z.object({
  id: DeliveryId,
  endpoint: z.string(),
  /** `webhook-id`: the same at every attempt. */
  messageId: z.string(),
  /** Of the event; `alert` for what people are sent. */
  type: z.string(),
  status: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.int().nonnegative(),
  createdAt: Timestamp,
  nextAttemptAt: Timestamp.nullable(),
  doneAt: Timestamp.nullable(),
  /** HTTP status of the last attempt, if there was an answer. */
  lastStatus: z.int().nullable(),
  /** A slug: what went wrong at the last attempt. Addresses and answers are never repeated. */
  lastError: z.string().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

export const webhookMethods = {
  'webhook.deliveries': {
    scope: 'webhooks:admin',
    doc:
      'What waits to be delivered, what was (of each endpoint the last 500), and what was given up ' +
      '("dead", the last 1,000). Newest first, a page at a time.',
    params: z.strictObject({
      limit: z.int().min(1).max(500).default(100),
      cursor: z.string().min(1).max(256).optional(),
      status: z.enum(['pending', 'delivered', 'dead']).optional(),
    }),
    result: z.object({ items: z.array(Delivery), nextCursor: z.string().nullable() }),
  },
  'webhook.redeliver': {
    scope: 'webhooks:admin',
    doc: 'Queues a delivery again, under the same webhook-id: a consumer that has it already drops it.',
    params: z.strictObject({ deliveryId: DeliveryId }),
    result: z.object({ delivery: Delivery }),
  },
  'webhook.test': {
    scope: 'webhooks:admin',
    doc:
      'Sends one signed "webhook.test" (or a resolved notice, to people) to an endpoint now. A success ' +
      'also re-opens an endpoint that had answered 410.',
    params: z.strictObject({ endpoint: z.string().min(1).max(64) }),
    result: z.object({
      status: z.int().nullable(),
      error: z.string().nullable(),
      durationMs: z.int().nonnegative(),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
