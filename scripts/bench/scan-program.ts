/**
 * Two looks at a directory of sessions, and what was found taken up, in a process of its own: the scanner of
 * the program, or a loop that lists, stats and reads without letting anybody in between. Arguments: which,
 * directory.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createActor, fromCallback, fromPromise } from 'xstate';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type {
  ConnectionInput,
  ConnectionOrder,
  Found,
  SaveRecordInput,
  Scan,
} from '../../machines/domain/ports.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { createFleet } from '../../machines/supervisor/fleet.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';
import { open } from '../../test/sessions/real-root.ts';
import { until } from '../../test/support/until.ts';
import { measureTurns, type Turns } from './turns.mjs';

export interface Looked extends Turns {
  readonly seconds: number;
  readonly cpuMs: number;
}
export interface Logged {
  readonly found: number;
  readonly first: Looked;
  /** Nothing has changed since. */
  readonly again: Looked;
  /**
   * What the first look found, taken up by supervisor and fleet. Only of the scanner, and of as many as the
   * fleet is meant for.
   */
  readonly adopted: Looked | undefined;
}
const mostAdopted = 10_000;
/** Until the garbage of what came before is no longer in the way. */
const restMs = 500;

const turns = measureTurns();
const timed = async <T>(work: () => T | Promise<T>): Promise<readonly [T, Looked]> => {
  await wait(restMs);
  turns.take();
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(before);
  await wait(restMs);
  return [result, { ...turns.take(), seconds, cpuMs: (user + system) / 1_000 }];
};

const adopt = async (found: readonly Found[]): Promise<void> => {
  const session = sessionMachine.provide({
    actors: {
      connection: fromCallback<ConnectionOrder, ConnectionInput>(() => undefined),
      saveRecord: fromPromise<void, SaveRecordInput>(async () => undefined),
    },
  });
  const fleet = createFleet(session, { later: (run) => setImmediate(run) });
  const scan = fromPromise<Scan>(async () => ({ rootSeen: true, startedAt: Date.now(), found }));
  const supervisor = createActor(
    supervisorMachine.provide({
      actors: { fleet: fleet.logic, scan, settle: fromPromise<void>(fleet.emptied) },
    }),
    {
      input: {
        policy: defaultPolicy,
        clock: { now: Date.now },
        random: Math.random,
        build: '0',
        scanEveryMs: 3_600_000,
      },
    },
  );
  supervisor.start();
  await until('all to be taken up', () => fleet.sessions.size() === found.length);
  supervisor.stop();
  await fleet.emptied();
};

const vigia = async (root: string): Promise<Logged> => {
  const { scan, lock } = await open(root);
  const [{ found }, first] = await timed(scan);
  const [, again] = await timed(scan);
  lock.release();
  const sound = found.filter(({ stored }) => stored === 'restorable');
  const [, adopted] = found.length > mostAdopted ? [] : await timed(() => adopt(sound));
  return { found: sound.length, first, again, adopted };
};
const naive = async (root: string): Promise<Logged> => {
  const look = () =>
    readdirSync(root).filter((name) => {
      if (name.startsWith('.')) return false;
      const file = join(root, name, 'creds.json');
      return (
        statSync(file).isFile() &&
        (JSON.parse(readFileSync(file, 'utf8')) as { me?: unknown }).me !== undefined
      );
    });
  const [found, first] = await timed(look);
  const [, again] = await timed(look);
  return { found: found.length, first, again, adopted: undefined };
};

const [, , name = '', root = ''] = process.argv;
process.send?.(await (name === 'vigia' ? vigia : naive)(root));
process.disconnect?.();
