/** More than one organization can use, sent to it by WhatsApp: the others are not disturbed. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { hurriedPolicy, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { floodStanza } from '../support/whatsapp/flood.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const [flooded, other] = ['1', '2'];
const phoneOf = (org: string) => fictionalPhone(Number(org));
const mib = 1024 * 1024;
const whatsapp = new FakeWhatsApp();
const logins = (org: string) => whatsapp.devices(phoneOf(org))[0]?.logins.length ?? 0;
let harness: ProgramHarness;
let program: Program;
let client: Client;

/** The most memory that the program ever had; undefined where the system does not report it. */
const peakMemoryBytes = async (): Promise<number | undefined> => {
  const status = await readFile(`/proc/${program.pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB/mu.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};
const expectGrowthBelow = async (before: number | undefined, bytes: number) => {
  const after = await peakMemoryBytes();
  if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(bytes);
};

beforeAll(async () => {
  await whatsapp.listen();
  // a busy machine may answer late, and the sessions must stay
  harness = await ProgramHarness.at(whatsapp.url, { ...hurriedPolicy, pingDeadlineMs: 20_000 });
  for (const org of [flooded, other])
    await seedCredentials(harness.org(org), { phone: phoneOf(org), device: 1, name: `Org ${org}` });
  program = harness.start();
  client = await harness.client(program);
});
beforeEach(async () => {
  for (const org of [flooded, other]) await client.reaches(org, 'connected');
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});

it('a stanza of 2 MB that inflates to 2 GB ends one connection, with a reason of our own', async () => {
  const [mine, others, memory] = [logins(flooded), logins(other), await peakMemoryBytes()];
  expect(whatsapp.strike(phoneOf(flooded), { kind: 'garbage', what: 'bomb' })).toBe(1);
  await client.event(
    'the end with a reason of our own',
    (e) => e.orgId === flooded && e.data.session?.lastError?.reason === 'internal',
  );
  const line = await program.untilLogged('socket.frame_unreadable', flooded);
  expect(line['why']).toContain('bytes were inflated');
  await until('it to have logged in again', () => logins(flooded) > mine);
  await client.reaches(flooded, 'connected');
  expect(logins(other)).toBe(others);
  expect(await client.get(other)).toMatchObject({ state: 'connected', liveness: 'healthy' });
  expect(program.logged('outage.began')).toEqual([]);
  await expectGrowthBelow(memory, 200 * mib);
});

it('5,000 undecryptable messages keep their connection, while another organization logs in', async () => {
  const [mine, others, memory] = [logins(flooded), logins(other), await peakMemoryBytes()];
  for (let n = 0; n < 5_000; n += 1) whatsapp.deliver(phoneOf(flooded), floodStanza('undecryptable', n, 300));
  whatsapp.strike(phoneOf(other), { kind: 'cut', how: 'reset' });
  await until('the other to have logged in again', () => logins(other) > others);
  await client.reaches(other, 'connected');
  await until('some to be processed', () => whatsapp.stats().acks >= 20);
  expect(await client.get(other)).toMatchObject({ state: 'connected', liveness: 'healthy' });
  expect(await client.get(flooded)).toMatchObject({ state: 'connected' });
  expect(logins(flooded)).toBe(mine);
  await expectGrowthBelow(memory, 150 * mib);
});
