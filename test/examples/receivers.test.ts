/**
 * The receivers of docs/integrators/WEBHOOKS.md, each in a process of its own. The built program posts to
 * them, and what it posts is compared with the payloads of that page.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { webhookBodies, webhookExampleOf } from '../../src/protocol/webhooks.ts';
import { Receiver, secret } from '../delivery/harness.ts';
import type { Client } from '../support/client.ts';
import { runs, whyMissing } from '../support/debian.ts';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { whyNoPython } from './python.ts';
import { startListening } from './receiver-process.ts';

const examples = join(import.meta.dirname, '../../docs/examples/webhooks');
const languages = {
  node: { command: [process.execPath, 'receiver.mjs'], why: () => undefined },
  python: { command: ['python3', 'receiver.py'], why: whyNoPython },
  php: {
    command: ['php', '-S', '127.0.0.1:0', 'receiver.php'],
    why: () => whyMissing(() => runs('php', ['--version']), 'php-cli'),
  },
} as const;
type Language = keyof typeof languages;
const names = Object.keys(languages) as Language[];

const whatsapp = new FakeWhatsApp();
const captured = new Receiver();
const listening = new Map<Language, Awaited<ReturnType<typeof startListening>>>();
const whyNot = new Map<Language, string>();
let harness: ProgramHarness;
let client: Client;

/** A conversation is played by the tests of messages. */
const played = webhookBodies.filter(({ type }) => !/^(message|contact)\./.test(type));
/** Every type of event that is played here, one after another. */
const play = async () => {
  await client.reaches('acme', 'connected');
  const { pairingId } = await client.call('session.pair', { orgId: 'beta' });
  const qr = await client.event('a QR', (e) => e.data['pairingId'] === pairingId && e.data.qr !== undefined);
  await whatsapp.scan(qr.data.qr ?? '', { phone: fictionalPhone(2) });
  await client.reaches('beta', 'connected');
  const { link } = (await client.call('pairing.createLink', { orgId: 'beta' })) as {
    link: { linkId: string };
  };
  await client.call('pairing.revokeLink', { linkId: link.linkId });
  whatsapp.revoke(fictionalPhone(1));
  const has = (type: string) => captured.got.some(({ body }) => body.includes(`"type":"${type}"`));
  await until('the alert', () => has('alert.firing'));
  await client.call('session.stop', { orgId: 'acme' });
  await until('the end of the alert', () => has('alert.resolved'));
  await client.call('session.logout', { orgId: 'beta' });
  for (const endpoint of ['capture', ...listening.keys()]) await client.call('webhook.test', { endpoint });
  await until('every type', () => played.every(({ type }) => has(type)));
};
const delivered = async () => {
  const { items } = (await client.call('webhook.deliveries', { limit: 500 })) as {
    items: { id: string; endpoint: string; status: string }[];
  };
  return items;
};

beforeAll(async () => {
  const alerts = { groupWaitMs: 100, groupIntervalMs: 200, settleMs: 1_000 };
  harness = await ProgramHarness.at(await whatsapp.listen(), { ...hurriedPolicy, alerts });
  const base = join(harness.root, '..');
  await mkdir(harness.root, { recursive: true });
  const endpoints = [{ name: 'capture', url: await captured.listen(), secrets: [secret] }];
  for (const name of names) {
    const { command, why } = languages[name];
    const missing = why();
    if (missing !== undefined) {
      whyNot.set(name, missing);
      continue;
    }
    const env = { WEBHOOK_SECRET: secret, PORT: '0', SEEN: join(base, `seen-${name}`) };
    const receiver = await startListening(command, { cwd: examples, env });
    listening.set(name, receiver);
    endpoints.push({ name, url: `${receiver.url}/`, secrets: [secret] });
  }
  await writeFile(join(base, 'webhooks.json'), JSON.stringify(endpoints));
  await seedCredentials(harness.org('acme'), { phone: fictionalPhone(1), device: 1, name: 'acme' });
  const program = harness.start({
    WEBHOOKS_FILE: join(base, 'webhooks.json'),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  });
  client = await harness.client(program);
  await play();
});
afterAll(async () => {
  await harness.close();
  await Promise.all([...[...listening.values()].map((one) => one.close()), whatsapp.close()]);
  await captured.close();
  await rm(join(examples, '__pycache__'), { recursive: true, force: true });
});

