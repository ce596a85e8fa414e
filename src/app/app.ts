/**
 * The composition root: with its neighbours in this folder the only code that knows everyone. It contains no policy: it plugs
 * the disk, the real client, the log and the control API into the machines, and hands what the supervisor says to all who
 * listen, so that they can never disagree.
 */
import { createActor, fromPromise, toPromise } from 'xstate';
import { openDesk } from '../../machines/desk.ts';
import { createFleet } from '../../machines/fleet.ts';
import type { GateRef } from '../../machines/gate.machine.ts';
import type { GateEmitted } from '../../machines/gate.words.ts';
import type { Found, KeepInput, Org, Scan } from '../../machines/ports.ts';
import { viewOf } from '../../machines/session.context.ts';
import { sessionMachine } from '../../machines/session.machine.ts';
import { supervisorMachine } from '../../machines/supervisor.machine.ts';
import type { SupervisorEmitted } from '../../machines/supervisor.words.ts';
import { defaultAlertPolicy } from '../alerts/catalogue.ts';
import type { Config } from '../config/config.ts';
import { createFeed } from '../control/feed.ts';
import type { Disk } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import { isHeard } from '../history/entry.ts';
import { openHistory } from '../history/history.ts';
import type { Log } from '../log/log.ts';
import { tellStory } from '../log/story.ts';
import { sentenceOf } from '../protocol/reasons.ts';
import { watchRoot } from '../sessions/hint.ts';
import { startAlerts } from './alerts.ts';
import { build } from './build.ts';
import { startControl } from './control.ts';
import { startDelivery } from './delivery.ts';
import { startMetrics } from './metrics.ts';
import { openStorage } from './storage.ts';
import { openWhatsApp } from './whatsapp.ts';

/** What the supervisor and its gate say. */
export type Heard = SupervisorEmitted | Exclude<GateEmitted, { type: 'place.granted' }>;

export interface Vigia {
  /** Where the control API listens. */
  readonly url: string;
  /** Ends everything in order, without logging anybody out. Resolves when nothing is left open. */
  stop(): Promise<void>;
  /** Resolves when it ended by itself, with the reason; the process should then end too. */
  readonly ended: Promise<'root_lost' | 'supervisor_failed'>;
}

/** After the archive has been asked for, a logout may take as long as a slow disk. */
const archiveDeadlineMs = 15_000;

