/** The sessions and all they need: the disk, the connections to WhatsApp, the machines and the history. */
import { viewOf } from '../../machines/session/context.ts';
import { build } from '../base/build.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/config.ts';
import type { Disk } from '../disk/disk.ts';
import { openHistory } from '../history/history.ts';
import type { openSocket } from '../whatsapp/socket.ts';
import { openMessaging } from './messages.ts';
import { openStorage } from './storage.ts';
import { supervise } from './supervise.ts';
import { openWhatsApp } from './whatsapp.ts';

/** After the archive was requested, a logout may take as long as a slow disk. */
const archiveDeadlineMs = 15_000;

export interface CoreDeps {
  readonly config: Config;
  readonly log: Log;
  readonly disk: Disk;
  /** Replaces the socket of the real client in a benchmark. */
  readonly openSocket: typeof openSocket | undefined;
}
export type Core = Awaited<ReturnType<typeof openCore>>;

/** Rejects with an error whose message is for the operator. */
export const openCore = async ({ config, log, disk, openSocket: socketOf }: CoreDeps) => {
  const now = () => Date.now();
  const storage = await openStorage(config.AUTH_DIR, disk, now, log, config.policy.copyQuietMs);
  const messages = await openMessaging({
    config,
    storage,
    log,
    sender: (org) => connections.sender(org),
    sessionState: (org) => {
      const context = supervision.sessions.actor(org)?.getSnapshot().context;
      return context?.reported ? viewOf(context).state : undefined;
    },
  });
  const { versions, connections, patchStates } = await openWhatsApp({
    config,
    messages: messages.door,
    storage,
    log,
    now,
    onReplaced: () => supervision.requestScan(),
    openSocket: socketOf,
  });
  const supervision = supervise({
    ...storage,
    connections,
    policy: config.policy,
    clock: { now },
    random: Math.random,
    build,
    scanEveryMs: config.SCAN_INTERVAL_MS,
    archiveDeadlineMs,
  });
  const history = openHistory({
    table: storage.database.table('history'),
    log: log.child({ part: 'history' }),
    isKnown: (org) => supervision.sessions.actor(org) !== undefined,
    now,
  });
  const renewVersion = async (): Promise<void> => {
    if (await versions.renew()) supervision.supervisor.send({ type: 'version.renewed' });
  };
  return {
    ...{ storage, supervision, history, messages, patchStates, renewVersion },
    unreadable: connections.unreadable,
  };
};
