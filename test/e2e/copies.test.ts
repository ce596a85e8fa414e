/** Two directories with one linked device, and directories that are still being copied in. */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen(), { ...hurriedPolicy, copyQuietMs: 2_000 });
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
  expect(whatsapp.stats()).toMatchObject({ doubleLogins: 0, deadLogins: 0, registrations: 0, logouts: 0 });
});
const elsewhere = (name: string) => join(harness.root, '..', name);
const device = () => whatsapp.devices(fictionalPhone(1))[0];
const seed = (path: string) =>
  seedCredentials(path, { phone: fictionalPhone(1), device: 1, name: 'Clinica' });
/** As a session that has given out more pre-keys. */
const useFurther = async (org: string): Promise<void> => {
  const file = join(harness.org(org), 'creds.json');
  const creds = JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
  for (const name of ['nextPreKeyId', 'firstUnuploadedPreKeyId']) creds[name] = (creds[name] ?? 1) + 40;
  await writeFile(file, JSON.stringify(creds));
};

describe('of two directories with one device', () => {
  it.each(['backup-clinica', 'z-backup'])('the newer one runs, also beside %s', async (backup) => {
    await seed(harness.org('clinica'));
    await harness.copy('clinica', backup);
    await useFurther('clinica');
    const program = harness.start();
    const client = await harness.client(program);
    await client.reaches('clinica', 'connected');
    expect(await client.reaches(backup, 'failed(conflict)')).toMatchObject({ duplicateOf: 'clinica' });
    expect(device()?.logins).toHaveLength(1);
    // the newer one goes away: the older one must not log in by itself, also after a restart
    await rename(harness.org('clinica'), elsewhere('kept'));
    await client.reaches(backup, 'failed(older_copy)');
    expect(await program.stop()).toBe(0);
    const again = await harness.client(harness.start());
    await again.reaches(backup, 'failed(older_copy)');
    await expect(again.call('session.restore', { orgId: backup })).rejects.toThrow(/older copy/);
    expect(device()?.logins).toHaveLength(1);
    // it comes back: it is the one that runs
    await rename(elsewhere('kept'), harness.org('clinica'));
    await again.reaches('clinica', 'connected');
    expect(device()?.logins).toHaveLength(2);
  });

  it('an older copy runs once an operator has chosen it, and then also after a restart', async () => {
    await seed(harness.org('clinica'));
    await harness.copy('clinica', 'old');
    await useFurther('clinica');
    const program = harness.start();
    const client = await harness.client(program);
    await client.reaches('clinica', 'connected');
    await rename(harness.org('clinica'), elsewhere('lost'));
    await client.reaches('old', 'failed(older_copy)');
    await client.call('session.restore', { orgId: 'old', force: true });
    await client.reaches('old', 'connected');
    await program.looks(2);
    expect(await program.stop()).toBe(0);
    await (await harness.client(harness.start())).reaches('old', 'connected');
  });

  it('none logs in while it is not known which is newer, and each names the other', async () => {
    await seed(harness.org('a'));
    await harness.copy('a', 'b');
    const program = harness.start();
    const client = await harness.client(program);
    expect(await client.reaches('a', 'failed(conflict)')).toMatchObject({ duplicateOf: 'b' });
    expect(await client.reaches('b', 'failed(conflict)')).toMatchObject({ duplicateOf: 'a' });
    await program.looks(3);
    expect(device()?.logins ?? []).toHaveLength(0);
    await rename(harness.org('a'), elsewhere('a'));
    await client.reaches('b', 'connected');
  });
});

it('a directory that is uploaded file by file logs in only when it is whole', async () => {
  await seed(elsewhere('source'));
  for (let n = 0; n < 8; n += 1) await writeFile(join(elsewhere('source'), `session-${n}.json`), '{}');
  const program = harness.start();
  const client = await harness.client(program);
  await mkdir(harness.org('acme'));
  for (const name of (await readdir(elsewhere('source'))).sort()) {
    await cp(join(elsewhere('source'), name), join(harness.org('acme'), name));
    expect(device()?.logins ?? []).toHaveLength(0);
    await wait(200); // the pace of the upload is the subject of this test
  }
  await client.reaches('acme', 'connected');
});

describe('credentials that were deleted', () => {
  it('of a live session are put back by a stop that follows at once', async () => {
    await seed(harness.org('acme'));
    const program = harness.start();
    await (await harness.client(program)).reaches('acme', 'connected');
    await rm(join(harness.org('acme'), 'creds.json'));
    expect(await program.stop()).toBe(0);
    expect(await readdir(harness.org('acme'))).toContain('creds.json');
    await (await harness.client(harness.start())).reaches('acme', 'connected');
  });
  it('while the program does not run are taken from the backup beside them', async () => {
    await seed(harness.org('acme'));
    const program = harness.start();
    await (await harness.client(program)).reaches('acme', 'connected');
    const backup = join(harness.org('acme'), 'creds.json.bak');
    await until('the backup', () => readFile(backup).catch(() => undefined));
    expect(await program.stop()).toBe(0);
    await rm(join(harness.org('acme'), 'creds.json'));
    const next = harness.start();
    await (await harness.client(next)).reaches('acme', 'connected');
    expect(next.logged('credentials.restored_from_backup', 'acme')).toHaveLength(1);
  });
});
