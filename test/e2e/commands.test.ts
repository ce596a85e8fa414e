/** What an operator may ask over the control API, as WhatsApp and the disk see it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let program: Program;
let client: Client;
const phoneOf = (org: string) => fictionalPhone(Number(org));
const seed = (org: string) =>
  seedCredentials(harness.org(org), { phone: phoneOf(org), device: 1, name: `Org ${org}` });
const device = (org: string) => whatsapp.devices(phoneOf(org))[0];
const archived = async (org: string) =>
  (await readdir(join(harness.root, '.vigia/archive'))).filter((name) => name.startsWith(`${org}-`)).sort();
const keysOf = async (directory: string) => {
  const { noiseKey, signedIdentityKey } = JSON.parse(
    await readFile(join(directory, 'creds.json'), 'utf8'),
  ) as Record<string, unknown>;
  return { noiseKey, signedIdentityKey };
};

beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  for (const org of ['1', '2', '3', '4', '5']) await seed(org);
  program = harness.start();
  client = await harness.client(program);
  for (const org of ['1', '2', '3', '4', '5']) await client.reaches(org, 'connected');
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
  expect(whatsapp.stats()).toMatchObject({ doubleLogins: 0, deadLogins: 0, unreadable: 0, registrations: 0 });
});

it('stop disconnects and keeps the credentials; it stays stopped until it is restored', async () => {
  const keys = await keysOf(harness.org('1'));
  expect(await client.call('session.stop', { orgId: '1' })).toMatchObject({
    changed: true,
    durable: true,
    session: { desired: 'stopped' },
  });
  await client.reaches('1', 'idle');
  await until('the socket to be closed', () => device('1')?.online === false);
  await program.looks(3);
  expect(await client.call('session.stop', { orgId: '1' })).toMatchObject({ changed: false });
  await expect(client.call('session.retry', { orgId: '1' })).rejects.toThrow(/is stopped: restore it/);
  expect(device('1')?.attempts).toHaveLength(1);
  expect(await client.call('session.restore', { orgId: '1' })).toMatchObject({
    changed: true,
    durable: true,
  });
  await client.reaches('1', 'connected');
  expect(await client.call('session.restore', { orgId: '1' })).toMatchObject({ changed: false });
  expect(device('1')?.logins).toHaveLength(2);
  expect(await keysOf(harness.org('1'))).toEqual(keys);
});

it('retry tries at once, instead of waiting for the backoff', async () => {
  await expect(client.call('session.retry', { orgId: '2' })).rejects.toMatchObject({
    reason: 'invalid_state',
  });
  whatsapp.fault(phoneOf('2'), { kind: 'failure', reason: 440 }, 1); // the longest first wait of the table
  whatsapp.strike(phoneOf('2'), { kind: 'cut', how: 'reset' });
  await client.reaches('2', 'retrying(conflict)');
  expect(await client.call('session.retry', { orgId: '2' })).toMatchObject({
    changed: true,
    session: { attempt: 0 },
  });
  await client.reaches('2', 'connected');
});

it('logout unlinks the device, moves the credentials to the archive and removes the session', async () => {
  const keys = await keysOf(harness.org('3'));
  expect(await client.call('session.logout', { orgId: '3' })).toMatchObject({
    session: null,
    unlinked: true,
    changed: true,
  });
  expect(whatsapp.stats().logouts).toBe(1);
  expect(device('3')).toMatchObject({ standing: 'revoked', online: false });
  expect(await client.get('3')).toBeUndefined();
  await client.event('the removal to be told', (e) => e.type === 'session.removed' && e.orgId === '3');
  expect(await readdir(harness.root)).not.toContain('3');
  const [directory = '', record] = await archived('3');
  expect(await keysOf(join(harness.root, '.vigia/archive', directory))).toEqual(keys);
  expect(record).toBe(`${directory}.json`);
  await program.looks(3);
  expect(await client.get('3')).toBeUndefined();
  await expect(client.call('session.logout', { orgId: '3' })).rejects.toMatchObject({ reason: 'not_found' });
});

it('logout of one that is not connected says that WhatsApp could not be told', async () => {
  await client.call('session.stop', { orgId: '4' });
  await until('the socket to be closed', () => device('4')?.online === false);
  expect(await client.call('session.logout', { orgId: '4' })).toMatchObject({
    session: null,
    unlinked: false,
    changed: true,
  });
  expect(whatsapp.stats().logouts).toBe(1);
  expect(device('4')?.standing).toBe('linked');
  expect(await archived('4')).toHaveLength(2);
  expect(await readdir(harness.root)).not.toContain('4');
});

it('one whose WhatsApp no longer answers is logged out all the same, after a while', async () => {
  whatsapp.strike(phoneOf('5'), { kind: 'mute' });
  expect(await client.call('session.logout', { orgId: '5' })).toMatchObject({
    session: null,
    unlinked: false,
  });
  expect(await archived('5')).toHaveLength(2);
});

it('a restart brings back what was running, and neither the stopped nor the removed', async () => {
  await client.call('session.stop', { orgId: '2' });
  expect(await program.stop()).toBe(0);
  expect(whatsapp.stats().logouts).toBe(1); // stopping the program logs nobody out
  program = harness.start();
  client = await harness.client(program);
  await client.reaches('1', 'connected');
  await program.looks(3);
  expect((await client.sessions()).map(({ orgId, state }) => [orgId, state])).toEqual([
    ['1', 'connected'],
    ['2', 'idle'],
  ]);
});
