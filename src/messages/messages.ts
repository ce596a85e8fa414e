/**
 * Messages of all organizations: durable rows of what was sent and what arrived, and the queues that send. It
 * is what the control API calls, and the door of the sockets. Content is in the table only: never in a log
 * line, an error or a count.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { Table } from '../database/table.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { Acceptance } from './accept.ts';
import { Announcer } from './announcer.ts';
import { apiOf } from './api.ts';
import type { ApiDeps } from './api-deps.ts';
import { sentIdIn } from './content.ts';
import { doorOf } from './door.ts';
import type { MessageEventSink, ReadMessageEvent } from './events-port.ts';
import { Inbox } from './inbox.ts';
import { type FetchMedia, MediaFiles } from './media-files.ts';
import { OutStates } from './out-states.ts';
import type { MessagesPolicy } from './policy.ts';
import type { ArrivedMessage, Folded, SenderPort } from './ports.ts';
import { Recipients } from './recipients.ts';
import { startRetention } from './retention.ts';
import { waIdOf } from './rows.ts';
import { Runner } from './runner.ts';
import { createIds } from './secret.ts';
import { publicMessage, Sent } from './sent.ts';
import { MessageTable } from './table.ts';

export interface MessagesOptions {
  /** A table of its own. */
  readonly table: Table;
  /** False: the table does not outlive the process, and nothing is accepted for sending. */
  readonly isDurable: () => boolean;
  readonly disk: Disk;
  /** `.vigia/media`. */
  readonly mediaDirectory: string;
  /** See `openSecret`. */
  readonly secret: Uint8Array;
  readonly policy: MessagesPolicy;
  /** Through the present socket. Undefined unless the session is connected. */
  readonly sender: (org: Org) => SenderPort | undefined;
  /** The state of the session; undefined: there is no such organization. */
  readonly sessionState: (org: Org) => string | undefined;
  /** Whether a client wants messages of the organization. Without one, no content is kept. */
  readonly isWanted: (org: Org) => boolean;
  readonly fold: (org: Org, arrived: ArrivedMessage) => readonly Folded[];
  readonly sink: MessageEventSink;
  readonly fetch: FetchMedia;
  /** Entries that were removed before every webhook had them: an alert. */
  readonly onDropped: (org: Org, count: number) => void;
  /** The restriction of an organization began, changed or ended. */
  readonly onRestriction: (org: Org) => void;
  /** Epoch milliseconds; and milliseconds on a clock that nothing sets. */
  readonly now: () => number;
  readonly elapsed: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: WriteLog;
}

/** The data of an event, from its row. Undefined when the row was removed. */
const reading =
  (sent: Sent, inbox: Inbox): ReadMessageEvent =>
  (ref) => {
    if (ref.type === 'contact.linked') return { contact: ref.contact };
    if (ref.type !== 'message.updated') {
      const { type: _, ...data } = inbox.row(ref.org, ref.seq)?.item ?? { type: undefined };
      return 'seq' in data ? data : undefined;
    }
    const waId = waIdOf(ref.messageId);
    const row = waId === undefined ? undefined : sent.get(ref.org, waId);
    if (waId === undefined || row === undefined) return undefined;
    return { message: publicMessage(ref.org, waId, row), previousState: ref.previousState };
  };

const isRestrictedBy = (states: OutStates, now: () => number) => (org: Org) => {
  const { restriction } = states.of(org);
  return restriction !== null && (restriction.until === null || Date.parse(restriction.until) > now());
};

/** A disk that refuses stops no session: see `isDurable`. */
export const openMessages = async (options: MessagesOptions) => {
  const { policy, sink, now, elapsed, log, disk, mediaDirectory, secret, onDropped } = options;
  const table = new MessageTable(options.table);
  const states = new OutStates(table);
  const announcer = new Announcer(sink, table, log);
  const sent = new Sent({ table, states, announcer, now });
  const recipients = new Recipients({ table, policy, now });
  const dropped = (org: Org, count: number) => {
    log('messages.dropped', { org, count });
    onDropped(org, count);
  };
  const inbox = new Inbox({
    ...{ table, policy, recipients, sink, now, fold: options.fold, sentId: sentIdIn(sent) },
    onDropped: dropped,
  });
  const media = new MediaFiles({
    ...{ disk, directory: mediaDirectory, policy: policy.media, fetch: options.fetch, elapsed },
  });
  const isRestricted = isRestrictedBy(states, now);
  const runner = new Runner({
    ...{ sent, inbox, recipients, media, policy, states, isRestricted, now, elapsed, log },
    ...{ sender: options.sender, random: options.random },
  });
  const acceptance = new Acceptance({
    ...{ sent, inbox, states, runner, recipients, media, policy, isRestricted, now, elapsed },
    ...{ idOf: createIds(secret), sessionState: options.sessionState, isDurable: options.isDurable },
  });
  const held = [...sent.open()].flatMap(({ org, waId }) => sent.body(org, waId)?.order?.upload?.file ?? []);
  await media.open(held).catch((err: unknown) => {
    if (!(err instanceof DiskFault)) throw err;
    log('messages.cannot_send', { err }); // media only: the rows have their own verdict
  });

  const deps: ApiDeps = {
    ...{ table, sent, inbox, states, runner, recipients, media, acceptance, policy, isRestricted, now, log },
    ...{ sender: options.sender, sessionState: options.sessionState },
  };
  const retention = startRetention({ table, sent, inbox, states, media, policy, now, log });
  return {
    api: apiOf(deps),
    door: doorOf({ ...deps, isWanted: options.isWanted, onRestriction: options.onRestriction }),
    read: reading(sent, inbox),
    /** Sends what waits. Call it once everything is connected, and only then `wake`. */
    start: async (): Promise<void> => {
      const interrupted = runner.start();
      if (interrupted > 0) log('messages.interrupted', { count: interrupted });
      sent.announceDue();
      await inbox.announceDue();
    },
    /** The session connected. */
    wake: (org: Org) => runner.wake(org),
    /** After a logout: removes all content of the organization. Keys of idempotency stay for their time. */
    erase: (org: Org) => retention.erase(org, () => runner.drop(org)),
    /** Bytes of content on disk, and messages that wait, of all organizations. */
    totals: () => ({
      receivedBytes: inbox.states.bytes(),
      sentBytes: states.bytes(),
      waiting: runner.size(),
    }),
    /** What is sent now ends as `unknown` at the next start, unless WhatsApp acknowledges it before. */
    close: async (): Promise<void> => {
      runner.close();
      retention.stop();
      await announcer.close();
      await table.idle();
    },
  };
};
