/**
 * What is said again and again while it is true, so that silence means something: a heartbeat for a dead man's switch, and the
 * alerts that fire for an Alertmanager, which takes what is no longer sent for resolved.
 */
import type { Alert } from '../protocol/alerts.ts';
import type { Outcome, Post } from './http-post.ts';
import type { Outgoing } from './sinks.ts';

export interface HeartbeatOptions {
  readonly everyMs: number;
  readonly post: Post;
  /** What to send now; undefined: nothing (and the silence is the message). */
  readonly next: () => Outgoing | undefined;
  readonly sent: (outcome: Outcome) => void;
}
export interface Heartbeat {
  /** Something changed: send now rather than in a while. */
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
/** What is not sent again within so long counts as resolved (Prometheus sends four times its interval, too). */
const validMs = 4 * alertmanagerEveryMs;

/** Alertmanager API v2, `POST /api/v2/alerts`. It groups, repeats and silences by itself, so each alert is sent alone. */
export const alertmanagerRequest = (base: string, alerts: readonly Alert[], now: number): Outgoing => {
  const body = alerts.map(({ name, severity, orgId, labels, summary, action, startsAt, endsAt }) => ({
    labels: { alertname: name, severity, ...(orgId !== null && { org: orgId }), ...labels },
    annotations: { summary, description: `${summary} ${action}`, action },
    startsAt,
    endsAt: endsAt ?? new Date(now + validMs).toISOString(),
  }));
  return { url: `${base.replace(/\/+$/, '')}/api/v2/alerts`, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
};
