/** The alert engine, plugged into the database, the feed of events, the delivery and the log. */
import { AlertWatch } from '../alerts/alert-watch.ts';
import type { AlertPolicy } from '../alerts/catalogue.ts';
import type { Notice } from '../alerts/groups.ts';
import { type AlertEvent, alertEventsOf, identified, newsOf, publicAlertOf } from '../alerts/publish.ts';
import { savedAlertsIn } from '../alerts/saved-alerts.ts';
import type { Log } from '../base/log.ts';
import { steadyClock } from '../base/saved-time.ts';
import type { Alerts, DomainEvent } from '../control/port.ts';
import type { Table } from '../database/table.ts';
import type { AlertNews } from '../delivery/alert-channels.ts';
import type { StandingAlerts } from '../delivery/send-alerts.ts';

export interface AlertDeps {
  readonly policy: AlertPolicy;
  readonly table: Table;
  readonly log: Log;
  readonly publish: (event: DomainEvent) => void;
  /** Resolves when the news can no longer be lost. The same news again change nothing. */
  readonly deliver: (news: AlertNews) => Promise<void>;
  /** As `deliver`, for endpoints that were not configured when an alert was sent. */
  readonly catchUp: (standing: StandingAlerts) => Promise<void>;
}

const logEvent = (log: Log, { type, alert }: AlertEvent): void => {
  const subject = { alert: alert.name, org: alert.orgId ?? undefined };
  if (type === 'alert.resolved') return log('alert.resolved', subject);
  const isCritical = alert.severity === 'critical';
  return log(isCritical ? 'alert.critical' : 'alert.firing', {
    ...subject,
    ...alert.labels,
    action: alert.action,
  });
};

export const startAlerts = async ({ policy, table, log, publish, deliver, catchUp }: AlertDeps) => {
  const ownLog = log.child({ part: 'alerts' });
  const steady = steadyClock(); // a clock that is set must not freeze notices, nor end silences
  const now = () => Math.round(steady());
  /** Recorded first: an event that clients have seen must also reach the endpoints. */
  const send = async (notice: Notice): Promise<void> => {
    const events = alertEventsOf(notice);
    await deliver(newsOf(notice, now()));
    for (const event of events) {
      publish(event);
      logEvent(ownLog, event);
    }
  };
  const watch = await AlertWatch.open({
    policy,
    now,
    store: savedAlertsIn(table),
    send,
    catchUp: ({ firing, known }) =>
      catchUp({ firing: firing.map(identified), known, timestamp: new Date(now()).toISOString() }),
    log: ownLog,
  });
  const alerts: Alerts = {
    list: () => [...watch.firing(), ...watch.resolved()].map(publicAlertOf),
    silence: async (fingerprint, until) => {
      const alert = await watch.silence(fingerprint, until);
      return alert && publicAlertOf(alert);
    },
  };
  return {
    alerts,
    onEvent: watch.onEvent.bind(watch),
    firing: () => watch.firing(),
    close: () => watch.close(),
  };
};
