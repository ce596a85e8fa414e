/** The program on a Node, and with a client library, that one of its patches does not fit. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { vigia } from '../support/command-line.ts';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const metricsToken = 'a-token-for-tests-only-0123456789';
let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
  for (const n of [1, 2, 3])
    await seedCredentials(harness.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
});
/**
 * A module that changes Node or the library before the program starts. Node 24 is made to walk its stores as
 * 20 and 22 do.
 */
const preload = (name: string): Record<string, string> => {
  const file = fileURLToPath(new URL(`../support/whatsapp/${name}.mjs`, import.meta.url));
  const isFramed = Number(process.versions.node.split('.')[0]) >= 24;
  return { NODE_OPTIONS: `--import ${file}${isFramed ? ' --no-async-context-frame' : ''}` };
};
const doctor = async (env: Record<string, string>) => {
  const { objects } = await vigia(['doctor', harness.root, '--json'], env);
  return objects()[0]?.['findings'] as { code: string; level: string; message: string }[];
};

it('connects on a Node whose AsyncLocalStorage cannot be replaced, warns once, and doctor and Prometheus show it', async () => {
  const program = harness.start({ ...preload('freeze-async-hooks'), METRICS_TOKEN: metricsToken });
  const client = await harness.client(program);
  for (const org of ['1', '2', '3']) await client.reaches(org, 'connected');
  expect(program.logged('patch.missing')).toEqual([
    expect.objectContaining({
      level: 40,
      patch: 'shared_context',
      why: expect.stringContaining('froze'),
      without: expect.any(String),
    }),
  ]);
  const answer = await fetch(`${await program.url()}/metrics`, {
    headers: { authorization: `Bearer ${metricsToken}` },
  });
  const families = readExposition(await answer.text());
  expect(sampleOf(families, 'vigia_patch_missing', { patch: 'shared_context' })).toBe(1);
  expect(sampleOf(families, 'vigia_patch_missing', { patch: 'certificates' })).toBe(0);
  expect(await doctor(preload('freeze-async-hooks'))).toContainEqual(
    expect.objectContaining({
      code: 'patch_missing',
      level: 'warn',
      message: expect.stringContaining('shared_context'),
    }),
  );
  expect(whatsapp.stats()).toMatchObject({ logins: 3, doubleLogins: 0 });
});
it('refuses to start when the certificates of WhatsApp could not be checked, and names the cause', async () => {
  const program = harness.start(preload('freeze-curve'));
  expect(await program.ends()).toBe(1);
  expect(program.output).toMatch(
    /Vigía cannot start: .*certificates.*Curve\.verify of the library cannot be replaced.*npm ci/,
  );
  expect(whatsapp.stats()).toMatchObject({ tcpAccepted: 0 });
  expect(await doctor(preload('freeze-curve'))).toContainEqual(
    expect.objectContaining({ code: 'patch_essential', level: 'fail' }),
  );
});
it('reports a fault of ours while connecting as ours: no outage, no verdict, no connection, credentials as they were', async () => {
  const program = harness.start({ ...preload('break-opening'), SCAN_INTERVAL_MS: '60000' });
  const client = await harness.client(program);
  for (const org of ['1', '2', '3']) await client.reaches(org, 'retrying(internal)');
  await until('many attempts', async () => {
    const { attempt } = await client
      .call('session.get', { orgId: '1' })
      .then(({ session }) => session as { attempt: number });
    return attempt >= 5;
  });
  const { session } = await client.call('session.get', { orgId: '1' });
  expect(session).toMatchObject({
    state: expect.stringMatching(/retrying|restoring/),
    lastError: { reason: 'internal' },
  });
  expect(JSON.stringify(session)).toContain('fault of its own');
  expect(program.logged('outage.began')).toEqual([]);
  expect(program.output).not.toContain('WhatsApp ended the connection');
  expect(whatsapp.stats()).toMatchObject({ tcpAccepted: 0 });
});
it('prints no key when the library under Baileys prints its Signal sessions', async () => {
  const program = harness.start({ ...preload('replace-signal-session'), LOG_LEVEL: 'trace' });
  const client = await harness.client(program);
  await client.reaches('1', 'connected');
  process.kill(program.pid, 'SIGUSR2');
  const texts = () => new Set(program.logged('library.console').map(({ text }) => text));
  await until('libsignal to have closed, opened and removed sessions', () => texts().size >= 3);
  expect(texts()).toEqual(new Set(['Closing session:', 'Opening session:', 'Removing old closed session:']));
  await program.stop();
  const key = Buffer.from('PRIVATE-KEY-MARKER-');
  for (const form of [
    key.toString('latin1'),
    key.toString('hex'),
    key.toString('hex').match(/../g)!.join(' '),
    key.toString('base64').slice(0, 20),
  ])
    expect(program.output).not.toContain(form);
  expect(program.output).not.toMatch(/privKey|rootKey|<Buffer/);
});
