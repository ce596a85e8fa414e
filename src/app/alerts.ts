/** The alert engine on the database, and its alerts in the words of the protocol. */
import { createHash } from 'node:crypto';
import { fingerprintOf, type Alert as Standing } from '../alerts/alert-store.ts';
import { AlertWatch, type SavedAlerts } from '../alerts/alert-watch.ts';
import type { AlertPolicy } from '../alerts/catalogue.ts';
import type { Notice } from '../alerts/groups.ts';
import type { Log } from '../base/log.ts';
import type { Alerts, DomainEvent } from '../control/port.ts';
import type { Table } from '../database/table.ts';
import type { NoticeMessage } from '../delivery/message.ts';
import { type Alert, alertTexts } from '../protocol/alerts.ts';
import { reasonTexts } from '../protocol/reasons.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const textsOf = ({ name, reason }: Standing): { readonly summary: string; readonly action: string } => {
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
    ...textsOf(alert),
    startsAt: iso(since),
    endsAt: endsAt === undefined ? null : iso(endsAt),
    silencedUntil: silencedUntil === undefined ? null : iso(silencedUntil),
  };
};

export type AlertEvent = Extract<DomainEvent, { type: 'alert.firing' | 'alert.resolved' }>;
const eventsOf = ({ started, resolved }: Notice): readonly AlertEvent[] => [
  ...started.map((a) => ({ type: 'alert.firing' as const, id: `evt_${a.fingerprint}_${a.since}_firing`, alert: alertOf(a) })),
  ...resolved.map((a) => ({ type: 'alert.resolved' as const, id: `evt_${a.fingerprint}_${a.since}_resolved`, alert: alertOf(a) })),
];
/** Of what it tells, so that the same notice has the same id after a crash. */
const noticeIdOf = ({ name, started, resolved, isReminder }: Notice, at: number): string => {
  const news = [...started, ...resolved].map(({ fingerprint, since, endsAt }) => [fingerprint, since, endsAt ?? null]);
  return `ntc_${createHash('sha256')
    .update(JSON.stringify([name, isReminder ? at : news]))
    .digest('hex')
    .slice(0, 24)}`;
};
const messageOf = (notice: Notice): NoticeMessage => {
  const { name, severity, isOver, isReminder, started, resolved, firing } = notice;
  const at = Date.now();
  return {
    kind: 'notice',
    id: noticeIdOf(notice, at),
    timestamp: iso(at),
    name,
    severity,
    isOver,
    isReminder,
    started: (isReminder ? firing : started).map(alertOf),
    resolved: resolved.map(alertOf),
    firing: firing.length,
  };
};

/** One row an alert, under its fingerprint. */
const storeOn = (table: Table): SavedAlerts => ({
  load: async () => table.range({}).map(([, alert]) => alert as Standing),
  save: async (alerts) => {
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
  /** Records what must reach the world outside; resolves when that can no longer be lost. The same ids are the same things. */
  readonly deliver: (notice: NoticeMessage, events: readonly AlertEvent[]) => Promise<void>;
}

export const startAlerts = async ({ policy, table, log, publish, deliver }: AlertParts) => {
  const line = log.child({ part: 'alerts' });
  const send = async (notice: Notice) => {
    const events = eventsOf(notice);
    await deliver(messageOf(notice), events);
    for (const event of events) {
      publish(event);
      const { alert } = event;
      if (event.type === 'alert.resolved') {
        line('alert.resolved', { alert: alert.name, ...(alert.orgId !== null && { org: alert.orgId }) });
        continue;
      }
      const { name, orgId, labels, action } = alert;
      const fields = { alert: name, ...(orgId !== null && { org: orgId }), ...labels, action };
      line(alert.severity === 'critical' ? 'alert.critical' : 'alert.firing', fields);
    }
  };
  const watch = await AlertWatch.open({
    policy,
    now: () => Date.now(),
    store: storeOn(table),
    send,
    log: line,
  });
  const alerts: Alerts = {
    list: () => [...watch.firing(), ...watch.resolved()].map(alertOf),
    silence: async (fingerprint, until) => {
      const alert = await watch.silence(fingerprint, until);
      return alert && alertOf(alert);
    },
  };
  return { alerts, onEvent: watch.onEvent.bind(watch), firing: () => watch.firing(), close: () => watch.close() };
};
