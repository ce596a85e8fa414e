/**
 * The machines, plugged: sessions into records, pairings, archive and connections; the supervisor into the
 * scan. The program and the simulation of a fleet both start here, so the simulation runs the same code.
 */
import { createActor, fromPromise, toPromise } from 'xstate';
import type { Policy } from '../../machines/domain/policy.ts';
import type { Found, Org, SaveRecordInput, Scan } from '../../machines/domain/ports.ts';
import type { GateRef } from '../../machines/gate/gate.machine.ts';
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { Clock, Random } from '../../machines/session/context.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { createExecuteCommand } from '../../machines/supervisor/execute-command.ts';
import { createFleet } from '../../machines/supervisor/fleet.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';
import type { openConnections } from '../whatsapp/connections.ts';
import type { Storage } from './storage.ts';

export interface SupervisionParts extends Pick<Storage, 'records' | 'pairings' | 'archive' | 'scan'> {
  readonly connections: ReturnType<typeof openConnections>;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly build: string;
  readonly scanEveryMs: number;
  /** After the archive was requested, a logout may take as long as a slow disk. */
  readonly archiveDeadlineMs: number;
}
type PairingReported = Extract<SupervisorEmitted, { type: 'pairing.reported' }>;

/** The machine of a session with its ports: connection, record, finished pairing, archive. */
const sessionLogic = ({ connections, records, pairings, archive }: SupervisionParts) =>
  sessionMachine.provide({
    actors: {
      connection: connections.logic,
      saveRecord: fromPromise<void, SaveRecordInput>(({ input }) => records.save(input)),
      promote: fromPromise<Found, { readonly org: Org; readonly pairingId: string }>(
        async ({ input: { org, pairingId } }) => {
          await connections.closed(org);
          return pairings.promote(org, pairingId);
        },
      ),
      archive: fromPromise<void, { readonly org: Org }>(async ({ input: { org } }) => {
        await connections.closed(org);
        await archive.archive(org);
      }),
    },
  });

/** Handles the events that need work beyond reporting. */
const followUp = ({ connections, pairings }: SupervisionParts) => {
  /**
   * Removes the directory of a failed pairing. A pairing that could not be moved into place is finished by a
   * later scan.
   */
  const tidyPairing = async ({ org, update }: PairingReported): Promise<void> => {
    const { status, pairingId, ...rest } = update;
    if (status !== 'expired' && status !== 'cancelled' && status !== 'failed') return;
    await connections.closed(org);
    if ('reason' in rest && rest.reason === 'storage') pairings.release(pairingId);
    else await pairings.discard(pairingId);
  };
  return (e: SupervisorEmitted | GateEmitted): Promise<void> | undefined => {
    if (e.type === 'pairing.reported') return tidyPairing(e);
    if (e.type === 'session.crashed' && e.view.pairing) pairings.release(e.view.pairing.id);
    return undefined;
  };
};

/** The last steps of a shutdown, one after the other. `waitingFor` names the step that is not done. */
const createSettling = (steps: readonly (readonly [name: string, run: () => Promise<unknown>])[]) => {
  let waitingFor: string | undefined;
  return {
    run: async () => {
      for (const [name, run] of steps) {
        waitingFor = name;
        await run();
      }
      waitingFor = undefined;
    },
    waitingFor: () => waitingFor,
  };
};

export const supervise = (parts: SupervisionParts) => {
  const { connections, records, policy, clock, random, build, scanEveryMs } = parts;
  const fleet = createFleet(sessionLogic(parts), { later: (run) => setImmediate(run) });
  const { sessions } = fleet;
  const scan = (): Promise<Scan> => {
    const all = [...sessions.all()];
    const live = all.filter(([, snapshot]) => snapshot.matches('live')).map(([org]) => org);
    return parts.scan({ loaded: new Set(all.map(([org]) => org)), live: new Set(live) });
  };
  const settling = createSettling([
    ['sessions', () => fleet.emptied()],
    ['sockets of WhatsApp', () => connections.allClosed()],
    ['records of the sessions', () => records.drained()],
  ]);
  const supervisor = createActor(
    supervisorMachine.provide({
      actors: { fleet: fleet.logic, scan: fromPromise<Scan>(scan), settle: fromPromise<void>(settling.run) },
    }),
    { input: { policy, clock, random, build, scanEveryMs } },
  );
  const executeCommand = createExecuteCommand({
    supervisor,
    sessions,
    now: clock.now,
    lookUp: async (org) => {
      const read = await records.read(org);
      const record =
        read.kind === 'record' ? { record: read.record } : { recordUnreadable: read.kind === 'unreadable' };
      return { org, stored: 'absent', fingerprint: '', ...record };
    },
    logoutDeadlineMs: policy.unlinkMs + parts.archiveDeadlineMs,
  });

  return {
    sessions,
    supervisor,
    executeCommand,
    follow: followUp(parts),
    requestScan: () => supervisor.send({ type: 'scan.requested' }),
    /** Undefined before the supervisor has started. */
    gate: () => supervisor.system.get('gate') as GateRef | undefined,
    isActive: () => supervisor.getSnapshot().status === 'active',
    /**
     * Ends the sessions without a logout. Resolves when every socket is closed and every record written;
     * rejects when time ran out.
     */
    shutDown: async (): Promise<void> => {
      if (supervisor.getSnapshot().status === 'active') {
        const done = toPromise(supervisor);
        supervisor.send({ type: 'shutdown' });
        await done;
      }
      const unsettled = settling.waitingFor();
      if (unsettled !== undefined) throw new Error(`not done in time: ${unsettled}`);
    },
  };
};
