/** Turns news about alerts into what each endpoint has to be sent. */
import type { AlertName } from '../protocol/alerts.ts';
import { alertTexts } from '../protocol/alerts.ts';
import type { AlertChannels, AlertEvent, AlertNews } from './alert-channels.ts';
import type { Endpoint } from './message.ts';
import type { Outbox, Recording } from './outbox.ts';

export interface SendAlertsDeps {
  readonly channels: AlertChannels;
  readonly outbox: Outbox;
  /** The endpoints that messages are sent to. */
  readonly open: () => readonly Endpoint[];
}

/**
 * A notice that still waits for a person is out of date once there is another of its name: it is replaced.
 * So an end never arrives before the beginning, and never without it.
 */
export const recordingsOf = (
  news: AlertNews,
  { channels, outbox, open }: SendAlertsDeps,
): readonly Recording[] =>
  open().flatMap((endpoint): readonly Recording[] => {
    const to = endpoint.name;
    if (endpoint.kind === 'webhook')
      return channels
        .eventsFor(endpoint, news, (id) => (outbox.find(to, id)?.status ?? 'dead') !== 'dead')
        .map((message) => ({ message, to }));
    const message = channels.noticeFor(endpoint, news);
    const also = outbox.supersede(to, news.name, message?.id);
    if (message) return [{ message, to, also }];
    return also.length > 0 ? [{ also }] : [];
  });

/** The alerts that were sent and are not over. */
export interface StandingAlerts {
  /** Those that may be sent: they fire, and are not silenced. */
  readonly firing: readonly AlertEvent[];
  /** The fingerprints of all, also of silenced ones and of those whose end was not sent yet. */
  readonly known: ReadonlySet<string>;
  /** ISO 8601. */
  readonly timestamp: string;
}

/**
 * What endpoints lack that were configured after an alert was sent, or that were away when it ended. Nothing
 * for a name of which something waits for that endpoint already.
 */
export const missingOf = (
  { firing, known, timestamp }: StandingAlerts,
  { channels, outbox, open }: SendAlertsDeps,
): readonly Recording[] =>
  open().flatMap((endpoint) => {
    const ended = [...channels.told(endpoint.name).values()]
      .filter(({ fingerprint }) => !known.has(fingerprint))
      .map((alert): AlertEvent => {
        const id = `evt_${alert.fingerprint}_${Date.parse(alert.startsAt)}`;
        const over = { ...alert, status: 'resolved', endsAt: timestamp } as const;
        return { firingId: `${id}_firing`, resolvedId: `${id}_resolved`, alert: over };
      });
    const names = new Set<AlertName>([...firing, ...ended].map(({ alert }) => alert.name));
    // events for programs have ids of their own: what waits is known
    const waiting = endpoint.kind === 'webhook' ? new Set() : outbox.waitingNotices(endpoint.name);
    return [...names]
      .filter((name) => !waiting.has(name))
      .flatMap((name) => {
        const isOfName = ({ alert }: AlertEvent) => alert.name === name;
        const news: AlertNews = {
          name,
          severity: alertTexts[name].severity,
          isReminder: false,
          timestamp,
          firing: firing.filter(isOfName),
          resolved: ended.filter(isOfName),
        };
        return recordingsOf(news, { channels, outbox, open: () => [endpoint] });
      });
  });
