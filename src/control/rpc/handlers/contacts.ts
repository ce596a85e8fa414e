/** The methods about contacts and groups. */
import type { Org } from '../../../../machines/domain/ports.ts';
import { type contactMethods, lookUpsPerHour } from '../../../protocol/methods/contacts.ts';
import type { Result } from '../../../protocol/methods.ts';
import { createBuckets, type RateLimiter } from '../../access/rate-limiter.ts';
import type { GroupAnswer } from '../../messages-port.ts';
import { RequestError } from '../request-error.ts';
import type { Handlers } from './handler.ts';
import { accepted, type MessageDeps, mustBeOpen } from './messages.ts';

export interface ContactDeps extends MessageDeps {
  readonly lookUps: RateLimiter;
}
const hourMs = 3_600_000;
/** Counts the look-ups of each organization. `now`: milliseconds that never run backwards. */
export const createLookUps = (now?: () => number): RateLimiter =>
  createBuckets({ requests: lookUpsPerHour, perMs: hourMs, burst: lookUpsPerHour }, now);

const mustHaveLookUp = ({ lookUps }: ContactDeps, org: Org): void => {
  const retryAfterMs = lookUps.take(org);
  if (retryAfterMs === 0) return;
  const message =
    `"${org}" has made ${lookUpsPerHour} look-ups within the hour: WhatsApp restricts accounts that ask ` +
    'for many numbers.';
  throw new RequestError('rate_limited', message, { retryAfterMs });
};
const publicGroupOf = ({ id, subject, participants }: GroupAnswer): Result<'group.get'>['group'] => ({
  id,
  subject,
  participants: participants.map(({ phone, lid, isAdmin }) => ({ phone, lid, isAdmin })),
});

export const contactHandlers: Handlers<keyof typeof contactMethods, ContactDeps> = {
  'contact.exists': async ({ orgId, phones }, context) => {
    mustBeOpen(context, orgId);
    mustHaveLookUp(context, orgId);
    const answers = accepted(await context.messages.exists(orgId, phones));
    return { items: answers.map(({ phone, exists, jid, lid }) => ({ phone, exists, jid, lid })) };
  },
  'group.list': async ({ orgId, limit, cursor = '' }, { messages, ...deps }) => {
    mustBeOpen({ messages, ...deps }, orgId);
    const groups = accepted(await messages.groups(orgId))
      .filter(({ id }) => id > cursor)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = groups.slice(0, limit);
    const nextCursor = groups.length > limit ? (page.at(-1)?.id ?? null) : null;
    return { items: page.map(publicGroupOf), nextCursor };
  },
  'group.get': async ({ orgId, groupId }, { messages, ...deps }) => {
    mustBeOpen({ messages, ...deps }, orgId);
    const group = accepted(await messages.group(orgId, groupId));
    if (group === undefined) throw new RequestError('not_found', `"${orgId}" is in no group "${groupId}".`);
    return { group: publicGroupOf(group) };
  },
};
