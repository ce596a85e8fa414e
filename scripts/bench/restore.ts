/** How long it takes, and what it costs, until every stored session is connected: with the gate as it is, with the gate open, and naively. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { defaultPolicy } from '../../machines/policy.ts';
import { House } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { startFakeWhatsApp, trustTestRootPreload } from '../../test/support/whatsapp/remote.ts';
import { type Cost, costOf } from './process-cost.ts';

export interface Row extends Cost {
  readonly name: string;
  readonly seconds: number;
  /** New logins in the busiest second, as the server counted them. */
  readonly peakPerSecond: number;
}
/** Idle, so that memory is what sessions hold rather than what connecting leaves behind. */
const settleMs = 5_000;
const openGate = { gate: { ...defaultPolicy.gate, places: 1_000, perSecond: 1_000, burst: 1_000 } };

type Contender = (
  house: House,
  url: string,
  sessions: number,
  connected: () => Promise<boolean>,
) => Promise<Cost & { readonly seconds: number }>;
const seeded = async (sessions: number, policy: object, run: Contender, name: string): Promise<Row> => {
  const server = await startFakeWhatsApp();
  const house = await House.at(server.url, policy);
  try {
    for (let n = 1; n <= sessions; n += 1)
      await seedCredentials(house.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
    const connected = async () => (await server.whatsapp.stats()).loggedIn >= sessions;
    const cost = await run(house, server.url, sessions, connected);
    const stats = await server.whatsapp.stats();
    if (stats.doubleLogins + stats.deadLogins > 0) throw new Error(`${name} logged in twice or with dead credentials`);
    return { name, ...cost, peakPerSecond: stats.peakAttemptsPerSecond };
  } finally {
    await house.close();
    await server.stop();
  }
};

const vigia: Contender = async (house, _url, sessions) => {
  const startedAt = performance.now();
  const program = house.start({ LOG_LEVEL: 'info', SCAN_INTERVAL_MS: '30000' });
  const client = await program.client();
  const count = async () => ((await client.call('server.status')) as { counts: { connected: number } }).counts.connected;
  await until('all to be connected', async () => (await count()) === sessions, 600_000);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { cpuMs } = costOf(program.pid);
  await wait(settleMs);
  const memory = costOf(program.pid);
  await program.stop();
  return { ...memory, cpuMs, seconds };
};
const naive: Contender = async (house, url, sessions) => {
  const startedAt = performance.now();
  const script = fileURLToPath(new URL('./naive.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', trustTestRootPreload, script, house.root, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (line === `open ${sessions}`) break;
  const seconds = (performance.now() - startedAt) / 1_000;
  const { cpuMs } = costOf(child.pid ?? 0);
  await wait(settleMs);
  const memory = costOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await exited;
  return { ...memory, cpuMs, seconds };
};

export const restore = async (sessions: number): Promise<readonly Row[]> => [
  await seeded(sessions, {}, vigia, 'Vigía, default gate'),
  await seeded(sessions, openGate, vigia, 'Vigía, gate open'),
  await seeded(sessions, {}, naive, 'naive Baileys'),
];
