/**
 * The end of the built program: 200 sessions let go of without a logout, in order and in time, and all there
 * again afterwards.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lint, readExposition, sampleOf } from '../support/exposition.ts';
import { apiKey, hurriedPolicy, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { type RunningServer, startFakeWhatsApp, trustTestRootPreload } from '../support/whatsapp/remote.ts';

const organizations = 200;
const token = 'a-token-for-prometheus-alone';
let server: RunningServer;
let harness: ProgramHarness;
beforeAll(async () => {
  server = await startFakeWhatsApp();
  // a busy machine is no lost connection
  harness = await ProgramHarness.at(server.url, {
    ...hurriedPolicy,
    pingDeadlineMs: 60_000,
    verifyMs: 60_000,
    connectMs: 60_000,
  });
  for (let n = 1; n <= organizations; n += 1)
    await seedCredentials(harness.org(`org-${n}`), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
}, 120_000);
afterAll(async () => {
  await harness.close();
  await server.stop();
});

const get = async (program: Program, path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${await program.url()}${path}`, { headers });
  return { status: response.status, text: await response.text() };
};
const metricsOf = async (program: Program) =>
  readExposition((await get(program, '/metrics', { authorization: `Bearer ${token}` })).text);
const allConnected = async (program: Program) =>
  until(
    'all to be connected',
    async () =>
      sampleOf(await metricsOf(program), 'vigia_sessions', { state: 'connected' }) === organizations,
    180_000,
  );

it('SIGTERM with 200 connected organizations: exit 0 in time, no logout, clients told, and the next start restores all', async () => {
  const program = harness.start({ METRICS_TOKEN: token });
  await program.url();
  await until('it to be ready', async () => (await get(program, '/readyz')).status === 200);
  await allConnected(program);
  const families = await metricsOf(program);
  lint(new Map([...families].filter(([name]) => name.startsWith('vigia_'))));
  expect(sampleOf(families, 'vigia_session_restore_attempts_total', { result: 'ok' })).toBe(organizations);
  expect((await get(program, '/metrics')).status).toBe(401);
  const { status, text } = await get(program, '/readyz?verbose');
  expect([status, text.includes('org-')]).toEqual([200, false]);

  const client = await harness.client(program);
  const began = performance.now();
  expect(await program.stop()).toBe(0);
  const tookMs = performance.now() - began;
  process.stdout.write(`${organizations} sessions ended in ${Math.round(tookMs)} ms\n`);
  expect(tookMs).toBeLessThan(15_000);
  expect(program.logged('process.stopped')).toHaveLength(1);
  await client.event('the news of it', (e) => e.type === 'server.draining');
  expect(await until('the goodbye', () => client.closeCode)).toBe(1001);
  expect(await server.whatsapp.stats()).toMatchObject({
    logouts: 0,
    doubleLogins: 0,
    deadLogins: 0,
    openConnections: 0,
    logins: organizations,
  });

  const next = harness.start({ METRICS_TOKEN: token });
  await next.url();
  await allConnected(next);
  expect(await server.whatsapp.stats()).toMatchObject({
    logouts: 0,
    doubleLogins: 0,
    deadLogins: 0,
    logins: 2 * organizations,
  });
  expect(await next.stop()).toBe(0);
}, 400_000);

it('a second signal ends it at once; SIGHUP without a terminal is ignored', async () => {
  const quiet = await ProgramHarness.at(server.url);
  try {
    await seedCredentials(quiet.org('one'), { phone: fictionalPhone(1001), device: 1, name: 'One' });
    const program = quiet.start();
    const client = await quiet.client(program);
    await client.reaches('one', 'connected');
    process.kill(program.pid, 'SIGHUP');
    await program.untilLogged('process.sighup_ignored');
    await server.whatsapp.strike(fictionalPhone(1001), { kind: 'freeze' });
    // WhatsApp never answers: the shutdown waits for it
    void client.call('session.logout', { orgId: 'one' }).catch(() => undefined);
    await client.get('one'); // answered after the logout was begun
    process.kill(program.pid, 'SIGTERM');
    await program.untilLogged('process.stopping');
    expect((await get(program, '/readyz')).status).toBe(503);
    expect((await get(program, '/livez')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // sooner, it would be the same Ctrl-C twice
    process.kill(program.pid, 'SIGTERM');
    expect(await program.ends()).toBe(1);
    expect(program.logged('process.stopped')).toEqual([]);
  } finally {
    await quiet.close();
  }
}, 120_000);

it('tells pm2 and systemd when it is ready, and systemd when it stops', async () => {
  const quiet = await ProgramHarness.at(server.url);
  const notify = join(quiet.root, '../systemd-notify');
  await writeFile(notify, `#!/bin/sh\necho "$*" >> ${notify}.told\n`);
  await chmod(notify, 0o755);
  const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
  const child = fork(main, [], {
    execArgv: ['--import', trustTestRootPreload],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: `${join(quiet.root, '..')}:${process.env['PATH']}`,
      NOTIFY_SOCKET: '/run/nobody/listens',
      AUTH_DIR: quiet.root,
      PORT: '0',
      API_KEY: apiKey,
      WHATSAPP_WS_URL: server.url,
    },
  });
  const exited = once(child, 'exit');
  try {
    const [message] = await once(child, 'message', { signal: AbortSignal.timeout(60_000) });
    expect(message).toBe('ready');
    const reported = async () => (await readFile(`${notify}.told`, 'utf8').catch(() => '')).trim();
    await until('systemd to hear of it', async () => (await reported()) !== '');
    expect(await reported()).toBe(`--pid=${child.pid} READY=1 STATUS=0/0 connected`);
    child.kill('SIGINT'); // as pm2 does
    expect(await exited).toEqual([0, null]);
    await until('systemd to hear of the end', async () =>
      (await reported()).endsWith('STOPPING=1 STATUS=shutting down'),
    );
  } finally {
    child.kill('SIGKILL');
    await quiet.close();
  }
}, 120_000);
