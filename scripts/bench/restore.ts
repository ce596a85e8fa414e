/** How long it takes, and what it costs, until every stored session is connected: with the gate as it is, with the gate open, and naively. */
import { mkdir } from 'node:fs/promises';
import { defaultPolicy } from '../../machines/policy.ts';
import { House } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { startFakeWhatsApp } from '../../test/support/whatsapp/remote.ts';
import type { Benchmark } from './benchmark.ts';
import { type Contender, naive, vigia } from './contenders.ts';
import { cpuMsOf, type Memory } from './process-cost.ts';

interface Measured extends Memory {
  readonly seconds: number;
  readonly cpuMs: number;
}
interface Row extends Measured {
  readonly name: string;
  /** Logins in the busiest second, and on average once the burst was spent, as the server counted them. */
  readonly peakPerSecond: number;
  readonly thenPerSecond: number;
  /** The most sockets between TCP accept and success at one moment. */
  readonly peakConnecting: number;
  /** What each session adds to the empty process. */
  readonly perSession: { readonly cpuMs: number; readonly rssKb: number; readonly heapKb: number };
}
/** Idle, so that memory is what sessions hold rather than what connecting leaves behind. */
const settleMs = 5_000;
const restoredWithinMs = 900_000;
const { gate } = defaultPolicy;
const openGate = { gate: { ...gate, places: 10_000, perSecond: 10_000, burst: 10_000 } };

const measure = async (contender: Contender, policy: object, sessions: number, name: string): Promise<Omit<Row, 'perSession'>> => {
  const server = await startFakeWhatsApp();
  const house = await House.at(server.url, policy);
  try {
    await mkdir(house.root, { mode: 0o700 });
    for (let n = 1; n <= sessions; n += 1)
      await seedCredentials(house.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
    const startedAt = performance.now();
    const running = await contender(house, server.url, sessions);
    const allIn = async () => (await server.whatsapp.stats()).loggedIn === sessions;
    if (sessions > 0) await until(`all of ${name} to be logged in`, allIn, restoredWithinMs);
    await running.restored();
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpuMs = cpuMsOf(running.pid);
    const memory = await running.memory(settleMs);
    await running.stop();
    const stats = await server.whatsapp.stats();
    if (stats.doubleLogins + stats.deadLogins > 0) throw new Error(`${name} logged in twice or with dead credentials`);
    const times = (await server.whatsapp.attemptTimes()).slice(gate.burst);
    const thenPerSecond = times.length < 2 ? 0 : ((times.length - 1) * 1_000) / Math.max(1, (times.at(-1) ?? 0) - (times[0] ?? 0));
    return {
      name,
      seconds,
      cpuMs,
      ...memory,
      peakPerSecond: stats.peakAttemptsPerSecond,
      thenPerSecond,
      peakConnecting: stats.peakConnecting,
    };
  } finally {
    await house.close();
    await server.stop();
  }
};

const contenders = [
  { name: 'Vigía, default gate', contender: vigia, policy: {} },
  { name: 'Vigía, gate open', contender: vigia, policy: openGate },
  { name: 'naive Baileys', contender: naive, policy: {} },
] as const;
const ratio = (a: number, b: number) => `${(a / b).toFixed(2)} ×`;

export const restore: Benchmark = {
  doc: 'every stored session until it is connected, against the naive design on the same credentials',
  about: `
The built program on a directory of seeded organizations, with a fake WhatsApp server in a process of its own. *default gate*: as it
ships, ${gate.burst} at once and then ${gate.perSecond} a second. *gate open*: the same program without that waiting, to see what the work itself costs. *naive
Baileys*: one process that calls \`useMultiFileAuthState\` and \`makeWASocket\` for each directory and reconnects on close, as tutorials do.`,
  sessions: 300,
  run: async ({ sessions, say }) => {
    const rows: Row[] = [];
    for (const { name, contender, policy } of contenders) {
      say(`${name} …`);
      const empty = await measure(contender, policy, 0, name);
      const full = await measure(contender, policy, sessions, name);
      const each = (of: (m: Measured) => number) => (of(full) - of(empty)) / sessions;
      rows.push({
        ...full,
        perSession: { cpuMs: each((m) => m.cpuMs), rssKb: each((m) => m.rssMb * 1_024), heapKb: each((m) => m.heapMb * 1_024) },
      });
    }
    const [gated, open, bare] = rows as [Row, Row, Row];
    return {
      rows: rows.map((row) => ({
        [`${sessions} sessions`]: row.name,
        seconds: row.seconds.toFixed(1),
        'CPU ms/session': row.perSession.cpuMs.toFixed(1),
        'RSS MB': row.rssMb.toFixed(0),
        'peak RSS MB': row.peakRssMb.toFixed(0),
        'RSS KB/session': row.perSession.rssKb.toFixed(0),
        'heap KB/session': row.perSession.heapKb.toFixed(0),
        'logins in the busiest second': row.peakPerSecond,
        'most connecting at once': row.peakConnecting,
      })),
      notes: [
        `The gate allows ${gate.burst} at once and ${gate.perSecond} a second after them: at most ${gate.burst + gate.perSecond} admitted in any second. The server saw ${gated.peakPerSecond} logins in its busiest one (connecting takes now more, now less time), and ${gated.thenPerSecond.toFixed(1)} a second after the burst.`,
        `Vigía with the gate open against naive: ${ratio(open.seconds, bare.seconds)} the time, ${ratio(open.perSession.cpuMs, bare.perSession.cpuMs)} the CPU, ${ratio(open.perSession.rssKb, bare.perSession.rssKb)} the RSS and ${ratio(open.perSession.heapKb, bare.perSession.heapKb)} the heap of each session.`,
        'Per session = what is added to the same process with no session. Two logins of one device at once: 0 in every row.',
      ],
      aims: [],
      data: { gate, rows },
    };
  },
};
