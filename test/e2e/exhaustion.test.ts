/**
 * The machine runs out of something: file descriptors, or space on the disk. Nothing is lost, nobody is
 * judged for it, and it passes.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
let isMounted = false;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp({ chatty: true }); // every login makes the client write its credentials
  harness = await ProgramHarness.at(await whatsapp.listen(), {
    ...hurriedPolicy,
    backoffCapMs: 1_000,
    pingDeadlineMs: 10_000,
  });
});
afterEach(async () => {
  const { doubleLogins, deadLogins, registrations, unreadable, logouts } = whatsapp.stats();
  if (isMounted) execFileSync('umount', ['--lazy', harness.root]);
  isMounted = false;
  await harness.close();
  await whatsapp.close();
  expect({ doubleLogins, deadLogins, registrations, unreadable, logouts }).toEqual({
    doubleLogins: 0,
    deadLogins: 0,
    registrations: 0,
    unreadable: 0,
    logouts: 0,
  });
});
const seed = (path: string, n: number) =>
  seedCredentials(path, { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
/** What makes a device itself; the rest of creds.json changes with every login. */
const identities = async (orgs: readonly string[]) => {
  const of = async (org: string) => {
    const creds = JSON.parse(await readFile(join(harness.org(org), 'creds.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return [
      creds['noiseKey'],
      creds['signedIdentityKey'],
      creds['registrationId'],
      creds['advSecretKey'],
      creds['account'],
    ];
  };
  return Promise.all(orgs.map(of));
};
const noneFailed = async (client: Client) => {
  for (const { orgId, state, lastError } of await client.sessions())
    expect(`${state}(${lastError?.reason})`, orgId).not.toMatch(/^failed|^pairing/);
};

const canLimit = (() => {
  try {
    execFileSync('prlimit', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!canLimit)(
  'file descriptors: those that are connected stay, the others wait, and all come when there are some again',
  { timeout: 120_000 },
  async () => {
    const early = ['1', '2', '3', '4', '5'];
    const late = Array.from({ length: 25 }, (_, index) => String(index + 6));
    for (const org of early) await seed(harness.org(org), Number(org));
    for (const org of late) await seed(join(harness.root, '..', `late-${org}`), Number(org));
    const program = harness.start();
    const client = await harness.client(program);
    for (const org of early) await client.reaches(org, 'connected');
    const limit = (soft: number) =>
      execFileSync('prlimit', ['--pid', String(program.pid), `--nofile=${soft}:`]);
    /** The limit is on the number of a descriptor, not on how many there are: gaps below it are free too. */
    const leave = async (free: number) => {
      const taken = new Set(await readdir(`/proc/${program.pid}/fd`));
      let soft = 0;
      for (let left = free; left > 0 || taken.has(String(soft)); soft += 1)
        if (!taken.has(String(soft))) left -= 1;
      limit(soft);
    };
    await leave(3);
    for (const org of late) await rename(join(harness.root, '..', `late-${org}`), harness.org(org));
    const before = await identities(late);
    await until('descriptors to be missing', () => program.output.includes('EMFILE'));
    await until('looks to fail', async () => {
      await leave(0); // what an attempt that ends gives back would let a look succeed
      return program.logged('scan.failed').length >= 2;
    });
    await noneFailed(client);
    for (const org of early) expect(await client.get(org)).toMatchObject({ state: 'connected' });
    expect(program.exitCode).toBeUndefined();
    limit(1_024);
    // a write that failed is tried again within half a minute
    for (const org of late) await client.reaches(org, 'connected');
    for (const org of early) expect(whatsapp.devices(fictionalPhone(Number(org)))[0]?.logins).toHaveLength(1);
    expect(await identities(late)).toEqual(before);
    expect(await program.stop()).toBe(0);
  },
);

const tryMount = async (): Promise<boolean> => {
  try {
    await mkdir(harness.root, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'none', harness.root], {
      stdio: 'ignore',
    });
    isMounted = true;
  } catch {
    isMounted = false; // not root, or a sandbox: the in-process tests inject ENOSPC at the port
  }
  return isMounted;
};

it('space: the socket stays and is suspect, nobody new is let in, nothing is torn, and it recovers by itself', {
  timeout: 120_000,
}, async (context) => {
  if (!(await tryMount())) return context.skip();
  const orgs = ['1', '2', '3'];
  for (const org of orgs) await seed(harness.org(org), Number(org));
  const program = harness.start();
  const client = await harness.client(program);
  for (const org of orgs) await client.reaches(org, 'connected');
  await wait(3_000); // what follows a login has been written
  const before = await identities(orgs);
  await seed(join(harness.root, '.waiting'), 4);

  const filler = join(harness.root, '.filler');
  for (let bytes = 2 ** 20; bytes >= 1; bytes = Math.floor(bytes / 2))
    while (
      await writeFile(filler, Buffer.alloc(bytes), { flag: 'a' }).then(
        () => true,
        () => false,
      )
    );
  expect(whatsapp.strike(fictionalPhone(1), { kind: 'cut', how: 'reset' })).toBe(1);
  await until('1 to be suspect', async () => {
    const session = await client.get('1');
    return session?.state === 'connected' && session.liveness === 'suspect';
  });
  expect(program.logged('credentials.write_failed', '1')[0]).toMatchObject({ code: 'ENOSPC' });
  await rename(join(harness.root, '.waiting'), harness.org('4'));
  await client.reaches('4', 'restoring');
  await program.looks(3);
  expect(await client.get('4')).toMatchObject({ state: 'restoring', step: 'queued' });
  expect(await client.call('session.stop', { orgId: '2' })).toMatchObject({
    durable: false,
    session: { state: 'idle', desired: 'stopped' },
  });
  for (const org of ['1', '3']) expect(await client.get(org)).toMatchObject({ state: 'connected' });
  expect(await identities(orgs)).toEqual(before);

  await rm(filler);
  await until('1 to be well', async () => (await client.get('1'))?.liveness === 'healthy');
  await client.reaches('4', 'connected');
  expect(whatsapp.devices(fictionalPhone(3))[0]?.logins).toHaveLength(1);
  await client.call('session.restore', { orgId: '2' });
  await client.reaches('2', 'connected');
  expect(await identities(orgs)).toEqual(before);
  await program.kill();
  const again = await harness.client(harness.start());
  for (const org of [...orgs, '4']) await again.reaches(org, 'connected');
});
