/** The outbox, for whoever keeps the endpoints: deliveries concern every organization, so the key must see them all. */

import type { Principal } from '../../../keys/principal.ts';
import type { Delivery, webhookMethods } from '../../../protocol/methods/webhooks.ts';
import { RpcError } from '../refusal.ts';
import type { Handlers } from './handler.ts';

export interface Webhooks {
  /** Newest first. */
  list(): readonly Delivery[];
  /** Undefined: there is none. */
  redeliver(deliveryId: string): Promise<Delivery | undefined>;
  /** Undefined: no such endpoint. */
  test(
    endpoint: string,
  ): Promise<{ readonly status: number | null; readonly error: string | null; readonly durationMs: number } | undefined>;
}
export interface WebhookPorts {
  readonly webhooks: Webhooks;
}

const mustSeeAll = ({ orgs }: Principal) => {
  if (orgs !== '*')
    throw new RpcError('forbidden', 'Deliveries concern every organization: this key sees only some.', { scope: 'webhooks:admin' });
};
const keyOf = ({ createdAt, id }: Delivery) => `${createdAt} ${id}`;

export const webhookHandlers: Handlers<keyof typeof webhookMethods, WebhookPorts> = {
  'webhook.deliveries': ({ limit, cursor, status }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const wanted = webhooks
      .list()
      .filter((one) => (status === undefined || one.status === status) && (cursor === undefined || keyOf(one) < cursor))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1));
    const page = wanted.slice(0, limit);
    const last = page.at(-1);
    return { items: page, nextCursor: wanted.length > limit && last ? keyOf(last) : null };
  },
  'webhook.redeliver': async ({ deliveryId }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const delivery = await webhooks.redeliver(deliveryId);
    if (!delivery) throw new RpcError('not_found', `There is no delivery "${deliveryId}" here.`);
    return { delivery };
  },
  'webhook.test': async ({ endpoint }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const tested = await webhooks.test(endpoint);
    if (!tested) throw new RpcError('not_found', `There is no endpoint "${endpoint}" here.`);
    return tested;
  },
};
