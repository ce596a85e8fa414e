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
  /** Newest first. `after`: the last delivery of the page before, as `cursorOf` names it. */
  newest(query: {
    readonly limit: number;
    readonly status?: Delivery['status'] | undefined;
    readonly after?: string | undefined;
  }): readonly Delivery[];
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
/** Deliveries are sorted by it: the time of the recording, then the id. */
const cursorOf = ({ createdAt, id }: Delivery) => `${createdAt} ${id}`;

export const webhookHandlers: Handlers<keyof typeof webhookMethods, WebhookDeps> = {
  'webhook.deliveries': ({ limit, cursor, status }, { principal, webhooks }) => {
    mustSeeAll(principal);
    const found = webhooks.newest({ limit: limit + 1, status, after: cursor });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return { items: page, nextCursor: found.length > limit && last ? cursorOf(last) : null };
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
