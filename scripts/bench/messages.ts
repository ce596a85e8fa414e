/** What it costs to send and to receive a message, against bare Baileys in the same run. */
import { readFileSync } from 'node:fs';
import { until } from '../../test/support/until.ts';
import { type RunningServer, startFakeWhatsApp } from '../../test/support/whatsapp/remote.ts';
import { atMost, type Benchmark, median } from './benchmark.ts';
import { bare, type End, type OpenEnd, vigia } from './messages-contenders.ts';
import { cpuMsOf } from './process-cost.ts';

/** Of each organization, in each direction. */
const messagesEach = 100;
const warmUpEach = 5;
const rounds = 3;
const allWithinMs = 600_000;
const millisecondsPerSecond = 1_000;

const contenders = {
  'Vigía, durable, with a webhook': vigia,
  'bare Baileys, keys in files': bare('files'),
  'bare Baileys, keys in memory': bare('memory'),
} as const satisfies Readonly<Record<string, OpenEnd>>;
type Name = keyof typeof contenders;
const [ours, , baseline] = Object.keys(contenders) as [Name, Name, Name];

interface Cost {
  /** Processor time of all threads, milliseconds for each message. */
  readonly cpuMs: number;
  /** Messages a second for each core that was busy. */
  readonly perCore: number;
  /** Messages a second by the clock. */
  readonly perSecond: number;
  /** Bytes that the process caused to be written to the disk, for each message. */
  readonly bytes: number;
  readonly loopP99Ms: number;
}

const writtenBy = (pid: number): number =>
  Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? Number.NaN);

/** Measures `end` while `work` moves so many messages. */
const measure = async (end: End, messages: number, work: () => Promise<void>): Promise<Cost> => {
  await end.read(); // what came before is not counted
  const [cpu, bytes, at] = [cpuMsOf(end.pid), writtenBy(end.pid), performance.now()];
  await work();
  const seconds = (performance.now() - at) / millisecondsPerSecond;
  const cpuMs = (cpuMsOf(end.pid) - cpu) / messages;
  const written = (writtenBy(end.pid) - bytes) / messages;
  const { loopP99Ms } = await end.read();
  return {
    cpuMs,
    perCore: millisecondsPerSecond / cpuMs,
    perSecond: messages / seconds,
    bytes: written,
    loopP99Ms,
  };
};

const settled = (server: RunningServer, messages: number): Promise<boolean> =>
  until(
    'all messages to be received',
    async () => (await server.whatsapp.settled()) >= messages,
    allWithinMs,
  );

const round = async (open: OpenEnd, organizations: number): Promise<{ send: Cost; receive: Cost }> => {
  const server = await startFakeWhatsApp({ relay: true });
  const side = { url: server.url, organizations };
  const other = await bare('memory')({ ...side, firstPhone: 5_001, firstPeer: 1 });
  const end = await open({ ...side, firstPhone: 1, firstPeer: 5_001 });
  const moved = messagesEach * organizations;
  let total = 0;
  try {
    for (const one of [end, other]) {
      await one.send(warmUpEach);
      total += warmUpEach * organizations;
      await settled(server, total);
    }
    const send = await measure(end, moved, async () => {
      await end.send(messagesEach);
      await settled(server, (total += moved));
    });
    const before = end.received();
    const receive = await measure(end, moved, async () => {
      await other.send(messagesEach);
      await until('its consumer to have all', () => end.received() >= before + moved, allWithinMs);
    });
    const { doubleLogins } = await server.whatsapp.stats();
    if (doubleLogins > 0) throw new Error('a device was logged in twice');
    return { send, receive };
  } finally {
    await end.stop();
    await other.stop();
    await server.stop();
  }
};

const medianOf = (costs: readonly Cost[]): Cost => {
  const of = (key: keyof Cost) => median(costs.map((cost) => cost[key]));
  return {
    ...{ cpuMs: of('cpuMs'), perCore: of('perCore'), perSecond: of('perSecond') },
    ...{ bytes: of('bytes'), loopP99Ms: of('loopP99Ms') },
  };
};

export const messages: Benchmark = {
  doc: 'sending and receiving a message, against bare Baileys',
  about: `
Every organization writes ${messagesEach} texts to a partner of its own, and then receives as many,
after ${warmUpEach} each way to warm up. Both ends are real Baileys over the fake WhatsApp server. Vigía
gets its orders by the control API, makes each message durable, and hands what arrives to a webhook. Bare
Baileys has Vigía's options, and keeps its keys in memory (nothing survives a crash) or in files. The
figures are medians of ${rounds} rounds. *CPU* is that of all threads of the process. *Per core* follows
from it. *Bytes* are what the process caused to be written to the disk.
`,
  sessions: 10,
  run: async ({ sessions, say }) => {
    const costs = new Map<Name, { send: Cost; receive: Cost }[]>();
    for (let n = 0; n < rounds; n += 1)
      for (const [name, open] of Object.entries(contenders) as [Name, OpenEnd][]) {
        const cost = await round(open, sessions);
        costs.set(name, [...(costs.get(name) ?? []), cost]);
        say(
          `${name}: ${cost.send.cpuMs.toFixed(2)} ms a send, ${cost.receive.cpuMs.toFixed(2)} ms a receive`,
        );
      }
    const of = (name: Name, what: 'send' | 'receive') =>
      medianOf((costs.get(name) ?? []).map((cost) => cost[what]));
    const ratio = (what: 'send' | 'receive') => of(ours, what).cpuMs / of(baseline, what).cpuMs;
    return {
      rows: (Object.keys(contenders) as Name[]).flatMap((name) =>
        (['send', 'receive'] as const).map((what) => {
          const cost = of(name, what);
          return {
            program: name,
            direction: what,
            'CPU ms/message': cost.cpuMs.toFixed(2),
            'messages/s per core': cost.perCore.toFixed(0),
            'messages/s': cost.perSecond.toFixed(0),
            'bytes/message': cost.bytes.toFixed(0),
            'loop p99 ms': cost.loopP99Ms.toFixed(1),
          };
        }),
      ),
      notes: [
        'Against bare Baileys with keys in memory, Vigía takes ' +
          `${ratio('send').toFixed(2)} times the CPU to send, and ` +
          `${ratio('receive').toFixed(2)} times to receive.`,
      ],
      aims: [
        atMost('CPU of a send against bare Baileys', 1.5, ratio('send'), '×'),
        atMost('CPU of a receive against bare Baileys', 1.5, ratio('receive'), '×'),
      ],
      data: Object.fromEntries(costs),
    };
  },
};
