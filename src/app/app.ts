/**
 * The composition root: with its neighbours in this folder the only code that knows everyone. It contains no policy: it plugs
 * the disk, the real client, the log and the control API into the machines, and hands what the supervisor says to all who
 * listen, so that they can never disagree.
 */
import { toPromise } from 'xstate';
import { viewOf } from '../../machines/session/context.ts';
import { defaultAlertPolicy } from '../alerts/catalogue.ts';
import { build } from '../base/build.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import { createFeed } from '../control/feed/feed.ts';
import type { Disk } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import { isHistoryFact } from '../history/entry.ts';
import { openHistory } from '../history/history.ts';
import { logSessions } from '../log/session-log.ts';
import { messageOfReason } from '../protocol/reasons.ts';
import { watchRoot } from '../sessions/root-watcher.ts';
import type { openSocket } from '../whatsapp/socket.ts';
import { startAlerts } from './alerts.ts';
import { startControl } from './control.ts';
import { startDelivery } from './delivery.ts';
import type { FleetEvent } from './events.ts';
import { watchHealth } from './health.ts';
import { startMetrics } from './metrics.ts';
import { inOrder, stopDeadlineMs } from './shutdown.ts';
import { openStorage } from './storage.ts';
import { supervise } from './supervise.ts';
import { openWhatsApp } from './whatsapp.ts';

export interface Vigia {
  /** Where the control API listens. */
  readonly url: string;
  /**
   * Ends everything in order, without logging anybody out: from now on it is not ready, commands are refused, and clients know.
   * Resolves when nothing is left open; rejects then when a part of it could not be done as it should.
   */
  stop(): Promise<void>;
  /** What `stop` is waiting for. */
  endingAt(): string | undefined;
  /** Resolves when the directory has been looked at for the first time. */
  readonly looked: Promise<void>;
  /** What `/livez` says. */
  isAlive(): boolean;
  counts(): { readonly connected: number; readonly sessions: number };
  /** Resolves when it ended by itself, with the reason; the process should then end too. */
  readonly ended: Promise<'root_lost' | 'supervisor_failed'>;
}

/** After the archive has been asked for, a logout may take as long as a slow disk. */
const archiveDeadlineMs = 15_000;

