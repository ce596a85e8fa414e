/**
 * A storm of changes to many subscribers: the control API against a bare broadcast loop, each in a process of
 * its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { until } from '../../test/support/until.ts';
import { atLeast, type Benchmark, median, quantile } from './benchmark.ts';
import type { CrowdMessage } from './control-crowd.ts';
import type { ServerCommand, ServerMessage } from './control-storm.ts';
import { cpuMsOf } from './process-cost.ts';

const subscribers = 200;
const slowOnes = 10;
const rounds = 3;
/**
 * About 7 MB for each subscriber: more than the buffers of the operating system and the bound on waiting
 * bytes together.
 */
const events = 10_000;
/**
 * Changes in one turn of the loop, and how far the server may be ahead of the slowest live client: well below
 * the bound of one.
 */
const perTurn = 10;
const ahead = 500;
const key = 'a-key-of-the-benchmark-only-0123';
const patienceMs = 300_000;
/**
 * Growth of memory, at most: 10 × 1 MiB that waits, the 8 MiB of the replay, and garbage that is not
 * collected yet.
 */
const memoryBoundMb = 200;

interface Round {
  readonly deliveredPerSecond: number;
  /** Processor time of the server, in microseconds for each event delivered to one client. */
  readonly cpuMicros: number;
  readonly grownMb: number;
  readonly slowCut: number;
  readonly latencies: readonly number[];
}
const start = <Message>(file: string, args: readonly string[], onMessage: (message: Message) => void) => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: ['--import', 'tsx'] });
  child.on('message', (message) => onMessage(message as Message));
  return child;
};
const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};
const kilobytesOf = (pid: number, field: string) =>
  Number(
    new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN,
  );