/** Rejects with an error whose message is a sentence for the operator (a lock that is held, an address in use, ...). */
export const startVigia = async (config: Config, log: Log, disk: Disk = nodeDisk()): Promise<Vigia> => {
  const { policy } = config;
  const now = () => Date.now();
  const warn = { warn: (message: string, fields: Readonly<Record<string, unknown>>) => log.warn(fields, message) };
  const storage = await openStorage(config.AUTH_DIR, disk, now, warn);
  const { layout, lock, records, archive, pairings } = storage;
  const hint = () => supervisor.send({ type: 'scan.hinted' });
  const { versions, connections } = await openWhatsApp({ config, storage, log, now, onReplaced: hint });

  const fleet = createFleet(
    sessionMachine.provide({
      actors: {
        connection: connections.logic,
        keep: fromPromise<void, KeepInput>(({ input }) => records.keep(input)),
        promote: fromPromise<Found, { readonly org: Org; readonly pairingId: string }>(async ({ input: { org, pairingId } }) => {
          await connections.closed(org);
          return pairings.promote(org, pairingId);
        }),
        archive: fromPromise<void, { readonly org: Org }>(async ({ input: { org } }) => {
          await connections.closed(org);
          await archive.archive(org);
        }),
      },
    }),
    { later: (run) => setImmediate(run) },
  );
  const { sessions } = fleet;
  const look = (): Promise<Scan> => {
    const all = [...sessions.all()];
    const live = all.filter(([, snapshot]) => snapshot.matches('live')).map(([org]) => org);
    return storage.scan({ loaded: new Set(all.map(([org]) => org)), live: new Set(live) });
  };
  const settle = async () => {
    await connections.allClosed();
    await records.drained();
  };
  const supervisor = createActor(
    supervisorMachine.provide({ actors: { fleet: fleet.logic, scan: fromPromise<Scan>(look), settle: fromPromise<void>(settle) } }),
    { input: { policy, chance: { now, random: Math.random }, build, scanEveryMs: config.SCAN_INTERVAL_MS } },
  );

  const history = openHistory({
    table: storage.database.table('history'),
    log: log.child({ part: 'history' }),
    isKnown: (org) => sessions.actor(org) !== undefined,
    now,
  });

  const feed = createFeed();
  const alive = () => supervisor.getSnapshot().status === 'active';
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
    health: (endpoint, isWell) => alerting.hear({ type: isWell ? 'webhook.well' : 'webhook.failing', endpoint }),
    attempted: (endpoint, { kind }, durationMs) => metrics.attempted(endpoint, kind, durationMs),
    alerts: () => alerting.alerts.list(),
    alive,
  });
  const metrics = startMetrics({
    config,
    feed,
    database: storage.database,
    alertsFiring: alerting.firing,
    outbox: delivery.counts,
    wsConnections: () => control.connections(),
  });
  let draining = false;
  const control = await startControl({
    config,
    storage,
    log,
    feed,
    alerts: alerting.alerts,
    webhooks: delivery.webhooks,
    supervision: {
      list: () => [...sessions.all()].filter(([, s]) => s.context.told).map(([, s]) => viewOf(s.context)),
      get: (org) => {
        const context = sessions.actor(org)?.getSnapshot().context;
        return context?.told ? viewOf(context) : undefined;
      },
      command: openDesk({
        supervisor,
        sessions,
        now,
        lookUp: async (org) => {
          const read = await records.read(org);
          const record = read.kind === 'record' ? { record: read.record } : { recordUnreadable: read.kind === 'unreadable' };
          return { org, stored: 'absent', fingerprint: '', ...record };
        },
        logoutDeadlineMs: policy.unlinkMs + archiveDeadlineMs,
      }),
      pairingOf: (org) => {
        const code = sessions.actor(org)?.getSnapshot().context.shownCode;
        return code && code.expiresAt > now() ? code : undefined;
      },
      draining: () => draining,
    },
    history,
    alive,
    metrics,
  });

  /** A pairing that came to nothing leaves its directory; one that could not be moved into place is finished by a later scan. */
  const tidyPairing = async ({ org, update: { status, pairingId, ...rest } }: Extract<SupervisorEmitted, { type: 'pairing.reported' }>) => {
    if (status !== 'expired' && status !== 'cancelled' && status !== 'failed') return;
    await connections.closed(org);
    if ('reason' in rest && rest.reason === 'storage') pairings.release(pairingId);
    else await pairings.discard(pairingId);
  };
  const renewVersion = async () => {
    if (await versions.renew()) supervisor.send({ type: 'version.renewed' });
  };
  const listeners: readonly ((e: Heard) => unknown)[] = [
    tellStory(log, config.SCAN_INTERVAL_MS, sentenceOf),
    control.hear,
    alerting.hear,
    metrics.hear,
    (e) => (e.type === 'pairing.reported' ? tidyPairing(e) : undefined),
    (e) => (isHeard(e) ? history.hear(e) : undefined),
    (e) => (e.type === 'version.refused' ? renewVersion() : undefined),
    (e) => (e.type === 'session.crashed' && e.view.pairing ? pairings.release(e.view.pairing.id) : undefined),
  ];
  const hear = (heard: Heard) => {
    // one that fails must not silence the others, nor end the process
    for (const listener of listeners) {
      void (async () => listener(heard))().catch((err: unknown) => log.error({ err, heard: heard.type }, 'a listener failed'));
    }
  };
  supervisor.on('*', hear);
  const ended = new Promise<'root_lost' | 'supervisor_failed'>((resolve) => {
    supervisor.on('root.lost', () => void toPromise(supervisor).finally(() => resolve('root_lost')));
    supervisor.subscribe({
      error: (err) => {
        log.fatal({ err }, 'the supervisor failed, ending');
        resolve('supervisor_failed');
      },
    });
  });

  log.info({ url: control.url }, 'server started');
  log.info({ directory: layout.root }, 'sessions are kept here');
  supervisor.start();
  (supervisor.system.get('gate') as GateRef | undefined)?.on('*', (said) => {
    if (said.type !== 'place.granted') hear(said);
  });
  const stopWatching = watchRoot(layout.root, hint, warn);
  void renewVersion();

  return {
    url: control.url,
    ended,
    stop: async () => {
      draining = true;
      stopWatching();
      await control.close();
      if (supervisor.getSnapshot().status === 'active') {
        const done = toPromise(supervisor);
        supervisor.send({ type: 'shutdown' });
        await done;
      }
      await history.close();
      await alerting.close();
      await delivery.close();
      await storage.database.close();
      lock.release();
    },
  };
};
