/**
 * Connections that die without a word are noticed, with the real client on the real clock: those that Baileys
 * alone never reports included. The two slow ones run with the default numbers, side by side; the rest in a
 * hurry.
 */

import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { LogEvent } from '../../src/base/log-events.ts';
import type { Client } from '../support/client.ts';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import type { Fault } from '../support/whatsapp/faults.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { node } from '../support/whatsapp/stanza.ts';

const left = new Set<() => Promise<void>>();
afterAll(async () => {
  for (const close of left) await close();
});
/** A program with organizations `1` to `orgs`, on a WhatsApp of its own with a fault from the start. */
const openHarness = async (
  orgs: number,
  policy: object,
  fault?: { readonly target: string; readonly fault: Fault; readonly times?: number },
) => {
  const whatsapp = new FakeWhatsApp();
  const harness = await ProgramHarness.at(await whatsapp.listen(), policy);
  const close = async () => {
    left.delete(close);
    await harness.close();
    await whatsapp.close();
    expect(whatsapp.stats()).toMatchObject({
      doubleLogins: 0,
      deadLogins: 0,
      unreadable: 0,
      registrations: 0,
      logouts: 0,
    });
  };
  left.add(close); // at the end, should the test fail before
  for (let n = 1; n <= orgs; n += 1)
    await seedCredentials(harness.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
  if (fault) whatsapp.fault(fault.target, fault.fault, fault.times);
  const program = harness.start();
  return { whatsapp, program, close, client: await harness.client(program) };
};
const story = (client: Client, org: string) =>
  client.events.flatMap(({ orgId, data: { session } }) =>
    orgId === org && session
      ? [`${session.state}${session.lastError ? `(${session.lastError.reason})` : ''}`]
      : [],
  );
const comesBack = async (client: Client, org: string, sees: string) => {
  const session = await client.event(`${org} to be ${sees}`, ({ orgId, data }) => {
    const { state, lastError } = data.session ?? {};
    return orgId === org && `${state}(${lastError?.reason})` === sees;
  });
  await client.reaches(org, 'connected');
  return session.data.session;
};
const quick = { ...hurriedPolicy, connectMs: 2_000, verifyMs: 2_000 };

describe.concurrent('with the default numbers', () => {
  it('a socket that goes silent is noticed within 50 s, and a login that is never answered within 100 s', {
    timeout: 150_000,
  }, async () => {
    const { whatsapp, client, close } = await openHarness(
      3,
      { ...defaultPolicy, backoffBaseMs: 100 },
      {
        target: fictionalPhone(2),
        fault: { kind: 'login-silent' },
        times: 1,
      },
    );
    const startedAt = Date.now();
    await client.reaches('1', 'connected');
    const silentSince = Date.now();
    expect(whatsapp.strike(fictionalPhone(1), { kind: 'freeze' })).toBe(1);
    await until('the ping to be missed', async () => (await client.get('1'))?.liveness === 'suspect', 45_000);
    await until('it to be given up', () => story(client, '1').includes('retrying(unhealthy)'), 55_000);
    const noticedMs = Date.now() - silentSince;
    expect(noticedMs).toBeGreaterThan(10_000); // an answer may take as long
    expect(noticedMs).toBeLessThan(52_000);
    await client.reaches('1', 'connected');

    await until('the login to be given up', () => story(client, '2').includes('retrying(timeout)'), 100_000);
    expect(Date.now() - startedAt).toBeGreaterThan(80_000);
    expect(Date.now() - startedAt).toBeLessThan(100_000);
    await client.reaches('2', 'connected');
    expect(whatsapp.devices(fictionalPhone(3))[0]?.logins).toHaveLength(1); // the third was never disturbed
    await close();
  });
});

describe.concurrent('in a hurry', () => {
  it('an upgrade refused with 503, 429, 407 or 403 is noticed at once, and is never a verdict on the account', async () => {
    for (const status of [503, 429, 407, 403]) {
      const { client, program, close } = await openHarness(
        1,
        { ...hurriedPolicy, connectMs: 60_000 },
        { target: 'all', fault: { kind: 'refuse', status }, times: 2 },
      );
      const session = await comesBack(client, '1', 'retrying(network)');
      expect(session?.lastError?.statusCode).toBe(status);
      const at = (event: LogEvent) => Date.parse(String(program.logged(event, '1')[0]?.['time']));
      expect(at('session.retrying') - at('session.restoring')).toBeLessThan(5_000);
      await close();
    }
  });
  it.each<{ fault: Fault; sees: string }>([
    { fault: { kind: 'reset' }, sees: 'retrying(network)' },
    { fault: { kind: 'hang' }, sees: 'retrying(timeout)' },
    { fault: { kind: 'noise-silent' }, sees: 'retrying(timeout)' },
    { fault: { kind: 'login-silent' }, sees: 'retrying(timeout)' },
    { fault: { kind: 'login-dead' }, sees: 'retrying(timeout)' },
    { fault: { kind: 'mute' }, sees: 'retrying(timeout)' }, // the client is open only after a first answer
  ])('$fault.kind is seen as $sees, and it comes back', async ({ fault, sees }) => {
    const { client, whatsapp, close } = await openHarness(1, quick, { target: 'all', fault, times: 1 });
    await comesBack(client, '1', sees);
    expect(whatsapp.stats().openConnections).toBe(1); // what was given up is closed
    await close();
  });
  it('a login whose backlog never comes is taken for connected after a while', async () => {
    const { client, whatsapp, close } = await openHarness(
      1,
      { ...hurriedPolicy, verifyMs: 5_000 },
      { target: 'all', fault: { kind: 'half-login' } },
    );
    await client.reaches('1', 'connected');
    expect(whatsapp.stats().logins).toBe(1);
    await close();
  });
  it('a transport that lives while nobody answers is given up, too', async () => {
    const { client, whatsapp, close } = await openHarness(2, hurriedPolicy);
    for (const org of ['1', '2']) await client.reaches(org, 'connected');
    whatsapp.strike(fictionalPhone(1), { kind: 'mute' });
    await comesBack(client, '1', 'retrying(unhealthy)');
    expect(story(client, '2').filter((s) => s.startsWith('retrying'))).toEqual([]);
    await close();
  });
  it('a server that is away for a while: retried without a strike, for as long as it takes', async () => {
    const { client, whatsapp, program, close } = await openHarness(3, {
      ...hurriedPolicy,
      backoffCapMs: 100,
      maxStrikes: 3,
    });
    for (const org of ['1', '2', '3']) await client.reaches(org, 'connected');
    const { port } = whatsapp;
    await whatsapp.close();
    await until('many tries', () => program.logged('session.retrying', '1').length > 10);
    for (const org of ['1', '2', '3'])
      expect(story(client, org).filter((s) => s.startsWith('failed'))).toEqual([]);
    expect(program.logged('outage.began')).toHaveLength(1);
    await whatsapp.listen(port);
    for (const org of ['1', '2', '3']) await client.reaches(org, 'connected');
    await program.untilLogged('outage.ended');
    await close();
  });
});

it('a client that tells of no message although messages arrive gets one new socket an hour, and is suspect until then', async () => {
  const { whatsapp, client, close } = await openHarness(2, {
    ...hurriedPolicy,
    deafMs: 2_000,
    deafCureEveryMs: 3_600_000,
  });
  for (const org of ['1', '2']) await client.reaches(org, 'connected');
  let n = 0;
  // The client library acknowledges a message of this kind and tells nobody: the same as a deaf one, seen
  // from outside.
  const passedOver = setInterval(() => {
    n += 1;
    const attrs = {
      from: `${fictionalPhone(99)}@s.whatsapp.net`,
      id: `3EB0${n}`,
      t: `${Math.floor(Date.now() / 1_000)}`,
      type: 'text',
    };
    whatsapp.deliver(
      fictionalPhone(1),
      node('message', attrs, [node('enc', { v: '2', type: 'msmsg' }, randomBytes(32))]),
    );
  }, 200);
  try {
    await comesBack(client, '1', 'retrying(deaf)');
    await until('it to be deaf again', async () => (await client.get('1'))?.liveness === 'deaf');
    expect(await client.get('1')).toMatchObject({ state: 'connected', lastError: null });
    expect(whatsapp.devices(fictionalPhone(1))[0]?.logins).toHaveLength(2);
  } finally {
    clearInterval(passedOver);
  }
  expect(await client.get('2')).toMatchObject({ state: 'connected', liveness: 'healthy' });
  expect(whatsapp.devices(fictionalPhone(2))[0]?.logins).toHaveLength(1);
  await close();
});