/** Rejects with an error whose message is for the operator (a lock that is held, an address in use, ...). */
export const startVigia = async (config: Config, log: Log, disk: Disk = nodeDisk(), connect?: typeof openSocket): Promise<Vigia> => {
  const { policy } = config;
  const now = () => Date.now();
  const storage = await openStorage(config.AUTH_DIR, disk, now, log);
  const { layout, lock } = storage;
  const { versions, connections, patchStates } = await openWhatsApp({
    config,
    storage,
    log,
    now,
    onReplaced: () => hint(),
    ...(connect && { openSocket: connect }),
  });
  const supervision = supervise({
    ...storage,
    connections,
    policy,
    clock: { now },
    random: Math.random,
    build,
    scanEveryMs: config.SCAN_INTERVAL_MS,
    archiveDeadlineMs,
  });
  const { sessions, supervisor, hint } = supervision;

  const history = openHistory({
    table: storage.database.table('history'),
    log: log.child({ part: 'history' }),
    isKnown: (org) => sessions.actor(org) !== undefined,
    now,
  });

  const feed = createFeed();
  let draining = false;
  const health = watchHealth(
    {
      isActive: supervision.isActive,
      unwritable: () => supervisor.getSnapshot().context.unwritable.size,
      isGateHeld: () => supervision.gate()?.getSnapshot().context.held ?? false,
      database: storage.database.status,
      isDraining: () => draining,
    },
    config.SCAN_INTERVAL_MS,
  );
  const alerting = await startAlerts({
    policy: { ...defaultAlertPolicy, ...config.alerts },
    table: storage.database.table('alerts'),
    log,
    publish: feed.publish,
    deliver: (notice, events) => delivery.deliver(notice, events),
  });
  const delivery = startDelivery({
    config,
    table: storage.database.table('outbox'),
    log,
    feed,
    health: (endpoint, isWell) => alerting.onEvent({ type: isWell ? 'webhook.well' : 'webhook.failing', endpoint }),
    attempted: (endpoint, { kind }, durationMs) => metrics.attempted(endpoint, kind, durationMs),
    alerts: () => alerting.alerts.list(),
    alive: health.isAlive,
  });
  const metrics = startMetrics({
    config,
    feed,
    database: storage.database,
    alertsFiring: alerting.firing,
    outbox: delivery.counts,
    patches: () => patchStates,
    wsConnections: () => control.connections(),
  });
  const control = await startControl({
    config,
    storage,
    log,
    feed,
    alerts: alerting.alerts,
    webhooks: delivery.webhooks,
    supervision: {
      list: () => [...sessions.all()].filter(([, s]) => s.context.reported).map(([, s]) => viewOf(s.context)),
      get: (org) => {
        const context = sessions.actor(org)?.getSnapshot().context;
        return context?.reported ? viewOf(context) : undefined;
      },
      command: supervision.executeCommand,
      pairingOf: (org) => {
        const code = sessions.actor(org)?.getSnapshot().context.shownCode;
        return code && code.expiresAt > now() ? code : undefined;
      },
      draining: () => draining,
    },
    history,
    health,
    metrics,
  });

  const renewVersion = async () => {
    if (await versions.renew()) supervisor.send({ type: 'version.renewed' });
  };
  const listeners: readonly ((e: FleetEvent) => unknown)[] = [
    logSessions(log, config.SCAN_INTERVAL_MS, messageOfReason),
    health.onEvent,
    control.onEvent,
    alerting.onEvent,
    metrics.onEvent,
    supervision.follow,
    (e) => (isHistoryFact(e) ? history.onEvent(e) : undefined),
    (e) => (e.type === 'version.refused' ? renewVersion() : undefined),
  ];
  const dispatch = (event: FleetEvent) => {
    // one that fails must not silence the others, nor end the process
    for (const listener of listeners) {
      void (async () => listener(event))().catch((err: unknown) => log('listener.failed', { err, event: event.type }));
    }
  };
  supervisor.on('*', dispatch);
  const ended = new Promise<'root_lost' | 'supervisor_failed'>((resolve) => {
    supervisor.on('root.lost', () => void toPromise(supervisor).finally(() => resolve('root_lost')));
    supervisor.subscribe({
      error: (err) => {
        log('supervisor.failed', { err });
        resolve('supervisor_failed');
      },
    });
  });

  log('server.started', { url: control.url });
  log('root.opened', { directory: layout.root });
  supervisor.start();
  supervision.gate()?.on('*', (event) => {
    if (event.type !== 'slot.granted') dispatch(event);
  });
  const stopWatching = watchRoot(layout.root, hint, log);
  void renewVersion();

  const ending = inOrder(
    [
      { name: 'requests in flight', run: () => control.drain(now() + stopDeadlineMs) },
      { name: 'sessions', run: supervision.shutDown },
      { name: 'journal of the keys', run: async () => void (await storage.journal.close()) },
      { name: 'history', run: history.close },
      { name: 'alerts', run: alerting.close },
      { name: 'deliveries', run: delivery.close },
      { name: 'control clients', run: control.close },
      { name: 'database', run: () => storage.database.close() },
      { name: 'lock', run: () => lock.release() },
    ],
    log,
  );
  return {
    url: control.url,
    ended,
    looked: health.looked,
    isAlive: health.isAlive,
    counts: () => ({ connected: supervisor.getSnapshot().context.live, sessions: sessions.size() }),
    endingAt: ending.at,
    stop: () => {
      draining = true;
      stopWatching();
      return ending.run();
    },
  };
};