/** The names of all fields; null fits whatever the other side has. */
const shapeOf = (value: unknown, other: unknown): unknown => {
  if (value === null || other === null) return 'may be null';
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'labels' ? 'by alert' : shapeOf(inner, (other as Record<string, unknown>)[name] ?? null),
    ]),
  );
};

it.each(played)('the payload of $type on the page has the form that the program sends', ({ type, body }) => {
  const all = captured.got.filter((got) => (JSON.parse(got.body) as { type: string }).type === type);
  expect(all.length).toBeGreaterThan(0);
  for (const got of all) {
    const event = new Webhook(secret).verify(got.body, got.headers) as Record<string, unknown>;
    expect(body.parse(event)).toEqual(event);
    const example = JSON.parse(JSON.stringify(webhookExampleOf(type))) as Record<string, unknown>;
    expect(shapeOf(example, event)).toEqual(shapeOf(event, example));
  }
});

it.for(names)(
  'the receiver for %s takes each event once, also when it is delivered again',
  async (name, { skip }) => {
    const receiver = listening.get(name);
    if (receiver === undefined) return skip(whyNot.get(name));
    const lines = () =>
      receiver.lines.map((line) => / ?([a-z]+\.[a-zA-Z]+ \S+)$/.exec(line)?.[1] ?? '').filter(Boolean);
    const isDone = async () =>
      (await delivered())
        .filter(({ endpoint }) => endpoint === name)
        .every(({ status }) => status === 'delivered');
    await until('everything to be delivered', isDone);
    const expected = captured.got
      .map(({ body }) => JSON.parse(body) as { type: string; orgId: string | null })
      .map(({ type, orgId }) => `${type} ${orgId ?? '-'}`);
    await until('the last line', () => lines().length >= expected.length);
    expect(lines().toSorted()).toEqual(expected.toSorted());

    const again = (await delivered()).find(({ endpoint }) => endpoint === name)?.id ?? '';
    await client.call('webhook.redeliver', { deliveryId: again });
    await until('the redelivery', isDone);
    expect(lines().toSorted()).toEqual(expected.toSorted());
  },
);

it.for(names)(
  'the receiver for %s refuses what is changed, old or signed by another',
  async (name, { skip }) => {
    const receiver = listening.get(name);
    if (receiver === undefined) return skip(whyNot.get(name));
    const body = JSON.stringify({ id: 'evt_new', type: 'webhook.test', orgId: null, data: {} });
    const foreign = `whsec_${Buffer.from('another secret, 24 bytes or more').toString('base64')}`;
    const post = async (by: readonly string[], at = Date.now(), sent = body, over = {}) => {
      const signature = by.map((one) => new Webhook(one).sign('evt_new', new Date(at), body)).join(' ');
      const headers = {
        'webhook-id': 'evt_new',
        'webhook-timestamp': String(Math.floor(at / 1_000)),
        'webhook-signature': signature,
        ...over,
      };
      return (await fetch(`${receiver.url}/`, { method: 'POST', headers, body: sent })).status;
    };
    expect(await post([foreign])).toBe(400);
    expect(await post([secret], Date.now() - 600_000)).toBe(400);
    expect(await post([secret], Date.now(), `${body} `)).toBe(400);
    expect(await post([secret], Date.now(), body, { 'webhook-id': 'evt_other' })).toBe(400);
    for (const time of ['soon', '', '-1', '1e9', '9'.repeat(5_000)])
      expect(await post([secret], Date.now(), body, { 'webhook-timestamp': time }), time).toBe(400);
    expect(await post([])).toBe(400);
    expect((await fetch(`${receiver.url}/`, { method: 'POST', body })).status).toBe(400);
    expect(await post([foreign, secret])).toBe(204); // while one replaces the other
  },
);
