/**
 * Every row of the disconnect table, driven by WhatsApp and seen by a control client; and that no scan or
 * restart undoes a verdict.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import type { Fault, SessionFault } from '../support/whatsapp/faults.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

interface Row {
  readonly name: string;
  /** At the login, so many times. */
  readonly atLogin?: Fault;
  readonly times?: number;
  /** To the connected session. */
  readonly live?: SessionFault;
  /** Seen on the way, as `state(reason)`. */
  readonly sees?: string;
  readonly ends: string;
  readonly statusCode?: number;
}
const failure = (reason: number, attrs?: Record<string, string>): Fault => ({
  kind: 'failure',
  reason,
  ...(attrs && { attrs }),
});
const refusedOnce = (reason: number, sees: string): Row => ({
  name: `login-${reason}`,
  atLogin: failure(reason),
  times: 1,
  sees,
  ends: 'connected',
});
const rows: readonly Row[] = [
  { name: 'login-401', atLogin: failure(401), times: 1, ends: 'failed(revoked)', statusCode: 401 },
  {
    name: 'login-402',
    atLogin: failure(402, { code: '101', expire: '3600' }),
    times: 1,
    ends: 'failed(banned_temporarily)',
    statusCode: 402,
  },
  {
    name: 'login-402-that-ends',
    atLogin: failure(402, { code: '101', expire: '4' }),
    times: 1,
    sees: 'failed(banned_temporarily)',
    ends: 'connected',
  },
  { name: 'login-403', atLogin: failure(403), times: 1, ends: 'failed(locked)', statusCode: 403 },
  { name: 'login-406', atLogin: failure(406), times: 1, ends: 'failed(locked)', statusCode: 406 },
  refusedOnce(408, 'retrying(timeout)'),
  ...[409, 411, 413, 414, 415, 418, 500, 501].map((code) => refusedOnce(code, 'retrying(unknown)')),
  refusedOnce(428, 'retrying(network)'),
  refusedOnce(440, 'retrying(conflict)'),
  refusedOnce(503, 'retrying(server_busy)'),
  { name: 'login-515', atLogin: failure(515), times: 1, ends: 'connected' },
  {
    name: 'login-515-for-ever',
    atLogin: failure(515),
    sees: 'retrying(restart_required)',
    ends: 'failed(exhausted)',
  },
  {
    name: 'login-500-for-ever',
    atLogin: failure(500),
    sees: 'retrying(unknown)',
    ends: 'failed(unknown)',
    statusCode: 500,
  },
  {
    name: 'login-440-for-ever',
    atLogin: failure(440),
    sees: 'retrying(conflict)',
    ends: 'failed(conflict)',
    statusCode: 440,
  },
  {
    name: 'login-503-for-ever',
    atLogin: failure(503),
    sees: 'retrying(server_busy)',
    ends: 'failed(exhausted)',
  },
  {
    name: 'success-then-reset',
    atLogin: { kind: 'after-success', sessionFault: { kind: 'cut', how: 'reset' } },
    times: 1,
    sees: 'retrying(network)',
    ends: 'connected',
  },
  { name: 'live-515', live: { kind: 'stream-error', code: 515 }, sees: 'restoring', ends: 'connected' },
  {
    name: 'live-503',
    live: { kind: 'stream-error', code: 503 },
    sees: 'retrying(server_busy)',
    ends: 'connected',
  },
  {
    name: 'live-500',
    live: { kind: 'stream-error', code: 500 },
    sees: 'retrying(unknown)',
    ends: 'connected',
  },
  {
    name: 'live-nameless',
    live: { kind: 'stream-error', child: 'ack' },
    sees: 'retrying(unknown)',
    ends: 'connected',
  },
  {
    name: 'live-replaced',
    live: { kind: 'stream-error', conflict: 'replaced' },
    sees: 'retrying(conflict)',
    ends: 'connected',
  },
  {
    name: 'live-device-removed',
    live: { kind: 'stream-error', code: 401, conflict: 'device_removed' },
    ends: 'failed(revoked)',
    statusCode: 401,
  },
  { name: 'live-403', live: { kind: 'failure', reason: 403 }, ends: 'failed(locked)', statusCode: 403 },
  { name: 'live-xmlstreamend', live: { kind: 'xmlstreamend' }, sees: 'retrying(network)', ends: 'connected' },
  { name: 'live-downgrade', live: { kind: 'downgrade' }, sees: 'retrying(unknown)', ends: 'connected' },
  ...(['reset', 'fin', 'close'] as const).map(
    (how): Row => ({
      name: `live-${how}`,
      live: { kind: 'cut', how },
      sees: 'retrying(network)',
      ends: 'connected',
    }),
  ),
];

