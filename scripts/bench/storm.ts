/**
 * All sessions lose their connections in one tick, are stopped, and end together: how long does a turn of the
 * event loop become?
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '../../test/support/client.ts';
import { apiKey, ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { atMost, type Benchmark, median } from './benchmark.ts';
import type { Logged, Step } from './storm-program.ts';
import { openGate, patienceMs, seed, stormOfReal } from './storm-real.ts';
import type { Turns } from './turns.mjs';

type Storm = 'drop' | 'stop' | 'end';
type Measured = Readonly<Record<Storm, Turns>>;
const rounds = 3;
const listeners = 3;
/** A client may have 32 requests in flight. */
const inFlight = 30;
/**
 * Real connections cost the fake server and this one as much again: with more of them a run takes too long.
 */
const maxReal = 1_000;
const blockedMs = 100;
type IsIt = (from: unknown, to: string | undefined) => boolean;
/**
 * Waits until everyone who listens has been told of this change of every session, and sees that it was once.
 */
const hearAll = async (clients: readonly Client[], sessions: number, what: string, isIt: IsIt) => {
  const reported = ({ events }: Client) =>
    events.filter(({ data }) => isIt(data['previousState'], data.session?.state)).map(({ orgId }) => orgId);
  await until(
    `all to be told: ${what}`,
    () => clients.every((client) => reported(client).length >= sessions),
    patienceMs,
  );
  for (const client of clients) {
    const orgs = reported(client);
    if (orgs.length !== sessions || new Set(orgs).size !== sessions)
      throw new Error(
        `${what}: ${orgs.length} changes of ${new Set(orgs).size} sessions were told, of ${sessions}`,
      );
    client.events.length = 0;
  }
};

/** With connections that are not real. */
const imitated = async (name: 'vigia' | 'native', sessions: number): Promise<Measured> => {
  const harness = await ProgramHarness.at('wss://127.0.0.1:1', openGate);
  if (name === 'vigia') await seed(harness, sessions);
  const child = fork(fileURLToPath(new URL('storm-program.ts', import.meta.url)), [name, String(sessions)], {
    execArgv: ['--import', 'tsx'],
    env: {
      PATH: process.env['PATH'] ?? '',
      AUTH_DIR: harness.root,
      POLICY_FILE: join(harness.root, '../policy.json'),
      WHATSAPP_WS_URL: 'wss://127.0.0.1:1',
      API_KEY: apiKey,
      HOST: '127.0.0.1',
      PORT: '0',
      MAX_REQUESTS_PER_10_SECONDS: '100000',
    },
  });
  const logged: Logged[] = [];
  child.on('message', (one) => void logged.push(one as Logged));
  const exited = once(child, 'exit');
  const onMessage = (what: string, isIt: (one: Logged) => boolean) =>
    until(
      what,
      () => {
        if (child.exitCode !== null) throw new Error(`${name} ended while it was waited for: ${what}`);
        const at = logged.findIndex(isIt);
        return at === -1 ? undefined : logged.splice(at, 1)[0];
      },
      patienceMs,
    );
  const after = async (step: Step) => {
    child.send(step);
    return (await onMessage(step, (one) => one.type === 'done' && one.step === step)) as Extract<
      Logged,
      { type: 'done' }
    >;
  };
  const measure = async (): Promise<Turns> => {
    const { turns } = await after('measure');
    if (turns === undefined) throw new Error(`${name} did not say how long its turns were`);
    return turns;
  };
  const allBack = () =>
    until('all to be back', async () => (await after('measure')).connected === sessions, patienceMs);
  const clients: Client[] = [];
  try {
    const ready = (await onMessage('all to be connected', ({ type }) => type === 'ready')) as Extract<
      Logged,
      { type: 'ready' }
    >;
    for (let n = 0; name === 'vigia' && n < listeners; n += 1)
      clients.push(await Client.connect(ready.url, apiKey));
    await after('drop');
    await hearAll(clients, sessions, 'lost', (from, to) => from === 'connected' && to === 'retrying');
    const drop = await measure();
    await allBack();
    for (const { events } of clients) events.length = 0;

    const [operator] = clients;
    const commandAll = async (method: string) => {
      let next = 1;
      const one = async () => {
        while (next <= sessions) await operator?.call(method, { orgId: String(next++) });
      };
      await Promise.all(Array.from({ length: inFlight }, one));
    };
    await after('measure');
    if (operator) await commandAll('session.stop');
    else await after('stop');
    await hearAll(clients, sessions, 'stopped', (from, to) => from === 'connected' && to === 'idle');
    const stop = await measure();
    if (operator) {
      await commandAll('session.restore');
      await allBack();
    }
    await after('end');
    return { drop, stop, end: await measure() };
  } finally {
    for (const client of clients) client.close();
    child.kill('SIGKILL');
    await exited;
    await harness.close();
  }
};

