/** The methods of the outbox. Deliveries concern every organization, so the key must see them all. */
import type { Principal } from '../../../keys/principal.ts';
import type { Delivery, webhookMethods } from '../../../protocol/methods/webhooks.ts';
import { RequestError } from '../request-error.ts';
import type { Handlers } from './handler.ts';

interface WebhookTest {
  /** The HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}
export interface Webhooks {
  /** Newest first. */
  list(): readonly Delivery[];
  /** Undefined when there is no such delivery. */
  redeliver(deliveryId: string): Promise<Delivery | undefined>;
  /** Undefined when there is no such endpoint. */
  test(endpoint: string): Promise<WebhookTest | undefined>;
}
export interface WebhookDeps {
  readonly webhooks: Webhooks;
}

const mustSeeAll = ({ orgs }: Principal): void => {
  if (orgs === '*') return;
  const message = 'Deliveries concern every organization: this key sees only some.';
  throw new RequestError('forbidden', message, { scope: 'webhooks:admin' });
};
/** Sorts by age. It is unique, so it is the cursor of a page too. */
const sortKeyOf = ({ createdAt, id }: Delivery) => `${createdAt} ${id}`;

export const webhookHandlers: Handlers<keyof typeof webhookMethods, WebhookDeps> = {
  'webhook.deliveries': ({ limit, cursor, status }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const wanted = webhooks
      .list()
      .filter((delivery) => status === undefined || delivery.status === status)
      .filter((delivery) => cursor === undefined || sortKeyOf(delivery) < cursor)
      .sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? 1 : -1));
    const page = wanted.slice(0, limit);
    const last = page.at(-1);
    return { items: page, nextCursor: wanted.length > limit && last ? sortKeyOf(last) : null };
  },
  'webhook.redeliver': async ({ deliveryId }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const delivery = await webhooks.redeliver(deliveryId);
    if (!delivery) throw new RequestError('not_found', `There is no delivery "${deliveryId}" here.`);
    return { delivery };
  },
  'webhook.test': async ({ endpoint }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const tested = await webhooks.test(endpoint);
    if (!tested) throw new RequestError('not_found', `There is no endpoint "${endpoint}" here.`);
    return tested;
  },
};
