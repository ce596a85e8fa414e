/**
 * A contender on a directory of so many seeded organizations, brought up and measured, with a fake WhatsApp
 * server of its own.
 */
import { mkdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import { ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { type RunningServer, startFakeWhatsApp } from '../../test/support/whatsapp/remote.ts';
import { median } from './benchmark.ts';
import { type Contender, plain, type Running, vigia } from './contenders.ts';
import { cpuMsOf, type Reading } from './process-cost.ts';

const loggedInWithinMs = 600_000;
const { gate } = defaultPolicy;
/** What the work itself costs, without the waiting that the gate is for. */
export const openGate = { gate: { ...gate, places: 10_000, perSecond: 10_000, burst: 10_000 } };

export interface Kind {
  readonly name: string;
  readonly contender: Contender;
  readonly policy: object;
}
export const kinds = {
  gated: { name: 'Vigía, default gate', contender: vigia, policy: {} },
  vigia: { name: 'Vigía, gate open', contender: vigia, policy: openGate },
  bare: { name: 'bare Baileys, same measures and options', contender: plain('bare'), policy: {} },
  naive: { name: 'naive Baileys', contender: plain('naive'), policy: {} },
} as const satisfies Readonly<Record<string, Kind>>;

/**
 * Runs `use` while all of them are connected, and ends everything after it. Throws if a device was ever
 * logged in twice at once.
 */
export const withFleet = async <T>(
  { name, contender, policy }: Kind,
  sessions: number,
  use: (running: Running, server: RunningServer, seconds: number) => Promise<T>,
): Promise<T> => {
  const server = await startFakeWhatsApp();
  const harness = await ProgramHarness.at(server.url, policy);
  try {
    await mkdir(harness.root, { mode: 0o700 });
    for (let n = 1; n <= sessions; n += 1)
      await seedCredentials(harness.org(String(n)), {
        phone: fictionalPhone(n),
        device: 1,
        name: `Org ${n}`,
      });
    const startedAt = performance.now();
    const running = await contender(harness, server.url, sessions);
    const allIn = async () => (await server.whatsapp.stats()).loggedIn === sessions;
    if (sessions > 0) await until(`all of ${name} to be logged in`, allIn, loggedInWithinMs);
    await running.restored();
    const result = await use(running, server, (performance.now() - startedAt) / 1_000);
    await running.stop();
    const { doubleLogins, deadLogins } = await server.whatsapp.stats();
    if (doubleLogins + deadLogins > 0) throw new Error(`${name} logged in twice or with dead credentials`);
    return result;
  } finally {
    await harness.close();
    await server.stop();
  }
};

export interface Measured
  extends Pick<Reading, 'rssMb' | 'peakRssMb' | 'heapMb' | 'loopP99Ms' | 'loopMaxMs'> {
  readonly seconds: number;
  /** Of all its threads, from the start of the process until the last session was connected. */
  readonly cpuMs: number;
  /**
   * Logins in the busiest second, as the server counted them, and the most sockets between TCP accept and
   * success at one moment.
   */
  readonly peakPerSecond: number;
  readonly peakConnecting: number;
}
/**
 * `restMs`: idle before memory is read, so that it is what sessions hold rather than what connecting leaves
 * behind.
 */
export const measureFleet = async (kind: Kind, sessions: number, restMs: number): Promise<Measured> =>
  withFleet(kind, sessions, async (running, server, seconds) => {
    const cpuMs = cpuMsOf(running.pid);
    const { loopP99Ms, loopMaxMs } = await running.read();
    await wait(restMs);
    const { rssMb, peakRssMb, heapMb } = await running.read();
    const { peakAttemptsPerSecond: peakPerSecond, peakConnecting } = await server.whatsapp.stats();
    return { seconds, cpuMs, rssMb, peakRssMb, heapMb, loopP99Ms, loopMaxMs, peakPerSecond, peakConnecting };
  });

/** The median of each figure by itself. */
export const medianOf = <T extends object>(rounds: readonly T[]): T =>
  Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((key) => [
      key,
      median(rounds.map((round) => (round as Record<string, number>)[key] ?? Number.NaN)),
    ]),
  ) as T;

export interface PerSession {
  readonly cpuMs: number;
  readonly rssKb: number;
  readonly heapKb: number;
}
/** What each session adds to the same process with no session. */
export const perSession = (full: Measured, empty: Measured, sessions: number): PerSession => ({
  cpuMs: (full.cpuMs - empty.cpuMs) / sessions,
  rssKb: ((full.rssMb - empty.rssMb) * 1_024) / sessions,
  heapKb: ((full.heapMb - empty.heapMb) * 1_024) / sessions,
});
