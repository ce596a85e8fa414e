/**
 * The three stories this project exists for: real Baileys, the built program in its own process, a WhatsApp
 * that keeps count.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { apiKey, ProgramHarness } from '../support/program.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
});
afterEach(async () => {
  const { doubleLogins, deadLogins, unreadable } = whatsapp.stats();
  await harness.close();
  await whatsapp.close();
  expect({ doubleLogins, deadLogins, unreadable }).toEqual({ doubleLogins: 0, deadLogins: 0, unreadable: 0 });
});

const seed = (org: string, n: number) =>
  seedCredentials(harness.org(org), { phone: fictionalPhone(n), device: 1, name: `Org ${org}` });
/** Asks for a pairing and scans its first QR, as a person with a phone would. */
const pairBy = async (client: Client, orgId: string, n: number) => {
  const { pairingId } = await client.call('session.pair', { orgId });
  const { data } = await client.event(
    `a QR for ${orgId}`,
    (e) => e.type === 'pairing.updated' && e.orgId === orgId && e.data.status === 'qr',
  );
  const scanned = await whatsapp.scan(String(data.qr), { phone: fictionalPhone(n) });
  expect(scanned).toMatchObject({ ok: true });
  return { pairingId, qr: String(data.qr) };
};

it('a user scans the QR and the server is killed at once: at the next start the session is back, and nobody scans again', async () => {
  const first = harness.start();
  const client = await harness.client(first);
  const { qr } = await pairBy(client, 'acme', 1);
  // the phone says "linked" as soon as it has our answer; a kill at that very moment is the worst one
  await first.kill();
  const second = harness.start();
  const again = await harness.client(second);
  await again.reaches('acme', 'connected');
  expect(again.events.filter((e) => e.data.qr !== undefined)).toEqual([]);
  expect(whatsapp.stats()).toMatchObject({ registrations: 1, pairings: 1 });
  for (const secret of [qr, apiKey]) {
    expect(first.output).not.toContain(secret);
    expect(second.output).not.toContain(secret);
  }
});

it('the server crashes with several organizations up: all are restored at the next start, and each verdict holds', async () => {
  for (const n of [1, 2, 3, 4, 5]) await seed(String(n), n);
  const first = harness.start();
  const client = await harness.client(first);
  for (const n of [1, 2, 3, 4, 5]) await client.reaches(String(n), 'connected');
  whatsapp.revoke(fictionalPhone(4));
  await client.reaches('4', 'failed(revoked)');
  await client.call('session.stop', { orgId: '5' });
  await first.kill();

  const second = harness.start({ SCAN_INTERVAL_MS: '250' });
  const again = await harness.client(second);
  for (const n of [1, 2, 3]) await again.reaches(String(n), 'connected');
  await second.untilLogged('restore.done');
  await second.looks(10);
  expect(await again.get('4')).toMatchObject({
    state: 'failed',
    lastError: { reason: 'revoked' },
    credentials: 'revoked',
  });
  expect(await again.get('5')).toMatchObject({ state: 'idle', desired: 'stopped' });
  expect(whatsapp.devices(fictionalPhone(4))[0]?.attempts).toHaveLength(1);
  expect(whatsapp.devices(fictionalPhone(5))[0]?.attempts).toHaveLength(1);
  expect(await second.stop()).toBe(0);
  expect(whatsapp.stats().logouts).toBe(0);
});

it('organizations appear while it runs: one by pairing, one dropped in by a program that writes slowly and in place', async () => {
  await seed('1', 1);
  const program = harness.start();
  const client = await harness.client(program);
  await client.reaches('1', 'connected');

  await pairBy(client, '3', 3);
  await client.reaches('3', 'connected');
  await client.event('the pairing to be completed', (e) => e.orgId === '3' && e.data.status === 'completed');
  await client.event('the session to be announced', (e) => e.type === 'session.created' && e.orgId === '3');

  const elsewhere = join(harness.root, '../elsewhere');
  await seedCredentials(elsewhere, { phone: fictionalPhone(2), device: 1, name: 'Slow' });
  const bytes = await readFile(join(elsewhere, 'creds.json'));
  await mkdir(harness.org('2'), { mode: 0o700 });
  const file = await open(join(harness.org('2'), 'creds.json'), 'w', 0o600);
  for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 12)) {
    await file.write(bytes.subarray(at, at + Math.ceil(bytes.length / 12)));
    await wait(150);
    expect(whatsapp.devices(fictionalPhone(2))[0]?.attempts ?? []).toEqual([]);
  }
  await file.close();
  const writtenAt = Date.now();
  await client.reaches('2', 'connected');
  expect(Date.now() - writtenAt).toBeLessThan(30_000);
  expect(await readFile(join(harness.org('2'), 'creds.json'), 'utf8')).toContain(
    JSON.parse(bytes.toString()).noiseKey.public.data,
  );
});

it('a copy that is renamed into place is taken up within a second or two, long before the periodic look', async () => {
  const program = harness.start({ SCAN_INTERVAL_MS: '3600000' });
  const client = await harness.client(program);
  await program.untilLogged('restore.done');
  const elsewhere = join(harness.root, '../elsewhere');
  await seedCredentials(elsewhere, { phone: fictionalPhone(7), device: 1, name: 'Seven' });
  await rename(elsewhere, harness.org('7'));
  await client.reaches('7', 'connected', 30_000);
  await harness.copy('7', '8');
  expect(await client.reaches('8', 'failed(conflict)')).toMatchObject({ state: 'failed' });
});