/** Sends one command after the other, as an operator would wait for each, until `stop`. */
const startOperator = (url: string) => {
  const latencies: number[] = [];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1`, {
    headers: { authorization: `Bearer ${key}` },
  });
  let isOver = false;
  let askedAt = 0;
  let id = 0;
  const ask = (method: string, params: object) => {
    id += 1;
    askedAt = performance.now();
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  };
  const ready = once(socket, 'open').then(() =>
    ask('initialize', { protocolVersion: '1.0', client: { name: 'bench', version: '1' } }),
  );
  socket.on('message', () => {
    if (id > 1) latencies.push(performance.now() - askedAt);
    if (!isOver)
      setTimeout(() => ask(id % 2 ? 'session.stop' : 'session.get', { orgId: String(1 + (id % 100)) }), 2);
  });
  return {
    ready,
    stop: () => {
      isOver = true;
      socket.terminate();
      return latencies;
    },
  };
};

const measure = async (name: 'vigia' | 'bare', sessions: number): Promise<Round> => {
  const slow = name === 'vigia' ? slowOnes : 0; // the bare loop would buffer all that they do not read
  let listening: string | undefined;
  let over: Extract<ServerMessage, { type: 'over' }> | undefined;
  let problem: string | undefined;
  let isReady = false;
  let slowGone = 0;
  const server = start<ServerMessage>('./control-storm.ts', [name, String(sessions), key], (message) => {
    if (message.type === 'listening') listening = message.url;
    else over = message;
  });
  const command = (message: ServerCommand) => server.send(message);
  const crowd: ChildProcess[] = [];
  try {
    const url = await until('the server to listen', () => listening);
    const clients = start<CrowdMessage>(
      './control-crowd.ts',
      [url, String(subscribers), String(slow), key],
      (message) => {
        if (message.type === 'ready') isReady = true;
        else if (message.type === 'seen') command(message);
        else if (message.type === 'failed') problem ??= message.problem;
        else slowGone = message.count;
      },
    );
    crowd.push(clients);
    await until('the subscribers', () => isReady, patienceMs);
    const operator = name === 'vigia' ? startOperator(url) : undefined;
    await operator?.ready;
    const pid = server.pid ?? 0;
    const [cpuBefore, rssBefore] = [cpuMsOf(pid), kilobytesOf(pid, 'VmRSS')];
    const expected = subscribers + (operator ? 1 : 0);
    command({ type: 'storm', events, ahead, perTurn, live: expected });
    const { ms, connections } = await until(
      'the storm to be over',
      () => {
        if (problem !== undefined) throw new Error(`${name}: ${problem}`);
        return over;
      },
      patienceMs,
    );
    const cpuMs = cpuMsOf(pid) - cpuBefore;
    const latencies = operator?.stop() ?? [];
    const grownMb = (kilobytesOf(pid, 'VmHWM') - rssBefore) / 1_024;
    if (connections !== expected)
      throw new Error(`${name}: ${connections} connections after the storm instead of ${expected}`);
    if (slow > 0) {
      clients.send('resume'); // now the clients that did not read notice their close
      await until('the slow clients to notice their close', () => slowGone === slow);
    }
    if (name === 'vigia' && grownMb > memoryBoundMb)
      throw new Error(`memory grew by ${grownMb.toFixed(0)} MB, more than ${memoryBoundMb}`);
    const delivered = events * subscribers;
    return {
      deliveredPerSecond: (delivered * 1_000) / ms,
      cpuMicros: (cpuMs * 1_000) / delivered,
      grownMb,
      slowCut: slowGone,
      latencies,
    };
  } finally {
    await Promise.all([server, ...crowd].map(end));
  }
};

export const control: Benchmark = {
  doc:
    `a storm of changes to ${subscribers} subscribers, against a bare ws broadcast that only serialises ` +
    'and sends',
  about: `
The benchmark publishes ${events.toLocaleString('en')} changes of sessions to ${subscribers} subscribers, and to ${slowOnes} more that never read. The API and a bare \`ws\` broadcast take turns, each
in a process of its own, at the pace of the slowest live subscriber. The broadcast serialises each event once and sends it to all; it has no
keys, topics or bounds. The benchmark fails unless every live subscriber receives every event once and in order, all ${slowOnes} that do not read are
disconnected, and memory grows by less than ${memoryBoundMb} MB. One operator sends commands meanwhile.

The API can be faster than the bare loop. Frames to one client within one turn of the event loop leave in one system call, and the loop needs one
for each event. Here ${perTurn} changes happen in a turn. With one change a turn there is nothing to gather: before frames were gathered, the ratio
was about 0.8.`,
  sessions: 1_000,
  run: async ({ sessions, say }) => {
    const measured = { bare: [] as Round[], vigia: [] as Round[] };
    for (let round = 1; round <= rounds; round += 1) {
      for (const name of ['bare', 'vigia'] as const) {
        const one = await measure(name, sessions);
        measured[name].push(one);
        say(
          `round ${round}, ${name}: ${Math.round(one.deliveredPerSecond).toLocaleString('en')} events ` +
            'delivered a second',
        );
      }
    }
    const summary = (name: 'bare' | 'vigia') => {
      const of = (pick: (round: Round) => number) => median(measured[name].map(pick));
      return {
        perSecond: of((r) => r.deliveredPerSecond),
        cpuMicros: of((r) => r.cpuMicros),
        grownMb: of((r) => r.grownMb),
      };
    };
    const [vigia, bare] = [summary('vigia'), summary('bare')];
    const latencies = measured.vigia.flatMap((round) => round.latencies);
    const ratio = vigia.perSecond / bare.perSecond;
    const row = (name: string, { perSecond, cpuMicros, grownMb }: typeof vigia) => ({
      [`${subscribers} subscribers × ${sessions} sessions`]: name,
      'events delivered a second': Math.round(perSecond).toLocaleString('en'),
      'server CPU µs/delivery': cpuMicros.toFixed(2),
      'memory grown MB': grownMb.toFixed(0),
    });
    return {
      rows: [row('control API', vigia), row('bare ws broadcast', bare)],
      notes: [
        `Processor time: ${(vigia.cpuMicros / bare.cpuMicros).toFixed(2)} × that of the bare loop. ` +
          `Medians of ${rounds} rounds each, in turns.`,
        `Every one of the ${subscribers} received all ${events.toLocaleString('en')} events once and in ` +
          `order. All ${slowOnes} that did not read were closed.`,
        `${latencies.length} commands answered meanwhile: p50 ${quantile(latencies, 0.5).toFixed(1)} ms, ` +
          `p99 ${quantile(latencies, 0.99).toFixed(1)} ms.`,
      ],
      aims: [atLeast('throughput against the bare loop', 0.7, ratio, '×')],
      data: {
        subscribers,
        slowOnes,
        ratio,
        vigia,
        bare,
        commands: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
      },
    };
  },
};
