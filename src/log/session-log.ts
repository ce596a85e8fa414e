/** Logs the events of the sessions: what was found, restored and connected, and when the next scan is. */
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';
import type { Log } from '../base/log.ts';
import { masked } from './log.ts';

type LoggedEvent = SupervisorEmitted | GateEmitted;
type Of<T extends LoggedEvent['type']> = Extract<LoggedEvent, { type: T }>;
const why = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The line of a new state. */
const logState = (
  line: Log,
  view: SessionView,
  cause: string,
  messageOfReason: (reason: Reason) => string,
): void => {
  const error = view.lastError;
  const failure = { reason: error?.reason, statusCode: error?.statusCode };
  const lines: Readonly<Record<typeof view.state, () => void>> = {
    restoring: () => line('session.restoring', { cause }),
    connected: () => line('session.connected', { number: masked(view.account?.id ?? ''), cause }),
    retrying: () =>
      line('session.retrying', {
        ...failure,
        attempt: view.attempt,
        nextRetryInMs: Math.max(0, (view.nextRetryAt ?? view.since) - view.since),
      }),
    failed: () =>
      line('session.failed', { ...failure, why: error ? messageOfReason(error.reason) : undefined }),
    pairing: () => line('pairing.began', { method: view.pairing?.method }),
    idle: () =>
      line('session.idle', { desired: view.desired, credentials: view.credentials, reason: error?.reason }),
  };
  lines[view.state]();
};

/** `scanEveryMs` is logged once the restoration is complete. */
export const logSessions = (log: Log, scanEveryMs: number, messageOfReason: (reason: Reason) => string) => {
  let isFirstScan = true;
  let awaited = new Set<string>();
  const logRestored = () => log('restore.done', { nextLookInMs: scanEveryMs });
  const settled = (org: string) => {
    if (awaited.delete(org) && awaited.size === 0) logRestored();
  };

  const scanned = ({ found, adopted, dropped }: Of<'scan.done'>) => {
    log('scan.done', { found, adopted: adopted.length, dropped: dropped.length });
    if (!isFirstScan) {
      for (const org of adopted) log('session.detected', { org });
      return;
    }
    isFirstScan = false;
    awaited = new Set(adopted);
    log('restore.began', { sessions: adopted.length });
    if (adopted.length === 0) logRestored();
  };

  const session = ({ org, view, previousState, cause, durable }: Of<'session.reported'>) => {
    const line = log.child({ org });
    if (!durable) line('session.unrecorded', { cause });
    if (view.state === previousState) {
      if (view.liveness === 'suspect') line('session.suspect', { cause, writable: view.writable });
      if (view.liveness === 'deaf') line('session.deaf', { cause });
      return;
    }
    logState(line, view, cause, messageOfReason);
    if (view.state !== 'restoring') settled(org);
  };

  const loggers: { readonly [T in LoggedEvent['type']]: (e: Of<T>) => void } = {
    'session.reported': session,
    'pairing.reported': ({ org, update }) => {
      // the QR or the code itself is never logged
      const reason = 'reason' in update ? (update.reason ?? undefined) : undefined;
      log('pairing.updated', { org, status: update.status, reason, pairingId: update.pairingId });
    },
    'session.crashed': ({ org, error }) => {
      log('session.crashed', { org, why: why(error) });
      settled(org);
    },
    'session.gone': ({ org, unlinked }) => {
      log('session.logged_out', { org, unlinked });
      settled(org);
    },
    'session.dropped': ({ org }) => {
      log('session.removed', { org });
      settled(org);
    },
    'scan.done': scanned,
    'scan.failed': ({ error }) => log('scan.failed', { why: why(error) }),
    'fleet.frozen': ({ cause }) => log('fleet.frozen', { cause }),
    'fleet.thawed': () => log('fleet.thawed'),
    'root.lost': () => log('root.lost'),
    'outage.began': ({ cause, live }) => log('outage.began', { cause, stillConnected: live }),
    'outage.ended': () => log('outage.ended'),
    'version.refused': () => log('version.refused'),
    'slot.granted': () => {},
  };
  return (e: LoggedEvent): void => (loggers[e.type] as (e: LoggedEvent) => void)(e);
};
