/** Somebody hears about it: alerts of the built program, as a control client sees them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { House, hurriedPolicy, type Program } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const hurriedAlerts = { groupWaitMs: 1_000, groupIntervalMs: 2_000, settleMs: 5_000, retryingTooLongMs: 60_000 };
const whatsapp = new FakeWhatsApp();
let house: House;
let program: Program;
let client: Client;
interface Told {
  readonly name: string;
  readonly orgId: string | null;
  readonly severity: string;
  readonly action: string;
}
const told = (of: Client, type: string) => of.events.filter((e) => e.type === type).map((e) => e.data['alert'] as Told);
const listed = async (status: string) =>
  ((await client.call('alert.list', { status }))['items'] as Told[]).map(({ name, orgId }) => `${name} ${orgId}`);
const meet = async () => {
  client = await house.client(program);
  await client.call('subscribe', { topics: ['alerts'] });
};

beforeAll(async () => {
  const policy = { ...hurriedPolicy, gate: { ...hurriedPolicy.gate, outageMin: 20 }, alerts: hurriedAlerts };
  house = await House.at(await whatsapp.listen(), policy);
  for (let n = 1; n <= 40; n += 1) await seedCredentials(house.org(`org-${n}`), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
  program = house.start();
  await meet();
  for (let n = 1; n <= 40; n += 1) await client.reaches(`org-${n}`, 'connected');
});
afterAll(async () => {
  await house.close();
  await whatsapp.close();
});

it('an organization that WhatsApp unlinked: one critical alert, kept across a restart, resolved when it is paired again', async () => {
  whatsapp.revoke(fictionalPhone(1));
  await client.reaches('org-1', 'failed(revoked)');
  await client.event('the alert', (e) => e.type === 'alert.firing');
  expect(told(client, 'alert.firing')).toMatchObject([
    { name: 'SessionLoggedOut', orgId: 'org-1', severity: 'critical', action: expect.stringContaining('Pair') },
  ]);
  expect(await listed('firing')).toEqual(['SessionLoggedOut org-1']);

  await program.stop();
  program = house.start();
  await meet();
  for (let n = 2; n <= 40; n += 1) await client.reaches(`org-${n}`, 'connected');
  expect(await listed('firing')).toEqual(['SessionLoggedOut org-1']);

  const { pairingId } = await client.call('session.pair', { orgId: 'org-1' });
  const shown = await client.event(
    'a QR',
    (e) => e.type === 'pairing.updated' && e.data['pairingId'] === pairingId && e.data.qr !== undefined,
  );
  expect(await whatsapp.scan(shown.data.qr ?? '', { phone: fictionalPhone(1), name: 'Org 1' })).toMatchObject({ ok: true });
  await client.reaches('org-1', 'connected');
  await client.event('the end of the alert', (e) => e.type === 'alert.resolved');
  expect(told(client, 'alert.resolved')).toMatchObject([{ name: 'SessionLoggedOut', orgId: 'org-1' }]);
  expect(told(client, 'alert.firing')).toEqual([]); // it was told by the process before, and is not told again
  expect(await listed('firing')).toEqual([]);
  expect(await listed('resolved')).toEqual(['SessionLoggedOut org-1']);
});

it('everybody dropped at once: one alert and one resolution', async () => {
  const { port } = whatsapp;
  await whatsapp.close();
  await client.event('the alert', (e) => e.type === 'alert.firing' && (e.data['alert'] as Told).name === 'MassDisconnect');
  await whatsapp.listen(port);
  await client.event('its end', (e) => e.type === 'alert.resolved' && (e.data['alert'] as Told).name === 'MassDisconnect');
  for (let n = 1; n <= 40; n += 1) await client.reaches(`org-${n}`, 'connected');
  await until('a few more looks', () => program.looks(3).then(() => true));
  expect(told(client, 'alert.firing').map(({ name }) => name)).toEqual(['MassDisconnect']);
});
