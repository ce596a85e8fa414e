/**
 * Which alerts each endpoint was informed of. It is informed of an alert that fires when it does not know it
 * yet, also when the endpoint is new, and of an end only when it knows the alert. What was delivered counts,
 * not what was recorded.
 *
 * Rows of the outbox's table: ['told', endpoint, address, fingerprint] → Alert. `address` is a hash: another
 * address is another channel, and one that comes back is known again.
 */
import { createHash } from 'node:crypto';
import type { Table, TableChange } from '../database/table.ts';
import { Alert, type AlertName, type Severity } from '../protocol/alerts.ts';
import type { Endpoint, EventMessage, NoticeMessage, SentMessage } from './message.ts';

export interface AlertEvent {
  /** The id of the event `alert.firing` about this alert. */
  readonly firingId: string;
  /** The id of the event `alert.resolved` about it; absent while it fires. */
  readonly resolvedId?: string;
  readonly alert: Alert;
}
/** All about the alerts of one name. */
export interface AlertNews {
  readonly name: AlertName;
  readonly severity: Severity;
  readonly isReminder: boolean;
  /** ISO 8601. */
  readonly timestamp: string;
  /** All that fire and may be sent. */
  readonly firing: readonly AlertEvent[];
  readonly resolved: readonly AlertEvent[];
}

const digest = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 24);
const addressOf = ({ url, secrets, kind }: Endpoint): string =>
  digest([url, kind === 'pagerduty' ? secrets : null]);
const alertOfEvent = ({ data }: EventMessage): Alert | undefined => {
  const parsed = Alert.safeParse((data as { alert?: unknown } | null)?.alert);
  return parsed.success ? parsed.data : undefined;
};
/** Another address gets a notice that the one before already has, so the address is part of the id. */
const noticeIdOf = (
  endpoint: Endpoint,
  { name, timestamp }: AlertNews,
  started: readonly AlertEvent[],
  resolved: readonly AlertEvent[],
  isReminder: boolean,
): string => {
  const ids = [...started.map((e) => e.firingId), ...resolved.map((e) => e.resolvedId ?? e.firingId)];
  return `ntc_${digest([name, addressOf(endpoint), isReminder ? timestamp : ids])}`;
};

export class AlertChannels {
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #told: ReadonlyMap<string, Map<string, Alert>>;

  constructor(table: Pick<Table, 'range'>, endpoints: readonly Endpoint[]) {
    this.#addresses = new Map(endpoints.map((endpoint) => [endpoint.name, addressOf(endpoint)]));
    this.#told = new Map(endpoints.map(({ name }) => [name, new Map<string, Alert>()]));
    for (const [[, name, address, fingerprint], value] of table.range({
      atLeast: ['told'],
      below: ['told\uffff'],
    })) {
      const alert = Alert.safeParse(value); // a damaged row is skipped
      if (!alert.success || typeof name !== 'string' || typeof fingerprint !== 'string') continue;
      if (this.#addresses.get(name) === address) this.#told.get(name)?.set(fingerprint, alert.data);
    }
  }

  told(endpoint: string): ReadonlyMap<string, Alert> {
    return this.#told.get(endpoint) ?? new Map<string, Alert>();
  }
  /** The notice for a person. Undefined when it would contain nothing new. */
  noticeFor(endpoint: Endpoint, news: AlertNews): NoticeMessage | undefined {
    const { name, severity, timestamp, firing } = news;
    const told = this.told(endpoint.name);
    const isReminder = news.isReminder && firing.some(({ alert }) => told.has(alert.fingerprint));
    const started = isReminder ? firing : firing.filter(({ alert }) => !told.has(alert.fingerprint));
    const resolved = news.resolved.filter(({ alert }) => told.has(alert.fingerprint));
    if (started.length + resolved.length === 0) return undefined;
    return {
      kind: 'notice',
      id: noticeIdOf(endpoint, news, started, resolved, isReminder),
      timestamp,
      name,
      severity,
      isOver: firing.length === 0,
      isReminder,
      started: started.map(({ alert }) => alert),
      resolved: resolved.map(({ alert }) => alert),
      firing: firing.length,
    };
  }
  /** The events for a program. `isQueued`: whether the outbox has one of this id for it. */
  eventsFor(
    { name }: Endpoint,
    { timestamp, firing, resolved }: AlertNews,
    isQueued: (messageId: string) => boolean,
  ): readonly EventMessage[] {
    const knows = ({ firingId, alert }: AlertEvent) =>
      this.told(name).has(alert.fingerprint) || isQueued(firingId);
    const event = (type: string, id: string, alert: Alert): EventMessage => ({
      kind: 'event',
      id,
      type,
      timestamp,
      orgId: alert.orgId,
      data: { alert },
    });
    return [
      ...firing.filter((e) => !knows(e)).map(({ firingId, alert }) => event('alert.firing', firingId, alert)),
      ...resolved.flatMap((e) =>
        e.resolvedId !== undefined && knows(e) ? [event('alert.resolved', e.resolvedId, e.alert)] : [],
      ),
    ];
  }
  /** The endpoint took the message. The changes belong into the transaction that records it. */
  delivered(endpoint: string, message: SentMessage): readonly TableChange[] {
    if (message.kind === 'notice')
      return [
        ...message.started.map((alert) => this.#put(endpoint, alert)),
        ...message.resolved.map((alert) => this.#remove(endpoint, alert)),
      ];
    const isFiring = message.type === 'alert.firing';
    const alert = isFiring || message.type === 'alert.resolved' ? alertOfEvent(message) : undefined;
    if (alert === undefined) return [];
    return [isFiring ? this.#put(endpoint, alert) : this.#remove(endpoint, alert)];
  }

  #keyOf(endpoint: string, { fingerprint }: Alert) {
    return ['told', endpoint, this.#addresses.get(endpoint) ?? '', fingerprint] as const;
  }
  #put(endpoint: string, alert: Alert): TableChange {
    this.#told.get(endpoint)?.set(alert.fingerprint, alert);
    return { key: this.#keyOf(endpoint, alert), value: alert };
  }
  #remove(endpoint: string, alert: Alert): TableChange {
    this.#told.get(endpoint)?.delete(alert.fingerprint);
    return { key: this.#keyOf(endpoint, alert) };
  }
}
