/** Linking a device, and everything that can come between; and that no secret of it is ever in the log. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { qrSvg } from '../../src/base/qr.ts';
import { openKeyAdmin } from '../../src/offline/keys.ts';
import type { Result } from '../../src/protocol/methods.ts';
import { Client } from '../support/client.ts';
import { apiKey, hurriedPolicy, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const pairingMs = 4_000;
const whatsapp = new FakeWhatsApp();
const secrets: string[] = [apiKey];
let harness: ProgramHarness;
let program: Program;
let client: Client;
const restart = async (policy: object = hurriedPolicy) => {
  harness = await ProgramHarness.at(whatsapp.url, policy);
  program = harness.start({ LOG_LEVEL: 'trace' });
  client = await harness.client(program);
};
beforeAll(async () => {
  await whatsapp.listen();
  await restart();
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
  expect(whatsapp.stats()).toMatchObject({ doubleLogins: 0, deadLogins: 0, unreadable: 0 });
});
const step = (orgId: string, status: string, pairingId?: unknown) =>
  client.event(
    `the pairing of ${orgId} to be ${status}`,
    (e) =>
      e.type === 'pairing.updated' &&
      e.orgId === orgId &&
      e.data.status === status &&
      (pairingId === undefined || e.data['pairingId'] === pairingId),
  );
const pair = async (orgId: string, params: object = {}) =>
  (await client.call('session.pair', { orgId, ...params }))['pairingId'];
const directories = async () => (await readdir(harness.root)).filter((name) => name !== '.vigia').sort();
const pairings = () => readdir(join(harness.root, '.vigia/pairing'));
const qrOf = async (orgId: string, id: unknown) => {
  const qr = String((await step(orgId, 'qr', id)).data.qr);
  secrets.push(qr, ...qr.split(','));
  return qr;
};

it('by QR: linked, announced, connected, and running from then on', async () => {
  const id = await pair('acme');
  expect(await client.call('session.pair', { orgId: 'acme' })).toMatchObject({
    pairingId: id,
    changed: false,
  }); // joins the one under way
  const qr = await qrOf('acme', id);
  // nothing is in the organization's place before a phone has confirmed it
  expect(await directories()).toEqual([]);
  expect(await whatsapp.scan(qr, { phone: fictionalPhone(1), name: 'Acme' })).toMatchObject({ ok: true });
  await step('acme', 'completed', id);
  const session = await client.reaches('acme', 'connected');
  expect(session).toMatchObject({
    desired: 'running',
    credentials: 'restorable',
    lastError: null,
    pairing: null,
  });
  expect(session.account?.id).toContain(fictionalPhone(1));
  expect(await directories()).toEqual(['acme']);
  expect(await pairings()).toEqual([]);
});

it('by QR over HTTP alone, with a picture of every QR', async () => {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const url = await program.url();
  const post = async <M extends 'session.pair' | 'session.pairing' | 'session.get'>(method: M) => {
    const body = JSON.stringify({ orgId: 'plain' });
    const response = await fetch(`${url}/v1/${method}`, { method: 'POST', headers, body });
    return (await response.json()) as Result<M>;
  };
  const picture = () => fetch(`${url}/v1/pairing/plain/qr.svg`, { headers });
  expect((await picture()).status).toBe(404);
  const { pairingId } = await post('session.pair');
  await until('the picture', async () => (await picture()).status === 200);
  const { pairing } = await post('session.pairing');
  expect(pairing).toMatchObject({ pairingId, qr: { attempt: 1 } });
  const text = pairing?.qr?.text ?? '';
  secrets.push(text, ...text.split(','));
  expect(await (await picture()).text()).toBe(qrSvg(text));
  expect(await whatsapp.scan(text, { phone: fictionalPhone(7) })).toMatchObject({ ok: true });
  await until('it to be connected', async () => (await post('session.get')).session.state === 'connected');
  expect(await post('session.pairing')).toMatchObject({ pairing: null, session: { attention: null } });
  expect((await picture()).status).toBe(404);
});

it('by code: shown to the operator, typed on the phone', async () => {
  const phoneNumber = fictionalPhone(2);
  const id = await pair('coded', { method: 'code', phoneNumber });
  const code = String((await step('coded', 'code', id)).data.code);
  secrets.push(code);
  expect(client.events.filter((e) => e.orgId === 'coded' && e.data.qr !== undefined)).toEqual([]);
  expect(await whatsapp.enterCode(phoneNumber, 'AAAAAAAA')).toMatchObject({ ok: false });
  expect(await whatsapp.enterCode(phoneNumber, code)).toMatchObject({ ok: true });
  await step('coded', 'completed', id);
  expect((await client.reaches('coded', 'connected')).account?.id).toContain(phoneNumber);
});

it('cancelled: back to what it was, nothing is left, and the QR is worth nothing', async () => {
  const id = await pair('nobody');
  const qr = await qrOf('nobody', id);
  await client.call('session.cancelPairing', { orgId: 'nobody' });
  await step('nobody', 'cancelled', id);
  await client.reaches('nobody', 'idle');
  await until('its directory to be removed', async () => (await pairings()).length === 0);
  expect(await whatsapp.scan(qr, { phone: fictionalPhone(3) })).toMatchObject({
    ok: false,
    code: 'qr-expired',
  });
  await expect(client.call('session.cancelPairing', { orgId: 'nobody' })).rejects.toMatchObject({
    reason: 'invalid_state',
  });
});

it('a step that this client cannot do is said honestly, and the stored credentials stay as they are', async () => {
  whatsapp.options.companionRegRefresh = true;
  await client.call('session.stop', { orgId: 'acme' });
  const before = await readFile(join(harness.org('acme'), 'creds.json'));
  const id = await pair('acme');
  expect(await whatsapp.scan(await qrOf('acme', id), { phone: fictionalPhone(1) })).toMatchObject({
    code: 'companion-reg-refresh',
  });
  expect((await step('acme', 'action_required', id)).data).toMatchObject({
    action: 'passkey',
    detail: expect.stringContaining('will not complete') as string,
  });
  await client.call('session.cancelPairing', { orgId: 'acme' });
  whatsapp.options.companionRegRefresh = false;
  await client.reaches('acme', 'idle');
  expect(await readFile(join(harness.org('acme'), 'creds.json'))).toEqual(before);
  await client.call('session.restore', { orgId: 'acme' });
  await client.reaches('acme', 'connected');
});

it('a registration that WhatsApp refuses fails at once, and is not tried again by itself', async () => {
  whatsapp.options.refuseRegistration = true;
  const connections = whatsapp.stats().tcpAccepted;
  const id = await pair('refused');
  const { data } = await step('refused', 'failed', id);
  expect(data['reason']).toBe('network');
  const session = await client.reaches('refused', 'idle(network)');
  expect(session.lastError?.message.length).toBeGreaterThan(20);
  await program.looks(3);
  expect(whatsapp.stats().tcpAccepted).toBe(connections + 1);
  whatsapp.options.refuseRegistration = false;
});

it('of one that was revoked: the verdict is lifted, the dead credentials are archived', async () => {
  whatsapp.revoke(fictionalPhone(1));
  await client.reaches('acme', 'failed(revoked)');
  const id = await pair('acme');
  expect(await whatsapp.scan(await qrOf('acme', id), { phone: fictionalPhone(1), device: 9 })).toMatchObject({
    ok: true,
  });
  await step('acme', 'completed', id);
  expect((await client.reaches('acme', 'connected')).account?.id).toContain(`${fictionalPhone(1)}:9@`);
  const archive = join(harness.root, '.vigia/archive');
  const [kept = ''] = (await readdir(archive)).filter((name) => name.startsWith('acme-'));
  expect(await readFile(join(archive, kept, 'creds.json'), 'utf8')).toContain(`${fictionalPhone(1)}:1@`);
});

it('by a phone of another number: nothing is connected until somebody says that this is right', async () => {
  await client.call('session.stop', { orgId: 'acme' });
  const id = await pair('acme');
  expect(await whatsapp.scan(await qrOf('acme', id), { phone: fictionalPhone(6) })).toMatchObject({
    ok: true,
  });
  await step('acme', 'completed', id);
  const frozen = await client.reaches('acme', 'failed(wrong_account)');
  expect(frozen).toMatchObject({
    desired: 'running',
    account: { id: expect.stringContaining(fictionalPhone(1)) },
  });
  for (const method of ['session.restore', 'session.retry'])
    await expect(client.call(method, { orgId: 'acme' })).rejects.toThrow(/another number than before/);
  await program.looks(3);
  expect(whatsapp.devices(fictionalPhone(6))[0]?.attempts).toEqual([]);
  await client.call('session.restore', { orgId: 'acme', force: true });
  expect((await client.reaches('acme', 'connected')).account?.id).toContain(fictionalPhone(6));

  // and back, said in advance
  await client.call('session.stop', { orgId: 'acme' });
  const back = await pair('acme', { replaceAccount: true });
  expect(
    await whatsapp.scan(await qrOf('acme', back), { phone: fictionalPhone(1), device: 12 }),
  ).toMatchObject({ ok: true });
  await step('acme', 'completed', back);
  expect((await client.reaches('acme', 'connected')).account?.id).toContain(fictionalPhone(1));
});

it('a stored key comes in; a wrong one, and one in the address, do not', async () => {
  const made = await openKeyAdmin(harness.root).create({
    name: 'panel',
    scopes: ['sessions:pair', 'sessions:read'],
    orgs: ['acme'],
  });
  if (!made.ok) throw new Error(made.message);
  const wrong = `vigia_${made.keyId}_${'w'.repeat(43)}`;
  secrets.push(made.key, ...made.key.split('_').slice(2), wrong);
  const url = await program.url();
  const panel = await until('the key to open', () => Client.connect(url, made.key).catch(() => undefined));
  panel.close();
  await expect(Client.connect(url, wrong)).rejects.toThrow('401');
  expect((await fetch(`${url}/v1?key=${made.key}`)).status).toBe(400);
});

it('neither a key, nor a QR, nor a code, nor credentials are anywhere in the log', async () => {
  for (const org of ['acme', 'coded']) {
    const creds = JSON.parse(await readFile(join(harness.org(org), 'creds.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const bytes = JSON.stringify(creds).matchAll(/"([A-Za-z0-9+/]{24,}={0,2})"/g);
    for (const [, text = ''] of bytes) secrets.push(text, Buffer.from(text, 'base64').toString('hex'));
  }
  expect(secrets.length).toBeGreaterThan(30);
  expect(secrets.filter((secret) => secret.length >= 8 && program.output.includes(secret))).toEqual([]);
  for (const n of [1, 2]) expect(program.output).not.toContain(fictionalPhone(n)); // nor whose phone it is
  expect(program.logged('session.connected', 'acme')[0]).toMatchObject({ number: '999******01' });
});

it('nobody scans: it expires, and what it was before comes back with its verdict', async () => {
  await harness.close();
  await restart({ ...hurriedPolicy, pairingMs });
  await seedCredentials(harness.org('banned'), { phone: fictionalPhone(5), device: 1 });
  whatsapp.fault(fictionalPhone(5), { kind: 'failure', reason: 403 }, 1);
  await client.reaches('banned', 'failed(locked)');
  const ids = new Map<string, unknown>();
  for (const org of ['fresh', 'banned']) ids.set(org, await pair(org));
  for (const org of ['fresh', 'banned'])
    expect((await step(org, 'expired', ids.get(org))).data['reason']).toBe('pairing_expired');
  await client.reaches('fresh', 'idle(pairing_expired)');
  await client.reaches('banned', 'failed(locked)');
  expect(await directories()).toEqual(['banned']);
  await until('their directories to be removed', async () => (await pairings()).length === 0);
  expect(whatsapp.devices(fictionalPhone(5))[0]?.attempts).toHaveLength(1);
});
