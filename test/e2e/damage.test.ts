/**
 * What may lie where credentials should: the state and its sentence, no byte of it changed, and nobody else
 * disturbed.
 */
import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

/** Root is not bound by modes, so there the program runs as another user. */
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const phones = { good: 1, good2: 2, symlinked: 3, linked: 4, unreadable: 5, locked: 6, backed: 7 };
const corruptWithinMs = 100_000;

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let program: Program;
let client: Client;

/** Every entry below `path` with what it is and holds. */
const contents = async (path: string): Promise<string[]> => {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return [`${path} -> ${await readlink(path)}`];
  if (stat.isFile())
    return [
      `${path} ${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`,
    ];
  const below = await Promise.all((await readdir(path)).sort().map((name) => contents(join(path, name))));
  return [path, ...below.flat()];
};
const give = async (path: string): Promise<void> => {
  if (isRoot)
    for (const entry of [path, ...(await readdir(path, { recursive: true })).map((name) => join(path, name))])
      await chown(entry, nobody, nobody);
};
const seed = (path: string, n: number) =>
  seedCredentials(path, { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
const put = async (org: string, text: string | Buffer): Promise<void> => {
  await mkdir(harness.org(org), { recursive: true, mode: 0o700 });
  await writeFile(join(harness.org(org), 'creds.json'), text, { mode: 0o600 });
};
const elsewhere = (name: string) => join(harness.root, '..', name);
const corrupt = ['empty', 'truncated', 'shape', 'null', 'list', 'directory', 'symlinked'];
let before: Map<string, string[]>;
let damagedBeside: Buffer;

beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  for (const org of ['good', 'good2', 'unreadable', 'locked', 'backed'] as const)
    await seed(harness.org(org), phones[org]);
  const sound = await readFile(join(harness.org('good'), 'creds.json'));
  await put('empty', '');
  await put('truncated', sound.subarray(0, Math.floor(sound.length / 2)));
  await put('shape', '{"noiseKey":"a string","me":{"id":"99900000009:1@s.whatsapp.net"}}');
  await put('null', 'null');
  await put('list', '[]');
  const { account: _, ...unlinked } = JSON.parse(sound.toString()) as Record<string, unknown>;
  await put(
    'half',
    JSON.stringify({
      ...unlinked,
      me: { id: '99900000009@s.whatsapp.net', name: '~' },
      pairingCode: 'ABCD1234',
    }),
  );
  await put('unscanned', JSON.stringify({ ...unlinked, me: undefined }));
  await mkdir(join(harness.org('directory'), 'creds.json'), { recursive: true, mode: 0o700 });
  await seed(elsewhere('target'), phones.symlinked);
  await mkdir(harness.org('symlinked'), { mode: 0o700 });
  await symlink(elsewhere('target/creds.json'), join(harness.org('symlinked'), 'creds.json'));
  await seed(elsewhere('whole'), phones.linked);
  await symlink(elsewhere('whole'), harness.org('linked'));
  await rename(join(harness.org('backed'), 'creds.json'), join(harness.org('backed'), 'creds.json.bak'));
  damagedBeside = sound.subarray(0, 100);
  await put('backed', damagedBeside);
  await give(dirname(harness.root));
  if (isRoot) await chown(join(harness.org('unreadable'), 'creds.json'), 0, 0);
  else await chmod(join(harness.org('unreadable'), 'creds.json'), 0);
  if (isRoot) await chown(harness.org('locked'), 0, 0);
  else await chmod(harness.org('locked'), 0);
  const watched = [...corrupt, 'half', 'unscanned', ...(isRoot ? ['unreadable', 'locked'] : [])];
  before = new Map(
    await Promise.all(watched.map(async (org) => [org, await contents(harness.org(org))] as const)),
  );
  program = harness.start(
    {},
    isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [],
  );
  client = await harness.client(program);
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});

