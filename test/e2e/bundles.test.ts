/** One organization moved from one running server to another, by the command line. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine, vigia } from '../support/command-line.ts';
import { ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let before: ProgramHarness;
let after: ProgramHarness;
let base = '';
let bundle = '';
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  const url = await whatsapp.listen();
  [before, after] = [await ProgramHarness.at(url), await ProgramHarness.at(url)];
  base = await mkdtemp(join(tmpdir(), 'vigia-bundle-'));
  bundle = join(base, 'one.bundle');
});
afterEach(async () => {
  await before.close();
  await after.close();
  await whatsapp.close();
  await rm(base, { recursive: true, force: true });
  expect(whatsapp.stats()).toMatchObject({
    doubleLogins: 0,
    deadLogins: 0,
    unreadable: 0,
    registrations: 0,
    logouts: 0,
  });
});
const seed = (harness: ProgramHarness, n: number, preKeys = 5) =>
  seedCredentials(harness.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}`, preKeys });
const at = (harness: ProgramHarness, ...args: string[]) => vigia(args, { AUTH_DIR: harness.root }, base);
const device = (n: number) => whatsapp.devices(fictionalPhone(n))[0];
const filesIn = async (directory: string): Promise<Record<string, string>> => {
  const names = await readdir(directory).catch(() => []);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])),
  );
};

describe('an organization', () => {
  it('moves to another server: stopped here, exported, imported beside the one that runs there, and taken up by itself', async () => {
    whatsapp.options.chatty = true; // so that what is moved goes on changing
    await seed(before, 1);
    await seed(after, 2);
    const [here, there] = [await before.client(before.start()), await after.client(after.start())];
    await here.reaches('1', 'connected');
    await there.reaches('2', 'connected');

    const early = await at(before, 'export', '1', '--out', bundle);
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toMatch(/"1" may be running.*Stop it first/);
    await here.call('session.stop', { orgId: '1' });
    const exported = await at(before, 'export', '1', '--out', bundle, '--json');
    expect(exported.code).toBe(0);
    expect(exported.stderr).toMatch(/Its credentials give access/);
    expect((await stat(bundle)).mode & 0o777).toBe(0o600);

    const imported = await at(after, 'import', bundle, '--json');
    expect(imported.code).toBe(0);
    expect(imported.objects()[0]).toMatchObject({
      ok: true,
      org: '1',
      supervised: true,
      stopped: false,
      same: false,
    });
    const session = await there.reaches('1', 'connected');
    expect(session.account?.id).toContain(fictionalPhone(1));
    expect(await here.get('1')).toMatchObject({ state: 'idle', desired: 'stopped' });
    expect(device(1)?.logins).toHaveLength(2);
    expect(device(2)?.logins).toHaveLength(1);

    const again = await at(after, 'import', bundle, '--force');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/"1" may be running/) as string });
    const exportedFiles = JSON.stringify(await filesIn(before.org('1')));
    await until(
      'it to write something there',
      async () => JSON.stringify(await filesIn(after.org('1'))) !== exportedFiles,
    );
    await there.call('session.stop', { orgId: '1' });
    const older = await at(after, 'import', bundle);
    expect(older).toMatchObject({ code: 1, stderr: expect.stringMatching(/older copy.*--force/s) as string });
    const forced = await at(after, 'import', bundle, '--force');
    expect(forced).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/The previous content is in .*archive.*It is stopped/s) as string,
    });
    expect(device(1)?.logins).toHaveLength(2); // stopped stays stopped
    await there.call('session.restore', { orgId: '1' });
    await there.reaches('1', 'connected');
  });

  it('goes through a pipe, from a directory that no Vigía ever touched, which stays untouched', async () => {
    await seed(before, 1);
    const names = await readdir(before.root);
    const exporting = new CommandLine(['export', '1'], { AUTH_DIR: before.root });
    const importing = new CommandLine(['import', '-', '--org', 'acme'], { AUTH_DIR: after.root });
    exporting.child.stdout?.pipe(importing.child.stdin ?? process.stdout);
    expect(await Promise.all([exporting.ended, importing.ended])).toEqual([0, 0]);
    expect(await readdir(before.root)).toEqual(names);
    expect(await filesIn(after.org('acme'))).toEqual(await filesIn(before.org('1')));
    const client = await after.client(after.start());
    await client.reaches('acme', 'connected');
  });

  it('is never half there, whenever the import is killed', async () => {
    await seed(before, 1, 400);
    await at(before, 'export', '1', '--out', bundle);
    await seed(after, 9, 3);
    await rm(after.org('1'), { recursive: true, force: true });
    const whole = await filesIn(before.org('1'));
    const pairings = join(after.root, '.vigia/pairing');
    const old = { identity: await filesIn(after.org('9')) };
    let cut = 0;
    for (let n = 0; n < 8; n += 1) {
      const importing = new CommandLine(['import', bundle, '--org', '9', '--force'], {
        AUTH_DIR: after.root,
      });
      await until(
        'it to begin',
        async () => (await readdir(pairings).catch(() => [])).length > 0 || importing.child.exitCode !== null,
      );
      await wait(n * 25);
      importing.child.kill('SIGKILL');
      if ((await importing.ended) === 'SIGKILL') cut += 1;
      const there = await filesIn(after.org('9'));
      expect([{}, old.identity, whole]).toContainEqual(there);
      if (Object.keys(there).length === 0)
        expect(await readdir(join(after.root, '.vigia/archive'))).toHaveLength(1);
    }
    expect(cut).toBeGreaterThan(2);
    expect((await at(after, 'import', bundle, '--org', '9', '--force')).code).toBe(0);
    expect(await filesIn(after.org('9'))).toEqual(whole);
    expect(await readdir(pairings)).toEqual([]);
    const archived = await readdir(join(after.root, '.vigia/archive'));
    const kept = await Promise.all(
      archived.map((name) => filesIn(join(after.root, '.vigia/archive', name)).catch(() => ({}))),
    );
    expect(kept).toContainEqual(old.identity);
  });
});
