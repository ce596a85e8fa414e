/**
 * What befalls one organization stays with it: the others keep the connection they have, and it comes back by
 * itself where it can.
 */
import { dirname, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVigia, type Vigia } from '../../src/app/app.ts';
import type { Log, LogFields } from '../../src/base/log.ts';
import type { LogEvent } from '../../src/base/log-events.ts';
import { readConfig } from '../../src/config/config.ts';
import { type Disk, DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { Client } from '../support/client.ts';
import { apiKey, hurriedPolicy, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { trustTestRoot } from '../support/whatsapp/certificate.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const orgs = ['1', '2', '3', '4', '5'];
const whatsapp = new FakeWhatsApp();
const phoneOf = (org: string) => fictionalPhone(Number(org));
const logins = (org: string) => whatsapp.devices(phoneOf(org))[0]?.logins.length ?? 0;
const seedAll = async (harness: ProgramHarness) => {
  for (const org of orgs)
    await seedCredentials(harness.org(org), { phone: phoneOf(org), device: 1, name: `Org ${org}` });
};
const allConnected = async (client: Client) => {
  for (const org of orgs) await client.reaches(org, 'connected');
};
const counts = (names: readonly string[]) => new Map(names.map((org) => [org, logins(org)]));

beforeAll(async () => {
  await whatsapp.listen();
});
afterAll(async () => {
  await whatsapp.close();
  expect(whatsapp.stats()).toMatchObject({ doubleLogins: 0, deadLogins: 0, registrations: 0, logouts: 0 });
});

describe('bytes that no client can read, sent to one organization', () => {
  let harness: ProgramHarness;
  let program: Program;
  let client: Client;
  beforeAll(async () => {
    harness = await ProgramHarness.at(whatsapp.url);
    await seedAll(harness);
    program = harness.start();
    client = await harness.client(program);
    await allConnected(client);
  });
  afterAll(async () => {
    await harness.close();
  });

  it.each(['undecryptable', 'truncated', 'bad-zlib'] as const)(
    '%s: it comes back, the others never notice',
    async (what) => {
      const org = '3';
      const others = orgs.filter((one) => one !== org);
      const before = counts(others);
      const mine = logins(org);
      expect(whatsapp.strike(phoneOf(org), { kind: 'garbage', what })).toBe(1);
      await until('it to have logged in again', () => logins(org) > mine);
      const session = await client.reaches(org, 'connected');
      expect(session.lastError).toBeNull();
      expect(counts(others)).toEqual(before);
      for (const one of others)
        expect(await client.get(one)).toMatchObject({ state: 'connected', liveness: 'healthy' });
      expect(program.exitCode).toBeUndefined();
    },
  );
  it('a server that cannot prove that it is WhatsApp gets no login, and is no verdict on the account', async () => {
    const org = '2';
    const mine = logins(org);
    whatsapp.options.chain = 'foreignRoot';
    whatsapp.strike(phoneOf(org), { kind: 'cut', how: 'reset' });
    const line = await program.untilLogged('whatsapp.unproven', org);
    expect(line?.['why']).toContain('certificate signature invalid');
    await client.reaches(org, 'retrying');
    expect((await client.get(org))?.lastError).toMatchObject({ reason: 'network' });
    expect(logins(org)).toBe(mine);
    whatsapp.options.chain = 'usual';
    await client.reaches(org, 'connected');
    expect(program.logged('whatsapp.unproven').length).toBe(program.logged('whatsapp.unproven', org).length);
  });
  it('and all of it at once, to all of them: the process stays, and all come back', async () => {
    const before = counts(orgs);
    for (const what of ['undecryptable', 'truncated', 'bad-zlib'] as const)
      whatsapp.strike('all', { kind: 'garbage', what });
    await until('all to have logged in again', () =>
      orgs.every((org) => logins(org) > (before.get(org) ?? 0)),
    );
    await allConnected(client);
    expect(await program.stop()).toBe(0);
  });
});

describe('inside the process', () => {
  let harness: ProgramHarness;
  let vigia: Vigia;
  let client: Client;
  let undoTrust: () => void;
  const logged: LogEvent[] = [];
  let brokenLooks = 0;
  let full: string | undefined;

  /**
   * Its root cannot be listed while `brokenLooks` lasts, and nothing can be written into the directory of the
   * organization `full`.
   */
  const disk = (): Disk => {
    const real = nodeDisk();
    // what is written into an organization's directory goes through a held one
    const held = new Map<string, string>();
    return {
      ...real,
      hold: (directory, use) =>
        real.hold(directory, (here) => {
          held.set(normalize(here), directory);
          return use(here).finally(() => held.delete(normalize(here)));
        }),
      write: (path, content, mode) => {
        if (full === undefined || held.get(dirname(path)) !== harness.org(full))
          return real.write(path, content, mode);
        return Promise.reject(
          new DiskFault('write', path, Object.assign(new Error('full'), { code: 'ENOSPC' })),
        );
      },
      list: (directory) => {
        if (directory !== harness.root || brokenLooks === 0) return real.list(directory);
        brokenLooks -= 1;
        return Promise.reject(
          new DiskFault('list', directory, Object.assign(new Error('broken'), { code: 'EIO' })),
        );
      },
    };
  };
  /** A log that throws for every line about organization 2, and collects the events of the other lines. */
  const throwing = (bound: LogFields = {}): Log =>
    Object.assign(
      (event: LogEvent, fields: LogFields = {}) => {
        if ({ ...bound, ...fields }['org'] === '2') throw new Error('this listener is broken');
        logged.push(event);
      },
      { child: (fields: LogFields) => throwing({ ...bound, ...fields }) },
    );

  beforeAll(async () => {
    undoTrust = trustTestRoot();
    harness = await ProgramHarness.at(whatsapp.url);
    await seedAll(harness);
    const env = {
      AUTH_DIR: harness.root,
      PORT: '0',
      API_KEY: apiKey,
      WHATSAPP_WS_URL: whatsapp.url,
      POLICY_FILE: 'policy.json',
      SCAN_INTERVAL_MS: '200',
      MAX_REQUESTS_PER_10_SECONDS: '100000',
    };
    const result = readConfig(env, () => JSON.stringify(hurriedPolicy));
    if (!result.ok) throw new Error(result.problems.join('\n'));
    vigia = await startVigia(result.config, throwing(), { disk: disk() });
    client = await Client.connect(vigia.url, apiKey);
  });
  afterAll(async () => {
    client?.close();
    await vigia?.stop();
    await harness?.close();
    undoTrust?.();
  });

  it('a listener that throws silences neither the other listeners nor the other organizations', async () => {
    await allConnected(client);
    expect(logged).toContain('listener.failed');
    whatsapp.strike(phoneOf('2'), { kind: 'cut', how: 'reset' });
    await client.event(
      'the loss of 2 to be told',
      (e) => e.orgId === '2' && e.data.session?.state === 'retrying',
    );
    await allConnected(client);
  });
  it('a scan of the directory that fails is logged and repeated, and stops no session', async () => {
    await allConnected(client);
    const before = counts(orgs);
    brokenLooks = 3;
    await until(
      'the looks to have failed',
      () => logged.filter((event) => event === 'scan.failed').length === 3,
    );
    await seedCredentials(harness.org('6'), { phone: phoneOf('6'), device: 1, name: 'Org 6' });
    await client.reaches('6', 'connected');
    expect(counts(orgs)).toEqual(before);
  });

  it('one whose credentials cannot be written keeps its socket, is suspect, and recovers; the others stay well', async () => {
    whatsapp.options.chatty = true; // after a login the client writes its credentials
    await allConnected(client);
    const others = orgs.filter((org) => org !== '4');
    const before = counts(others);
    full = '4';
    whatsapp.strike(phoneOf('4'), { kind: 'cut', how: 'reset' });
    const liveness = async (org: string) => (await client.get(org))?.liveness;
    await until('it to be suspect', async () => (await liveness('4')) === 'suspect');
    for (const org of others)
      expect(await client.get(org)).toMatchObject({ state: 'connected', liveness: 'healthy' });
    full = undefined;
    await until('it to be well', async () => (await liveness('4')) === 'healthy');
    expect(counts(others)).toEqual(before);
    whatsapp.options.chatty = false;
  });
});