const row = (sessions: number, name: string, of: Partial<Record<Storm | 'back', Turns>>) => {
  const cell = (turns: Turns | undefined) =>
    turns ? `${turns.ownMs.toFixed(0)} (${turns.wallMs.toFixed(0)})` : '';
  return {
    'longest turn ms': name,
    sessions,
    'all drop in one tick': cell(of.drop),
    'all come back': cell(of.back),
    'all are stopped by command': cell(of.stop),
    'the end': cell(of.end),
  };
};

export const storm: Benchmark = {
  doc: 'all sessions dropping in one tick, being stopped, and ending: the longest turn of the event loop',
  about: `
The benchmark measures the longest turn in which the event loop does nothing else. *Vigía* is the whole program (supervisor, records, log, events
with ${listeners} subscribers, alerts, history, metrics) on simulated connections. *Native children* are the same session machines as children of one XState
machine, without listeners. *Real connections* is the built program with Baileys and the fake server, with at most ${maxReal.toLocaleString('en')} TCP connections that are
all reset at once. The first figure is the CPU time of the main thread in that turn. The figure in brackets is wall time, with other
processes. The benchmark fails unless every subscriber receives the events of every session once, and all sessions come back without a double
login or a logout.`,
  sessions: 2_000,
  run: async ({ sessions, say }) => {
    const measured = { native: [] as Measured[], vigia: [] as Measured[] };
    for (let round = 1; round <= rounds; round += 1) {
      for (const name of ['native', 'vigia'] as const) {
        const one = await imitated(name, sessions);
        measured[name].push(one);
        say(
          `round ${round}, ${name}: drop ${one.drop.ownMs.toFixed(0)}, stop ` +
            `${one.stop.ownMs.toFixed(0)}, end ${one.end.ownMs.toFixed(0)} ms`,
        );
      }
    }
    const middle = (name: 'vigia' | 'native', step: Storm): Turns => {
      const of = (pick: (turns: Turns) => number) => median(measured[name].map((one) => pick(one[step])));
      return { wallMs: of((t) => t.wallMs), ownMs: of((t) => t.ownMs), p99Ms: of((t) => t.p99Ms) };
    };
    const summary = (name: 'vigia' | 'native') => ({
      drop: middle(name, 'drop'),
      stop: middle(name, 'stop'),
      end: middle(name, 'end'),
    });
    const [vigia, native] = [summary('vigia'), summary('native')];
    const many = Math.min(sessions, maxReal);
    say(`${many} real connections …`);
    const real = await stormOfReal(many);
    const ratio = (step: Storm) => `${(vigia[step].ownMs / native[step].ownMs).toFixed(2)} ×`;
    return {
      rows: [
        row(sessions, 'Vigía', vigia),
        row(sessions, 'native children', native),
        row(many, 'Vigía, real connections', real),
      ],
      notes: [
        `Against native children: ${ratio('drop')} for the drop and ${ratio('end')} for the end, ` +
          `although these have no listeners. Medians of ${rounds} rounds.`,
        `Sessions are stopped by \`session.stop\`, ${inFlight} at a time as a client may; native children in one tick.`,
        'Two logins of one device at once: 0. Logouts: 0.',
      ],
      aims: [
        atMost('longest turn, all drop', blockedMs, vigia.drop.ownMs, 'ms'),
        atMost('longest turn, all are stopped', blockedMs, vigia.stop.ownMs, 'ms'),
        atMost('longest turn, the end', blockedMs, vigia.end.ownMs, 'ms'),
        atMost('longest turn, real connections drop', blockedMs, real.drop.ownMs, 'ms'),
        atMost('longest turn, the end of real connections', blockedMs, real.end.ownMs, 'ms'),
      ],
      data: { vigia, native, real, realSessions: many },
    };
  },
};
