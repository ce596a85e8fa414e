/** The alert engine on the database, and its alerts in the words of the protocol. */
import { fingerprintOf, type Alert as Standing } from '../alerts/book.ts';
import type { AlertPolicy } from '../alerts/catalogue.ts';
import type { Notice } from '../alerts/groups.ts';
import { type AlertStore, AlertWatch } from '../alerts/watch.ts';
import type { Alerts, DomainEvent } from '../control/port.ts';
import type { Table } from '../database/table.ts';
import type { Log } from '../log/log.ts';
import { type Alert, alertTexts } from '../protocol/alerts.ts';
import { reasonTexts } from '../protocol/reasons.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const sentencesOf = ({ name, reason }: Standing): { readonly summary: string; readonly action: string } => {
  const { summary, action } = alertTexts[name];
  const why = reason === undefined ? undefined : reasonTexts[reason as keyof typeof reasonTexts];
  return why && name === 'SessionRestoreFailed' ? { summary: `${summary} ${why.summary}`, action: why.action } : { summary, action };
};
export const alertOf = (alert: Standing): Alert => {
  const { fingerprint, name, org, since, endsAt, silencedUntil, reason, statusCode, endpoint } = alert;
  const labels = { reason, endpoint, ...(statusCode !== undefined && { statusCode: String(statusCode) }) };
  return {
    fingerprint,
    name,
    severity: alertTexts[name].severity,
    status: endsAt === undefined ? 'firing' : 'resolved',
    orgId: org,
    labels: Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...sentencesOf(alert),
    startsAt: iso(since),
    endsAt: endsAt === undefined ? null : iso(endsAt),
    silencedUntil: silencedUntil === undefined ? null : iso(silencedUntil),
  };
};

/** One row an alert, under its fingerprint. */
const storeOn = (table: Table): AlertStore => ({
  load: async () => table.range({}).map(([, alert]) => alert as Standing),
  keep: async (alerts) => {
    const standing = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
    const changes = table.range({}).flatMap(([key, kept]) => {
      const alert = standing.get(fingerprintOf(kept as Standing));
      standing.delete(alert?.fingerprint ?? '');
      if (alert === undefined) return [{ key }];
      return JSON.stringify(alert) === JSON.stringify(kept) ? [] : [{ key, value: alert }];
    });
    const all = [...changes, ...[...standing.values()].map((alert) => ({ key: [alert.fingerprint], value: alert }))];
    if (all.length > 0) await table.write(all);
  },
});

export interface AlertParts {
  readonly policy: AlertPolicy;
  readonly table: Table;
  readonly log: Log;
  readonly publish: (event: DomainEvent) => void;
  /** Records what must reach people outside; resolves when that can no longer be lost. */
  readonly deliver: (notice: Notice) => Promise<void>;
}

export const startAlerts = async ({ policy, table, log, publish, deliver }: AlertParts) => {
  const line = log.child({ part: 'alerts' });
  const tell = async (notice: Notice) => {
    await deliver(notice);
    for (const alert of notice.started.map(alertOf)) {
      const { name, orgId, labels, action } = alert;
      const fields = { alert: name, ...(orgId !== null && { org: orgId }), ...labels, action };
      if (alert.severity === 'critical') line.error(fields, 'alert firing');
      else line.warn(fields, 'alert firing');
      publish({ type: 'alert.firing', alert });
    }
    for (const alert of notice.resolved.map(alertOf)) {
      line.info({ alert: alert.name, ...(alert.orgId !== null && { org: alert.orgId }) }, 'alert resolved');
      publish({ type: 'alert.resolved', alert });
    }
  };
  const watch = await AlertWatch.open({
    policy,
    now: () => Date.now(),
    store: storeOn(table),
    tell,
    warn: (message, fields) => line.warn(fields, message),
  });
  const alerts: Alerts = {
    list: () => [...watch.firing(), ...watch.resolved()].map(alertOf),
    silence: async (fingerprint, until) => {
      const alert = await watch.silence(fingerprint, until);
      return alert && alertOf(alert);
    },
  };
  return { alerts, hear: watch.hear.bind(watch), firing: () => watch.firing(), close: () => watch.close() };
};
