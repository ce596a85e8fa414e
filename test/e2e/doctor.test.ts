/** What the doctor foretells is what the program then does; beside the program it disturbs nothing. */
import { appendFile, cp, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../src/doctor/report.ts';
import { vigia } from '../support/command-line.ts';
import { ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
  expect(whatsapp.stats()).toMatchObject({
    doubleLogins: 0,
    deadLogins: 0,
    unreadable: 0,
    registrations: 0,
    logouts: 0,
  });
});
const seed = (org: string, n: number, preKeys = 2) =>
  seedCredentials(harness.org(org), { phone: fictionalPhone(n), device: 1, preKeys });
const examined = async (
  ...args: string[]
): Promise<{ readonly code: number | string; readonly report: DoctorReport }> => {
  const { code, objects } = await vigia(['doctor', '--json', ...args], { AUTH_DIR: harness.root, PORT: '0' });
  return { code, report: objects()[0] as unknown as DoctorReport };
};
const codesOf = ({ report }: { readonly report: DoctorReport }) => report.findings.map(({ code }) => code);
const organization = ({ report }: { readonly report: DoctorReport }, org: string) =>
  report.organizations.find((one) => one.org === org);
const everythingIn = async (): Promise<readonly string[]> =>
  (await readdir(harness.root, { recursive: true })).sort();

describe('the doctor', () => {
  it('says of a directory of plain Baileys that it is ready to be taken over, and leaves it as it was', async () => {
    await seed('2', 2);
    await seed('4', 4);
    const at = new Date('2026-01-15T03:35:00Z');
    for (const org of ['2', '4'])
      for (const path of [join(harness.org(org), 'creds.json'), harness.org(org)])
        await utimes(path, new Date(0), at);
    const before = await everythingIn();
    const seen = await examined();
    expect(seen.code).toBe(0);
    expect(codesOf(seen)).toContain('takeover_ready');
    expect(seen.report.organizations.map(({ next }) => next.does)).toEqual(['restore', 'restore']);
    expect(await everythingIn()).toEqual(before);
    const text = await vigia(['doctor', harness.root], { PORT: '0' });
    expect(text.stdout).toMatch(
      /^ok {4}Vigía has never run here, and the directory is ready to be taken over \(2 restorable\)\.$/m,
    );
    expect(text.stdout).toMatch(/2 organizations \(2 to be restored\)/);
  });

  it('foretells what the program then does', async () => {
    for (const [org, n, preKeys] of [
      ['running', 1, 30], // the newer of two copies: its counters are ahead of those of `twin`
      ['stopped', 2, 2],
      ['torn', 3, 2],
      ['saved', 4, 2],
      ['twin', 1, 2],
    ] as const)
      await seed(org, n, preKeys);
    await seed('revoked', 6);
    await appendFile(join(harness.org('torn'), 'creds.json'), '}}');
    await cp(join(harness.org('saved'), 'creds.json'), join(harness.org('saved'), 'creds.json.bak'));
    await writeFile(join(harness.org('saved'), 'creds.json'), '{"half');
    await mkdir(harness.org('unknown'), { mode: 0o700 });
    await symlink(harness.org('running'), harness.org('linked'));
    const first = harness.start();
    const client = await harness.client(first);
    await client.reaches('running', 'connected');
    await client.reaches('stopped', 'connected');
    await client.call('session.stop', { orgId: 'stopped' });
    await client.reaches('revoked', 'connected');
    whatsapp.revoke(fictionalPhone(6));
    await client.reaches('revoked', 'failed(revoked)');
    await first.stop();

    // it ran for less than a scan, so its last writes must be some seconds old to count as no copy in progress
    const seen = await until('the last writes to be old enough', async () => {
      const report = await examined();
      return organization(report, 'running')?.next.does === 'wait_until_settled' ? undefined : report;
    });
    const foretold = Object.fromEntries(seen.report.organizations.map(({ org, next }) => [org, next.does]));
    expect(foretold).toMatchObject({
      running: 'restore',
      twin: 'leave_failed',
      stopped: 'leave_stopped',
      revoked: 'leave_failed',
      linked: 'ignore',
    });
    expect(foretold).not.toHaveProperty('unknown');
    expect(seen.code).toBe(1);
    expect(organization(seen, 'twin')?.findings.map(({ code }) => code)).toContain('duplicate');
    expect(organization(seen, 'torn')?.next.sentence).toMatch(/then leaves it failed: creds_corrupt$/);
    expect(organization(seen, 'saved')?.next.sentence).toMatch(/then restores it$/);

    const again = await harness.client(harness.start());
    await again.reaches('running', 'connected');
    await again.reaches('twin', 'failed(conflict)');
    await again.reaches('revoked', 'failed(revoked)');
    expect(await again.get('stopped')).toMatchObject({ state: 'idle', desired: 'stopped' });
    expect((await again.sessions()).map(({ orgId }) => orgId)).not.toContain('linked');
  });

  it('beside a program that runs: says who holds the lock, and nobody notices', async () => {
    for (const n of [1, 2, 3]) await seed(String(n), n);
    const program = harness.start();
    const client = await harness.client(program);
    for (const n of [1, 2, 3]) await client.reaches(String(n), 'connected');
    let before: readonly string[] = [];
    await until('the sessions to have written what they had to', async () => {
      const [seen, backups] = [await everythingIn(), [1, 2, 3].map((n) => `${n}/creds.json.bak`)];
      const isQuiet = seen.join() === before.join() && backups.every((name) => seen.includes(name));
      before = seen;
      await wait(1_000);
      return isQuiet;
    });
    for (let n = 0; n < 3; n += 1) {
      const seen = await examined();
      expect(seen.code).toBe(0);
      expect(seen.report.findings.find(({ code }) => code === 'lock_held')?.message).toContain(
        `process ${program.pid} on `,
      );
      expect(seen.report.organizations.map(({ credentials }) => credentials)).toEqual([
        'restorable',
        'restorable',
        'restorable',
      ]);
    }
    expect(await everythingIn()).toEqual(before);
    for (const n of [1, 2, 3]) expect(whatsapp.devices(fictionalPhone(n))[0]?.logins).toHaveLength(1);
    await program.kill();
    expect(codesOf(await examined())).toContain('lock_free');
  });
});

describe('the healthcheck', () => {
  it('succeeds while the program runs, and fails afterwards', async () => {
    const program = harness.start();
    const { port } = new URL(await program.url());
    const asked = () => vigia(['healthcheck'], { PORT: port });
    expect(await asked()).toMatchObject({
      code: 0,
      stdout: `healthy: http://127.0.0.1:${port}/livez (HTTP 200)\n`,
    });
    expect((await vigia(['healthcheck', '--url', `ws://127.0.0.1:${port}/`])).code).toBe(0);
    expect((await vigia(['healthcheck'], { PORT: port, HOST: '0.0.0.0' })).code).toBe(0);
    await program.stop();
    expect(await asked()).toMatchObject({
      code: 1,
      stdout: `not healthy: http://127.0.0.1:${port}/livez (ECONNREFUSED)\n`,
    });
  });
});
