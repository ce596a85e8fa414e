/**
 * A thousand drops and reconnects of the real client: nothing is left over, and the last costs what the first
 * did.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startVigia, type Vigia } from '../../src/app/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { openLog } from '../../src/log/log.ts';
import { Client } from '../support/client.ts';
import { apiKey, hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { trustTestRoot } from '../support/whatsapp/certificate.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { type RunningServer, startFakeWhatsApp } from '../support/whatsapp/remote.ts';

const organizations = 10;
const cycles = 100;
setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapMb = async () => {
  for (let i = 0; i < 3; i += 1) {
    collectGarbage();
    await wait(50);
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
};
const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

let server: RunningServer;
let harness: ProgramHarness;
let vigia: Vigia;
let client: Client;
let undoTrust: () => void;
beforeAll(async () => {
  undoTrust = trustTestRoot();
  server = await startFakeWhatsApp();
  harness = await ProgramHarness.at(server.url);
  for (let n = 1; n <= organizations; n += 1)
    await seedCredentials(harness.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
  const env = {
    AUTH_DIR: harness.root,
    PORT: '0',
    API_KEY: apiKey,
    WHATSAPP_WS_URL: server.url,
    POLICY_FILE: 'policy.json',
    MAX_REQUESTS_PER_10_SECONDS: '100000',
  };
  const policy = {
    ...hurriedPolicy,
    backoffBaseMs: 10,
    backoffCapMs: 20,
    stableMs: 100,
    maxStrikes: 100_000,
  };
  const result = readConfig(env, () => JSON.stringify(policy));
  if (!result.ok) throw new Error(result.problems.join('\n'));
  vigia = await startVigia(result.config, openLog({ level: 'silent', format: 'json' }));
  client = await Client.connect(vigia.url, apiKey);
});
afterAll(async () => {
  client?.close();
  await vigia?.stop();
  await server?.stop();
  await harness?.close();
  undoTrust?.();
});

const allConnected = () =>
  until('all to be connected', async () => {
    const sessions = await client.sessions();
    return sessions.length === organizations && sessions.every((s) => s.state === 'connected');
  });
const run = async (times: number) => {
  const cpu = process.cpuUsage();
  for (let i = 0; i < times; i += 1) {
    const { logins } = await server.whatsapp.stats();
    expect(await server.whatsapp.dropAll('reset')).toBe(organizations);
    await until(
      'all to have logged in again',
      async () => (await server.whatsapp.stats()).logins >= logins + organizations,
    );
    await allConnected();
    client.events.length = 0;
  }
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1_000 / (times * organizations);
};

it('leaves no socket, no timer and no memory behind', async () => {
  await allConnected();
  const early = await run(20);
  const [heapBefore, socketsBefore, timersBefore] = [await heapMb(), sockets(), timers()];
  const late = await run(cycles - 20);
  await wait(2_500); // the last debounced presence
  const heapAfter = await heapMb();
  process.stdout.write(
    `${cycles * organizations} reconnects: ${early.toFixed(1)} → ${late.toFixed(1)} ms CPU each, heap ` +
      `${heapBefore.toFixed(1)} → ${heapAfter.toFixed(1)} MB\n`,
  );
  // Pings under way have a few each; what was left over would stay.
  await until('no socket to be left over', () => sockets() <= socketsBefore);
  await until('no timer to be left over', () => timers() <= timersBefore + 5);
  expect(heapAfter - heapBefore).toBeLessThan(8);
  const stats = await server.whatsapp.stats();
  expect(stats).toMatchObject({ doubleLogins: 0, deadLogins: 0, openConnections: organizations });
  expect(stats.logins).toBeGreaterThanOrEqual(cycles * organizations);
}, 600_000);
