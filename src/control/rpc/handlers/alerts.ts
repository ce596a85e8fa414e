/**
 * The methods that list and silence alerts. A key for some organizations sees their alerts and the server's.
 */
import type { Principal } from '../../../keys/principal.ts';
import type { Alert } from '../../../protocol/alerts.ts';
import type { alertMethods } from '../../../protocol/methods/alerts.ts';
import { canSee } from '../../access/authorize.ts';
import type { Alerts } from '../../port.ts';
import { RequestError } from '../request-error.ts';
import type { Handlers } from './handler.ts';

export interface AlertDeps {
  readonly alerts: Alerts;
}

export const visibleTo =
  (principal: Principal) =>
  ({ orgId }: Alert): boolean =>
    orgId === null || canSee(principal, orgId);
/** An alert of the server concerns every organization: only a key that sees them all may silence it. */
const maySilence = (principal: Principal, { orgId }: Alert): boolean =>
  orgId === null ? principal.orgs === '*' : canSee(principal, orgId);

/**
 * Sorts firing alerts before resolved ones, and later ones first. It is unique, so it is the cursor of a page
 * too.
 */
const sortKeyOf = ({ status, endsAt, startsAt, fingerprint }: Alert) =>
  `${status === 'firing' ? 1 : 0} ${endsAt ?? startsAt} ${startsAt} ${fingerprint}`;

export const alertHandlers: Handlers<keyof typeof alertMethods, AlertDeps> = {
  'alert.list': ({ limit, cursor, status }, { principal, alerts }) => {
    const wanted = alerts
      .list()
      .filter((alert) => visibleTo(principal)(alert) && (status === undefined || alert.status === status))
      .map((alert) => ({ alert, key: sortKeyOf(alert) }))
      .filter(({ key }) => cursor === undefined || key < cursor)
      .sort((a, b) => (a.key < b.key ? 1 : -1));
    const page = wanted.slice(0, limit);
    const hasMore = wanted.length > limit;
    return { items: page.map(({ alert }) => alert), nextCursor: hasMore ? (page.at(-1)?.key ?? null) : null };
  },
  'alert.silence': async ({ fingerprint, until }, { principal, alerts, now }) => {
    const firing = alerts
      .list()
      .find((alert) => alert.fingerprint === fingerprint && alert.status === 'firing');
    const untilMs = until === null ? null : Math.max(now(), Date.parse(until));
    const silenced =
      firing && maySilence(principal, firing) ? await alerts.silence(fingerprint, untilMs) : undefined;
    if (!silenced) throw new RequestError('not_found', `There is no firing alert "${fingerprint}" here.`);
    return { alert: silenced };
  },
};
