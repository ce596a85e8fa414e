/**
 * Messages: the durable rows, plugged into the sockets, the journal, the feed of events and the delivery. The
 * sockets open before the feed and the delivery exist, so those two are connected later, before anything
 * runs.
 */
import { join } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import type { Log } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import type { Config } from '../config/config.ts';
import type { Feed } from '../control/feed/feed.ts';
import type { Messages } from '../control/messages-port.ts';
import type { MessageDomainEvent } from '../control/port.ts';
import { allowing } from '../delivery/address.ts';
import { openFetch } from '../delivery/fetch-file.ts';
import { fitted } from '../delivery/fit-body.ts';
import type { EventMessage, ReferenceMessage } from '../delivery/message.ts';
import { DiskFault } from '../disk/disk.ts';
import { inboxEventTypes, type MessageEvent, type MessageEventRef } from '../messages/events-port.ts';
import { openMessages } from '../messages/messages.ts';
import { defaultPolicy, type MessagesPolicy } from '../messages/policy.ts';
import { openSecret } from '../messages/secret.ts';
import { fold } from '../whatsapp/messages/fold.ts';
import type { MessageDoor, Sender } from '../whatsapp/messages/port.ts';
import type { createMessageAlerts } from './message-alerts.ts';
import type { Storage } from './storage.ts';

export interface MessagingDeps {
  readonly config: Config;
  readonly storage: Pick<Storage, 'disk' | 'layout' | 'database' | 'journal'>;
  readonly log: Log;
  readonly sender: (org: Org) => Sender | undefined;
  readonly sessionState: (org: Org) => string | undefined;
}
/** Who learns of messages. */
export interface MessageOutlet {
  readonly feed: Pick<Feed, 'publish' | 'isWanted' | 'forgetMessages'>;
  readonly delivery: {
    recordReferences(messages: readonly ReferenceMessage[]): Promise<void>;
    isNeeded(messageId: string): boolean;
    isAnyWanted(types: readonly string[]): boolean;
  };
  readonly alerts: Pick<ReturnType<typeof createMessageAlerts>, 'dropped' | 'checkRestriction'>;
}

const mib = 1_048_576;
const hourMs = 3_600_000;
const policyOf = (config: Config): MessagesPolicy => ({
  ...defaultPolicy,
  pace: {
    ...defaultPolicy.pace,
    perMinute: config.SEND_RATE_PER_MINUTE,
    burst: config.SEND_RATE_BURST,
    newPerMinute: config.SEND_RATE_NEW_PER_MINUTE,
    newPerDay: config.SEND_RATE_NEW_PER_DAY,
  },
  keepMs: config.MESSAGES_KEEP_HOURS * hourMs,
  bytes: config.MESSAGES_MAX_MB_PER_ORG * mib,
  bytesOfAll: config.MESSAGES_MAX_MB * mib,
  media: { ...defaultPolicy.media, bytes: config.MEDIA_MAX_MB * mib },
});
const iso = (ms: number) => new Date(ms).toISOString();
const referenceOf = ({ id, at, ref }: MessageEvent): ReferenceMessage => ({
  kind: 'reference',
  id,
  type: ref.type,
  timestamp: iso(at),
  orgId: ref.org,
  ref,
});

/** Undefined when the disk refuses: a message must not get an id that the next process cannot derive. */
const secretOf = async ({ disk, layout }: MessagingDeps['storage'], log: Log) => {
  try {
    return await openSecret(disk, layout.own, log);
  } catch (err) {
    if (!(err instanceof DiskFault)) throw err;
    log('messages.cannot_send', { err });
    return undefined;
  }
};
const ownPlaces = async (storage: MessagingDeps['storage'], log: Log) => {
  const { layout, database } = storage;
  const secret = await secretOf(storage, log);
  return {
    table: database.table('messages'),
    isDurable: () => secret !== undefined && database.status() !== 'memory',
    mediaDirectory: join(layout.own, 'media'),
    secret: secret ?? new Uint8Array(),
  };
};

/** A disk that refuses stops no session; then nothing is sent. */
export const openMessaging = async ({ config, storage, log, sender, sessionState }: MessagingDeps) => {
  const { disk, journal } = storage;
  let outlet: MessageOutlet | undefined;
  const connected = (): MessageOutlet => {
    if (outlet === undefined) throw new Error('messages are not connected yet');
    return outlet;
  };
  /** For webhooks first: what clients have seen must reach the webhooks too. */
  const announce = async (events: readonly MessageEvent[]): Promise<void> => {
    const { delivery, feed } = connected();
    await delivery.recordReferences(events.map(referenceOf));
    for (const { id, at, ref } of events) {
      const data = rows.read(ref);
      const { type, org } = ref;
      if (data !== undefined) feed.publish({ type, id, at, org, data } as MessageDomainEvent);
    }
  };
  const isWanted = (org: Org): boolean =>
    config.MESSAGES_KEEP_HOURS > 0 ||
    outlet?.delivery.isAnyWanted(inboxEventTypes) === true ||
    outlet?.feed.isWanted('messages', org) === true;
  const download = openFetch(allowing(config.WEBHOOK_ALLOWED_NETWORKS));
  const rows = await openMessages({
    ...(await ownPlaces(storage, log)),
    ...{ disk, policy: policyOf(config), sender, sessionState, isWanted, fold, fetch: download.fetch },
    sink: { announce, isNeeded: (id) => connected().delivery.isNeeded(id) },
    onDropped: (org) => connected().alerts.dropped({ org }),
    onRestriction: (org) => connected().alerts.checkRestriction(org),
    now: () => Date.now(),
    elapsed: monotonicMs,
    random: Math.random,
    log: log.child({ part: 'messages' }),
  });
  const api: Messages = rows.api;
  const door: MessageDoor = rows.door;

  return {
    api,
    door,
    totals: rows.totals,
    wake: rows.wake,
    /** The event of a reference with its data now, within the size of a webhook. */
    resolve: ({ id, type, timestamp, orgId, ref }: ReferenceMessage): EventMessage | undefined => {
      const data = rows.read(ref as MessageEventRef);
      return data && { kind: 'event', id, type, timestamp, orgId, data: fitted(data) };
    },
    connect: (to: MessageOutlet): void => void (outlet = to),
    /** Everything is connected: takes what the journal holds, and sends what waits. */
    start: async (): Promise<void> => {
      journal.handTo((org, arrived) => door.take(org, arrived));
      await rows.start();
    },
    /** After a logout. */
    erase: async (org: Org): Promise<void> => {
      connected().feed.forgetMessages(org);
      await rows.erase(org);
    },
    /** After the journal: its last messages are taken, and recorded for webhooks. */
    close: async (): Promise<void> => {
      await rows.close();
      await download.close();
    },
  };
};
