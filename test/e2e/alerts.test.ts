/** Somebody hears about it: alerts of the built program, as a control client sees them. */

import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Receiver, secret } from '../delivery/harness.ts';
import type { Client } from '../support/client.ts';
import { hurriedPolicy, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const hurriedAlerts = {
  groupWaitMs: 1_000,
  groupIntervalMs: 2_000,
  settleMs: 5_000,
  retryingTooLongMs: 60_000,
};
const organizations = 200;
const whatsapp = new FakeWhatsApp();
const receiver = new Receiver();
let delivering: Record<string, string>;
let harness: ProgramHarness;
let program: Program;
let client: Client;
interface Reported {
  readonly name: string;
  readonly orgId: string | null;
  readonly severity: string;
  readonly action: string;
}
const reported = (of: Client, type: string) =>
  of.events.filter((e) => e.type === type).map((e) => e.data['alert'] as Reported);
const listed = async (status: string) =>
  ((await client.call('alert.list', { status }))['items'] as Reported[]).map(
    ({ name, orgId }) => `${name} ${orgId}`,
  );
/** What the webhook got, each verified with the library of the specification; the same one twice is one. */
const hooked = () => [
  ...new Map(
    receiver.got
      .filter(({ path }) => path === '/hook')
      .map(
        ({ body, headers }) =>
          new Webhook(secret).verify(body, headers) as {
            id: string;
            type: string;
            orgId: string | null;
            data: { alert?: Reported };
          },
      )
      .map((event) => [event.id, event]),
  ).values(),
];
const slacked = () =>
  receiver.got
    .filter(({ path }) => path === '/slack')
    .map(({ body }) => (JSON.parse(body) as { text: string }).text);
const managed = () =>
  receiver.got
    .filter(({ path }) => path === '/manager/api/v2/alerts')
    .map(({ body }) => JSON.parse(body) as { labels: { alertname: string; org?: string }; endsAt: string }[]);
/** So many, and nobody on the way. */
const allConnected = (wanted = organizations) =>
  until(
    `${wanted} connected`,
    async () => (await client.sessions()).filter(({ state }) => state === 'connected').length === wanted,
    120_000,
  );
const meet = async () => {
  client = await harness.client(program);
  await client.call('subscribe', { topics: ['alerts'] });
};

beforeAll(async () => {
  const policy = { ...hurriedPolicy, gate: { ...hurriedPolicy.gate, outageMin: 100 }, alerts: hurriedAlerts };
  harness = await ProgramHarness.at(await whatsapp.listen(), policy);
  const url = await receiver.listen();
  delivering = {
    WEBHOOK_URL: `${url}/hook`,
    WEBHOOK_SECRET: secret,
    SLACK_WEBHOOK_URL: `${url}/slack`,
    ALERTMANAGER_URL: `${url}/manager`,
    HEARTBEAT_URL: `${url}/alive`,
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  };
  for (let n = 1; n <= organizations; n += 1)
    await seedCredentials(harness.org(`org-${n}`), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
  program = harness.start(delivering);
  await meet();
  await allConnected();
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
  await receiver.close();
});

const longestMs = 300_000;
it('an organization that WhatsApp unlinked: one critical alert, kept across a restart, resolved when it is paired again', {
  timeout: longestMs,
}, async () => {
  whatsapp.revoke(fictionalPhone(1));
  await client.reaches('org-1', 'failed(revoked)');
  await client.event('the alert', (e) => e.type === 'alert.firing');
  expect(reported(client, 'alert.firing')).toMatchObject([
    {
      name: 'SessionLoggedOut',
      orgId: 'org-1',
      severity: 'critical',
      action: expect.stringContaining('Pair'),
    },
  ]);
  expect(await listed('firing')).toEqual(['SessionLoggedOut org-1']);

  await program.stop();
  program = harness.start(delivering);
  await meet();
  await allConnected(organizations - 1);
  expect(await listed('firing')).toEqual(['SessionLoggedOut org-1']);

  const { pairingId } = await client.call('session.pair', { orgId: 'org-1' });
  const shown = await client.event(
    'a QR',
    (e) => e.type === 'pairing.updated' && e.data['pairingId'] === pairingId && e.data.qr !== undefined,
  );
  expect(await whatsapp.scan(shown.data.qr ?? '', { phone: fictionalPhone(1), name: 'Org 1' })).toMatchObject(
    { ok: true },
  );
  await client.reaches('org-1', 'connected');
  await client.event('the end of the alert', (e) => e.type === 'alert.resolved');
  expect(reported(client, 'alert.resolved')).toMatchObject([{ name: 'SessionLoggedOut', orgId: 'org-1' }]);
  // it was told by the process before, and is not told again
  expect(reported(client, 'alert.firing')).toEqual([]);
  expect(await listed('firing')).toEqual([]);
  expect(await listed('resolved')).toEqual(['SessionLoggedOut org-1']);

  await until(
    'the world outside to have heard of both',
    () => hooked().filter(({ type }) => type.startsWith('alert.')).length >= 2 && slacked().length >= 2,
  );
  expect(
    hooked()
      .filter(({ type }) => type.startsWith('alert.'))
      .map(({ type, orgId, data }) => [type, orgId, data.alert?.name]),
  ).toEqual([
    ['alert.firing', 'org-1', 'SessionLoggedOut'],
    ['alert.resolved', 'org-1', 'SessionLoggedOut'],
  ]);
  expect(slacked()).toEqual([
    expect.stringMatching(/^FIRING SessionLoggedOut/),
    expect.stringMatching(/^RESOLVED SessionLoggedOut/),
  ]);
  expect(hooked().some(({ type, orgId }) => type === 'session.updated' && orgId === 'org-1')).toBe(true);
  expect(hooked().some(({ type }) => type === 'pairing.updated')).toBe(true);
  expect(receiver.got.map(({ body }) => body).join()).not.toContain(shown.data.qr);
  expect(
    managed()
      .flat()
      .some(({ labels }) => labels.alertname === 'SessionLoggedOut' && labels.org === 'org-1'),
  ).toBe(true);
  expect(receiver.got.some(({ path }) => path === '/alive')).toBe(true);
  expect(await client.call('webhook.test', { endpoint: 'webhook' })).toMatchObject({
    status: 204,
    error: null,
  });
});

it('everybody dropped at once: one alert and one resolution', { timeout: longestMs }, async () => {
  const { port } = whatsapp;
  await whatsapp.close();
  await client.event(
    'the alert',
    (e) => e.type === 'alert.firing' && (e.data['alert'] as Reported).name === 'MassDisconnect',
  );
  await whatsapp.listen(port);
  await client.event(
    'its end',
    (e) => e.type === 'alert.resolved' && (e.data['alert'] as Reported).name === 'MassDisconnect',
  );
  await allConnected();
  await until('a few more looks', () => program.looks(3).then(() => true));
  expect(reported(client, 'alert.firing').map(({ name }) => name)).toEqual(['MassDisconnect']);
  await until('Slack to have heard of both', () => slacked().length >= 4);
  expect(slacked().slice(2)).toEqual([
    expect.stringMatching(/^FIRING MassDisconnect/),
    expect.stringMatching(/^RESOLVED MassDisconnect/),
  ]);
});
