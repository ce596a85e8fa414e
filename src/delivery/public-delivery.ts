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
  org: _,
  setAt: __,
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

interface Page {
  readonly status?: string | undefined;
  readonly after?: string | undefined;
}
/**
 * Whether a delivery is wanted in a page: of a status, and older than the one that `after` names (its
 * `createdAt`, a space, its `id`). Numbers are compared, because this is asked for every delivery.
 */
export const isInPage = ({ status, after }: Page) => {
  const [time = '', id = ''] = after?.split(' ') ?? [];
  const lastAt = after === undefined ? Number.POSITIVE_INFINITY : Date.parse(time);
  return (delivery: OutboxDelivery): boolean => {
    if (status !== undefined && delivery.status !== status) return false;
    if (delivery.createdAt !== lastAt) return delivery.createdAt < lastAt;
    return `${delivery.endpoint}/${delivery.messageId}` < id;
  };
};

/** The name of an endpoint has no slash. */
export const partsOfId = (id: string): { readonly endpoint: string; readonly messageId: string } => {
  const cut = id.indexOf('/');
  return { endpoint: id.slice(0, cut), messageId: id.slice(cut + 1) };
};