const whatsapp = new FakeWhatsApp();
const phoneOf = (row: Row) => fictionalPhone(rows.indexOf(row) + 1);
let harness: ProgramHarness;
let program: Program;
let client: Client;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  program = harness.start();
  client = await harness.client(program); // first: it must not miss what happens at the first login
  for (const row of rows) {
    if (row.atLogin) whatsapp.fault(phoneOf(row), row.atLogin, row.times);
    await seedCredentials(harness.org(row.name), { phone: phoneOf(row), device: 1, name: row.name });
  }
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});

const story = (org: string) =>
  client.events.flatMap(({ orgId, data: { session } }) =>
    orgId === org && session
      ? [`${session.state}${session.lastError ? `(${session.lastError.reason})` : ''}`]
      : [],
  );

describe('every way a connection can end', () => {
  it.concurrent.each(rows)('$name ends $ends', { timeout: 120_000 }, async (row) => {
    if (row.live) {
      await client.reaches(row.name, 'connected');
      client.events.splice(0, client.events.length, ...client.events.filter((e) => e.orgId !== row.name));
      await until('the blow to land', () => whatsapp.strike(phoneOf(row), row.live as SessionFault) === 1);
    }
    const { sees } = row;
    if (sees !== undefined) {
      await until(`${row.name} to be ${sees}`, () => story(row.name).includes(sees)).catch((error: Error) => {
        throw new Error(`${error.message}; it was: ${story(row.name).join(', ')}`);
      });
    }
    const session = await client.reaches(row.name, row.ends, 90_000);
    if (row.statusCode !== undefined) expect(session.lastError?.statusCode).toBe(row.statusCode);
    if (session.lastError) expect(session.lastError.message.length).toBeGreaterThan(20);
  });
});

describe('then', () => {
  const failed = () => rows.filter((row) => row.ends.startsWith('failed'));
  const attempts = () =>
    new Map(
      failed()
        .filter((row) => !row.ends.includes('exhausted'))
        .map((row) => [row.name, whatsapp.devices(phoneOf(row))[0]?.attempts.length]),
    );

  it('neither ten scans nor a restart try again what has failed or was stopped', {
    timeout: 120_000,
  }, async () => {
    await client.call('session.stop', { orgId: 'live-fin' });
    const before = attempts();
    await program.looks(10);
    expect(attempts()).toEqual(before);
    await program.kill();
    whatsapp.clearFaults();
    program = harness.start({ SCAN_INTERVAL_MS: '250' });
    client = await harness.client(program);
    for (const row of rows.filter((r) => r.ends === 'connected' && r.name !== 'live-fin'))
      await client.reaches(row.name, 'connected');
    await program.looks(10);
    for (const row of failed().filter((r) => !r.ends.includes('exhausted')))
      expect(await client.reaches(row.name, row.ends)).toMatchObject({ state: 'failed' });
    expect(await client.get('live-fin')).toMatchObject({ state: 'idle', desired: 'stopped' });
    expect(attempts()).toEqual(before);
  });

  it('commands on dead credentials are refused with a sentence, and a locked account needs force', async () => {
    for (const org of ['login-401', 'login-402']) {
      await expect(client.call('session.retry', { orgId: org })).rejects.toMatchObject({
        reason: 'invalid_state',
      });
      await expect(client.call('session.restore', { orgId: org })).rejects.toThrow(/Cannot restore/);
    }
    await expect(client.call('session.retry', { orgId: 'login-406' })).rejects.toMatchObject({
      reason: 'invalid_state',
    });
    whatsapp.revive(phoneOf(rows.find((row) => row.name === 'login-406') as Row));
    await client.call('session.retry', { orgId: 'login-406', force: true });
    await client.reaches('login-406', 'connected');
  });

  it('other credentials in its place lift the verdict', async () => {
    const fresh = join(harness.root, '../fresh');
    await seedCredentials(fresh, { phone: fictionalPhone(900), device: 2, name: 'fresh' });
    await rename(harness.org('login-401'), join(harness.root, '../old'));
    await rename(fresh, harness.org('login-401'));
    expect((await client.reaches('login-401', 'connected')).account?.id).toContain(fictionalPhone(900));
  });

  it('and WhatsApp has counted no double login and none with credentials known dead', () => {
    expect(whatsapp.stats()).toMatchObject({
      doubleLogins: 0,
      deadLogins: 0,
      unreadable: 0,
      registrations: 0,
    });
  });
});