describe('credentials that are none', () => {
  const contentsIfRoot = async (org: string) => (isRoot ? contents(harness.org(org)) : undefined);
  it('at first nothing is judged: somebody may still be writing', async () => {
    expect(await client.reaches('truncated', 'idle')).toMatchObject({
      credentials: 'unsettled',
      lastError: null,
    });
    await program.looks(4);
    expect(await client.get('truncated')).toMatchObject({ state: 'idle', credentials: 'unsettled' });
  });
  it.each(['unreadable', 'locked'])(
    '%s: nothing is assumed, and it is taken up as soon as it can be read',
    async (org) => {
      const session = await client.reaches(org, 'retrying(storage)');
      expect(session).toMatchObject({ credentials: 'unreadable' });
      expect(program.logged('credentials.unreadable', org)[0]).toMatchObject({ code: 'EACCES' });
      expect(session.lastError?.message).toMatch(/cannot be read or written.*permissions/);
      expect(await contentsIfRoot(org)).toEqual(before.get(org));
      await until('a second try', async () => ((await client.get(org))?.attempt ?? 0) >= 2);
      expect((await client.get(org))?.state).not.toBe('failed');
      if (isRoot) await give(harness.org(org));
      else
        await chmod(
          org === 'locked' ? harness.org(org) : join(harness.org(org), 'creds.json'),
          org === 'locked' ? 0o700 : 0o600,
        );
      await client.reaches(org, 'connected');
    },
  );
  it.each(['half', 'unscanned'])('%s: waits to be paired, and no login is tried', async (org) => {
    expect(await client.reaches(org, 'idle')).toMatchObject({ credentials: 'unpaired', lastError: null });
  });
  it('a directory that is a symlink is no session, and the log says so', async () => {
    await program.untilLogged('directory.symlink', 'linked');
    expect(await client.get('linked')).toBeUndefined();
    expect(whatsapp.devices(fictionalPhone(phones.linked))).toEqual([]);
  });
  it.each(corrupt)(
    '%s: is called corrupt, in a sentence that says what to do',
    { timeout: corruptWithinMs },
    async (org) => {
      const session = await client.reaches(org, 'failed(creds_corrupt)', corruptWithinMs);
      expect(session).toMatchObject({ credentials: 'corrupt', account: null });
      expect(session.lastError?.message).toMatch(
        /cannot be read as credentials.*Put good credentials in their place, or pair it again/,
      );
      await expect(client.call('session.retry', { orgId: org })).rejects.toMatchObject({
        reason: 'invalid_state',
      });
    },
  );
  it('a backup of the last login replaces a corrupt file, which is kept', {
    timeout: corruptWithinMs,
  }, async () => {
    await client.reaches('backed', 'connected', corruptWithinMs);
    const quarantine = join(harness.root, '.vigia/quarantine/backed');
    const [name = ''] = await readdir(quarantine);
    expect(await readFile(join(quarantine, name))).toEqual(damagedBeside);
  });
});

describe('and afterwards', () => {
  it('not a byte of them has changed, and none of them was tried', async () => {
    for (const org of [...corrupt, 'half', 'unscanned'])
      expect(await contents(harness.org(org)), org).toEqual(before.get(org));
    expect(whatsapp.devices(fictionalPhone(phones.symlinked))).toEqual([]);
    expect(whatsapp.stats()).toMatchObject({
      registrations: 0,
      failures: 0,
      doubleLogins: 0,
      deadLogins: 0,
      unreadable: 0,
    });
  });
  it('the others logged in once and were never disturbed', async () => {
    for (const org of ['good', 'good2'] as const) {
      expect(await client.get(org)).toMatchObject({ state: 'connected', liveness: 'healthy' });
      expect(whatsapp.devices(fictionalPhone(phones[org]))[0]?.logins).toHaveLength(1);
    }
  });
  it('good credentials put in the place of corrupt ones are taken up', async () => {
    await seed(elsewhere('better'), 20);
    await give(elsewhere('better'));
    await rename(elsewhere('better/creds.json'), join(harness.org('truncated'), 'creds.json'));
    expect((await client.reaches('truncated', 'connected')).account?.id).toContain(fictionalPhone(20));
  });
});
