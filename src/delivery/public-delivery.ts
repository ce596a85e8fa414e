/** A delivery in the form of the protocol, and the way back from its id. */
import type { Delivery as PublicDelivery } from '../protocol/methods/webhooks.ts';
import type { OutboxDelivery } from './outbox.ts';

const iso = (ms: number) => new Date(ms).toISOString();

export const publicDeliveryOf = ({
  endpoint,
  messageId,
  nextAt,
  createdAt,
  doneAt,
  ...row
}: OutboxDelivery): PublicDelivery => ({
  ...row,
  id: `${endpoint}/${messageId}`,
  endpoint,
  messageId,
  createdAt: iso(createdAt),
  nextAttemptAt: row.status === 'pending' ? iso(nextAt) : null,
  doneAt: doneAt === null ? null : iso(doneAt),
});

/** The name of an endpoint has no slash. */
export const partsOfId = (id: string): { readonly endpoint: string; readonly messageId: string } => {
  const cut = id.indexOf('/');
  return { endpoint: id.slice(0, cut), messageId: id.slice(cut + 1) };
};
