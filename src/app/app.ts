/**
 * The composition root. This folder alone knows all rooms, and holds no policy: it plugs the disk, the real
 * client, the log and the control API into the machines, and passes each event of the supervisor to every
 * listener, so that they never disagree.
 */
import { toPromise } from 'xstate';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { isScanEvent } from '../delivery/missed-removals.ts';
import type { Disk } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import { isHistoryFact } from '../history/entry.ts';
import type { DroppedLines } from '../log/output.ts';
import { logSessions } from '../log/session-log.ts';
import { messageOfReason } from '../protocol/reasons.ts';
import { watchLock } from '../sessions/lock-watch.ts';
import { watchRoot } from '../sessions/root-watcher.ts';
import type { openSocket } from '../whatsapp/socket.ts';
import { type Core, openCore } from './core.ts';
import type { FleetEvent } from './events.ts';
import { type Outlets, openOutlets } from './outlets.ts';
import { inOrder, type Step, stopDeadlineMs } from './shutdown.ts';

/** Why it ended by itself. */
export type Ended = 'root_lost' | 'lock_lost' | 'supervisor_failed';
export interface Vigia {
  /** Where the control API listens. */
  readonly url: string;
  /**
   * Ends everything in order, without a logout. From now on it is not ready, commands are refused, and
   * clients are notified. Resolves when nothing is left open; rejects then if a step failed.
   */
  stop(): Promise<void>;
  /** The step of the shutdown that `stop` waits for. */
  endingAt(): string | undefined;
  /** Resolves after the first scan of the directory. */
  readonly looked: Promise<void>;
  /** The answer of `/livez`. */
  isAlive(): boolean;
  counts(): { readonly connected: number; readonly sessions: number };
  /** Resolves when it ended by itself; the process should then end too. */
  readonly ended: Promise<Ended>;
}

/** A listener that fails must not stop the others, nor end the process. */
const distributor = (listeners: readonly ((e: FleetEvent) => unknown)[], log: Log) => (event: FleetEvent) => {
  for (const listener of listeners) {
    void (async () => listener(event))().catch((err: unknown) =>
      log('listener.failed', { err, handled: event.type }),
    );
  }
};

/** A session that connects sends what waits, and a logout removes the content of its messages. */
const followMessages = async (
  { messages }: Core,
  alerts: Outlets['messageAlerts'],
  e: FleetEvent,
): Promise<void> => {
  if (e.type === 'session.gone') return messages.erase(e.org);
  if (e.type !== 'session.reported' || e.view.state !== 'connected') return;
  if (e.previousState === 'connected') return;
  alerts.checkRestriction(e.org);
  messages.wake(e.org);
};

const listenersOf = (
  core: Core,
  { health, control, alerting, metrics, messageAlerts, onScan }: Outlets,
  log: Log,
  scanEveryMs: number,
) => [
  logSessions(log, scanEveryMs, messageOfReason),
  health.onEvent,
  control.onEvent,
  alerting.onEvent,
  metrics.onEvent,
  (e: FleetEvent) => (isScanEvent(e) ? onScan(e) : undefined),
  core.supervision.follow,
  (e: FleetEvent) => followMessages(core, messageAlerts, e),
  (e: FleetEvent) => (isHistoryFact(e) ? core.history.onEvent(e) : undefined),
  (e: FleetEvent) => (e.type === 'version.refused' ? core.renewVersion() : undefined),
];

const endOf = ({ supervision: { supervisor } }: Core, log: Log): Promise<Ended> =>
  new Promise((resolve) => {
    supervisor.on('root.lost', () => void toPromise(supervisor).finally(() => resolve('root_lost')));
    supervisor.subscribe({
      error: (err) => {
        log('supervisor.failed', { err });
        resolve('supervisor_failed');
      },
    });
  });

/** Sessions end before what records them, and the lock is released last. */
const stepsOf = (
  { storage, supervision, history, messages }: Core,
  { alerting, delivery, messageAlerts, control }: Outlets,
): readonly Step[] => [
  { name: 'requests in flight', run: () => control.drain(Date.now() + stopDeadlineMs) },
  { name: 'sessions', run: supervision.shutDown },
  { name: 'journal of the keys', run: async () => void (await storage.journal.close()) },
  { name: 'messages', run: messages.close },
  { name: 'history', run: history.close },
  {
    name: 'alerts',
    run: async () => {
      messageAlerts.close();
      await alerting.close();
    },
  },
  { name: 'deliveries', run: delivery.close },
  { name: 'control clients', run: control.close },
  { name: 'database', run: () => storage.database.close() },
  { name: 'lock', run: () => storage.lock.release() },
];

/** What the program, a test or a benchmark puts in place of the default. */
export interface Replacements {
  readonly disk?: Disk;
  /** Replaces the socket of the real client. */
  readonly connect?: typeof openSocket;
  /** The lines that the output of the log has dropped. Default: none. */
  readonly logLines?: () => DroppedLines;
}

/** Rejects with an error whose message is for the operator (a lock that is held, an address in use, ...). */
export const startVigia = async (
  config: Config,
  log: Log,
  { disk = nodeDisk(), connect, logLines = () => ({ dropped: 0, isDropping: false }) }: Replacements = {},
): Promise<Vigia> => {
  let draining = false;
  const core = await openCore({ config, log, disk, openSocket: connect });
  const outlets = await openOutlets({ config, log, core, logLines, isDraining: () => draining });
  const { health, control } = outlets;
  const { sessions, supervisor, gate, requestScan } = core.supervision;

  const distribute = distributor(listenersOf(core, outlets, log, config.SCAN_INTERVAL_MS), log);
  supervisor.on('*', distribute);
  const ended = endOf(core, log);
  log('server.started', { url: control.url });
  log('root.opened', { directory: core.storage.layout.root });
  supervisor.start();
  gate()?.on('*', (event) => {
    if (event.type !== 'slot.granted') distribute(event);
  });
  const stopWatching = watchRoot(core.storage.layout.root, requestScan, log);
  const lockWatch = watchLock(core.storage.lock, log);
  void core.renewVersion();
  await core.messages.start();

  void health.looked.then(() => {
    const { roster } = supervisor.getSnapshot().context;
    const unknown = Object.keys(config.proxies.organizations).filter((org) => !roster.has(org));
    if (unknown.length > 0)
      log('proxy_file.unknown_organizations', { count: unknown.length, examples: unknown.slice(0, 20) });
  });

  const shutdown = inOrder(stepsOf(core, outlets), log);
  return {
    url: control.url,
    ended: Promise.race([ended, lockWatch.lost.then((): Ended => 'lock_lost')]),
    looked: health.looked,
    isAlive: health.isAlive,
    counts: () => ({ connected: supervisor.getSnapshot().context.live, sessions: sessions.size() }),
    endingAt: shutdown.at,
    stop: () => {
      draining = true;
      stopWatching();
      lockWatch.stop();
      return shutdown.run();
    },
  };
};
