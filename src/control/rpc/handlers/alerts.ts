/** Looking at alerts, and silencing them. A key limited to some organizations sees theirs, and those of the server. */

import type { Principal } from '../../../keys/principal.ts';
import type { Alert } from '../../../protocol/alerts.ts';
import type { alertMethods } from '../../../protocol/methods/alerts.ts';
import { sees } from '../../access/authorize.ts';
import type { Alerts } from '../../port.ts';
import { RpcError } from '../refusal.ts';
import type { Handlers } from './handler.ts';

export interface AlertPorts {
  readonly alerts: Alerts;
}

export const visibleTo = (principal: Principal) => (alert: Alert) => alert.orgId === null || sees(principal, alert.orgId);
/** Sorts those that fire before those that ended, the later first; unique, so that it is a bookmark too. */
const keyOf = ({ status, endsAt, startsAt, fingerprint }: Alert) =>
  `${status === 'firing' ? 1 : 0} ${endsAt ?? startsAt} ${startsAt} ${fingerprint}`;

export const alertHandlers: Handlers<keyof typeof alertMethods, AlertPorts> = {
  'alert.list': ({ limit, cursor, status }, { principal, alerts }) => {
    const wanted = alerts
      .list()
      .filter((alert) => visibleTo(principal)(alert) && (status === undefined || alert.status === status))
      .map((alert) => ({ alert, key: keyOf(alert) }))
      .filter(({ key }) => cursor === undefined || key < cursor)
      .sort((a, b) => (a.key < b.key ? 1 : -1));
    const page = wanted.slice(0, limit);
    return { items: page.map(({ alert }) => alert), nextCursor: wanted.length > limit ? (page.at(-1)?.key ?? null) : null };
  },
  'alert.silence': async ({ fingerprint, until }, { principal, alerts, now }) => {
    const known = alerts.list().find((alert) => alert.fingerprint === fingerprint && alert.status === 'firing');
    // a server's alert concerns everybody: silencing it is for a key that sees everybody
    const may = known && (known.orgId === null ? principal.orgs === '*' : sees(principal, known.orgId));
    const silenced = may ? await alerts.silence(fingerprint, until === null ? null : Math.max(now(), Date.parse(until))) : undefined;
    if (!silenced) throw new RpcError('not_found', `There is no alert "${fingerprint}" that fires here.`);
    return { alert: silenced };
  },
};
