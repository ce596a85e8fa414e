/**
 * WhatsApp refuses our version: a matter of the whole fleet. Nobody fails, nothing is held against anyone,
 * one canary tries.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const orgs = Array.from({ length: 12 }, (_, index) => String(index + 1));
const canaryMs = 500;
const watchedMs = 5_000;
const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen(), {
    ...hurriedPolicy,
    backoffCapMs: 100, // all of them would try all the time, if they were let
    gate: { ...hurriedPolicy.gate, places: 2, canaryMs, canaryCapMs: canaryMs },
  });
  for (const org of orgs)
    await seedCredentials(harness.org(org), { phone: fictionalPhone(Number(org)), device: 1 });
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});

it('they stay retrying, one attempt at a time is made, and all come back when WhatsApp relents', async () => {
  whatsapp.fault('all', { kind: 'failure', reason: 405 });
  const program = harness.start();
  const client = await harness.client(program);
  await client.event(
    'the refusal to be told',
    (e) => e.data.session?.lastError?.reason === 'outdated' && e.data.session.state === 'retrying',
  );
  await program.untilLogged('version.refused');
  await wait(1_000); // those that were already inside come out
  const before = whatsapp.stats().loginAttempts;
  await wait(watchedMs);
  const made = whatsapp.stats().loginAttempts - before;
  expect(made).toBeGreaterThanOrEqual(3);
  expect(made).toBeLessThanOrEqual(watchedMs / canaryMs + 1);
  for (const { state, orgId } of await client.sessions())
    expect(['retrying', 'restoring'], orgId).toContain(state);
  expect(program.logged('outage.began')).toHaveLength(1);
  for (const name of await readdir(join(harness.root, '.vigia/orgs')))
    expect(await readFile(join(harness.root, '.vigia/orgs', name), 'utf8')).not.toContain('verdict');

  whatsapp.clearFaults();
  for (const org of orgs) await client.reaches(org, 'connected');
  await program.untilLogged('outage.ended');
  expect(whatsapp.stats()).toMatchObject({ doubleLogins: 0, deadLogins: 0, registrations: 0 });
});
