/**
 * Requests that are repeated while something holds: the heartbeat for a dead man's switch, and the firing
 * alerts for an Alertmanager, which resolves an alert that is no longer sent.
 */
import type { Alert } from '../protocol/alerts.ts';
import type { Outcome, Post } from './http-post.ts';
import type { Outgoing } from './sinks.ts';

export interface HeartbeatOptions {
  readonly everyMs: number;
  readonly post: Post;
  /** The request of now. Undefined: none is sent. */
  readonly next: () => Outgoing | undefined;
  readonly sent: (outcome: Outcome) => void;
}
export interface Heartbeat {
  /** Sends now, because something changed. */
  hasten(): void;
  stop(): void;
}

export const startHeartbeat = ({ everyMs, post, next, sent }: HeartbeatOptions): Heartbeat => {
  let underWay = false;
  let hastened = false;
  const beat = async (): Promise<void> => {
    if (underWay) {
      hastened = true;
      return;
    }
    underWay = true;
    hastened = false;
    const outgoing = next();
    if (outgoing) sent(await post.send(outgoing));
    underWay = false;
    if (hastened) void beat();
  };
  const timer = setInterval(() => void beat(), everyMs).unref();
  void beat();
  return { hasten: () => void beat(), stop: () => clearInterval(timer) };
};

export const alertmanagerEveryMs = 60_000;
/**
 * An alert that is not sent again within this time counts as resolved. Prometheus uses four intervals, too.
 */
const validMs = 4 * alertmanagerEveryMs;

/**
 * Alertmanager API v2, `POST /api/v2/alerts`. Alertmanager groups, repeats and silences, so each alert is
 * sent by itself. Undefined: there is none.
 */
export const alertmanagerRequest = (
  base: string,
  alerts: readonly Alert[],
  now: number,
): Outgoing | undefined => {
  if (alerts.length === 0) return undefined;
  const body = alerts.map(({ name, severity, orgId, labels, summary, action, startsAt, endsAt }) => ({
    labels: { alertname: name, severity, ...(orgId !== null && { org: orgId }), ...labels },
    annotations: { summary, description: `${summary} ${action}`, action },
    startsAt,
    endsAt: endsAt ?? new Date(now + validMs).toISOString(),
  }));
  return {
    url: `${base.replace(/\/+$/, '')}/api/v2/alerts`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
};
