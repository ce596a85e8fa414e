/**
 * One arrangement of the sessions in the storm benchmark, in a process of its own, with connections that are
 * not real:
 *
 *   vigia the whole program as it runs: supervisor, records, log, events, alerts, history, metrics, control
 *   API
 *   native  the same sessions as children of one machine, as XState suggests it, and nobody who listens
 */
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { assign, createActor, fromCallback, fromPromise, setup } from 'xstate';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type {
  ConnectionFact,
  ConnectionInput,
  ConnectionOrder,
  PermitInput,
  SaveRecordInput,
} from '../../machines/domain/ports.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { startVigia } from '../../src/app/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { openLog } from '../../src/log/log.ts';
import type { SocketOptions } from '../../src/whatsapp/socket.ts';
import { until } from '../../test/support/until.ts';
import { measureTurns, type Turns } from './turns.mjs';

export type Step = 'drop' | 'stop' | 'end' | 'measure';
export type Logged =
  | { readonly type: 'ready'; readonly url: string }
  /** What was asked for is done, or begun. `turns`: those since they were last measured. */
  | { readonly type: 'done'; readonly step: Step; readonly connected: number; readonly turns?: Turns };

/** What happened in one tick has been worked off, as far as nobody is told of it. */
const restMs = 1_000;
const connectMs = 5;
interface Arrangement {
  readonly url: string;
  readonly connected: () => number;
  /** Every connection ends in this tick. */
  readonly drop: () => void;
  readonly stop: () => void;
  readonly end: () => Promise<void>;
}
type Emit = (fact: ConnectionFact) => void;
const connects = (emit: Emit) =>
  setTimeout(() => {
    emit({ type: 'connection.opened', account: { id: '99900000001:1@s.whatsapp.net', name: null } });
    emit({ type: 'connection.caughtUp' });
  }, connectMs);
const dropAll = (sockets: Iterable<Emit>) => {
  for (const emit of [...sockets]) emit({ type: 'connection.closed', reason: 'network' });
};

const vigia = async (sessions: number): Promise<Arrangement> => {
  const read = readConfig(process.env, (file) => readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(read.problems.join(' '));
  const sockets = new Set<Emit>();
  const openSocket = ({ emit }: SocketOptions) => {
    sockets.add(emit);
    connects(emit);
    return {
      ping: async () => emit({ type: 'connection.pinged', ok: true }),
      unlink: async () => undefined,
      dispose: async () => void sockets.delete(emit),
    };
  };
  const log = openLog({ level: 'info', format: 'json', destination: createWriteStream('/dev/null') });
  const program = await startVigia(read.config, log, { connect: openSocket });
  const connected = () => program.counts().connected;
  await until('all to be connected', () => connected() === sessions, 120_000);
  return {
    url: program.url,
    connected,
    drop: () => dropAll(sockets),
    stop: () => undefined,
    end: program.stop,
  };
};

const native = async (sessions: number): Promise<Arrangement> => {
  const sockets = new Map<string, Emit>();
  const session = sessionMachine.provide({
    actors: {
      connection: fromCallback<ConnectionOrder, ConnectionInput>(({ input: { org }, sendBack, receive }) => {
        receive(({ type }) => {
          if (type === 'connection.open') {
            sockets.set(org, sendBack);
            connects(sendBack);
          }
          if (type === 'connection.ping') sendBack({ type: 'connection.pinged', ok: true });
        });
        return () => sockets.delete(org);
      }),
      permit: fromCallback<never, PermitInput>(({ sendBack }) =>
        sendBack({ type: 'permit.granted', counts: true }),
      ) as never,
      saveRecord: fromPromise<void, SaveRecordInput>(async () => undefined),
    },
  });
  const clock = { now: () => Date.now() };
  const { random } = Math;
  const orgs = Array.from({ length: sessions }, (_, n) => String(n + 1));
  const parent = setup({
    types: { context: {} as { readonly all: readonly { send(event: { type: 'session.stop' }): void }[] } },
    actors: { session },
  });
  const root = createActor(
    parent.createMachine({
      context: { all: [] },
      entry: assign({
        all: ({ spawn }) =>
          orgs.map((org) =>
            spawn('session', {
              id: org,
              input: {
                found: { org, stored: 'restorable', fingerprint: org },
                policy: defaultPolicy,
                clock,
                random,
                build: '0',
              },
            }),
          ),
      }),
    }),
  ).start();
  const { all } = root.getSnapshot().context;
  const connected = () =>
    Object.values(root.getSnapshot().children).filter((child) =>
      child?.getSnapshot().matches('live.connected' as never),
    ).length;
  await until('all to be connected', () => connected() === sessions, 120_000);
  return {
    url: '',
    connected,
    drop: () => dropAll(sockets.values()),
    stop: () => {
      for (const one of all) one.send({ type: 'session.stop' });
    },
    end: async () => void root.stop(),
  };
};

const [, , name = '', count = '0'] = process.argv;
const arrangement = await (name === 'vigia' ? vigia : native)(Number(count));
const turns = measureTurns();
const say = (logged: Logged) => process.send?.(logged);
const steps: Readonly<Record<Step, () => void | Promise<void>>> = {
  ...arrangement,
  measure: () => undefined,
};
let isOver = false;
process.on('message', (step: Step) => {
  void (async () => {
    await steps[step]();
    isOver ||= step === 'end';
    await wait(step === 'measure' ? 0 : restMs);
    const measured = step === 'measure' ? { turns: turns.take() } : {};
    say({ type: 'done', step, connected: isOver ? 0 : arrangement.connected(), ...measured });
  })();
});
process.on('disconnect', () => process.exit(0));
await wait(restMs);
say({ type: 'ready', url: arrangement.url });
