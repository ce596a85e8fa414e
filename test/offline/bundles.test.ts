/**
 * Exports from a directory whose server was killed. The changes in its journal are moved into the files
 * first.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exportOrganization } from '../../src/offline/bundles.ts';
import { classify } from '../../src/sessions/credentials.ts';
import { header, lineOf } from '../../src/whatsapp/journal/record.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';

let root = '';
const own = () => join(root, '.vigia');
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-left-'));
  await mkdir(join(own(), 'journal'), { recursive: true });
  await writeFile(join(own(), 'lock'), JSON.stringify({ pid: 1, since: 'then', host: 'here', journal: 1 }));
  const directory = join(root, '2');
  await mkdir(directory);
  await seedCredentials(directory, { phone: fictionalPhone(2), preKeys: 1 });
  const { fingerprint } = classify(await readFile(join(directory, 'creds.json')));
  const changes = [
    { name: 'session-a.json', content: '"new"' },
    { name: 'pre-key-1.json', content: null },
  ];
  await writeFile(
    join(own(), 'journal', '0000000001.log'),
    header + lineOf({ org: '2', fingerprint, changes }),
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));
const exported = () =>
  exportOrganization(root, '2', 'test', async (bundle) => bundle.manifest.files.map(({ name }) => name));

it('an export contains the keys that were only in the journal', async () => {
  const result = await exported();
  expect(result).toMatchObject({ ok: true, used: expect.arrayContaining(['session-a.json', 'creds.json']) });
  expect(result).not.toMatchObject({ used: expect.arrayContaining(['pre-key-1.json']) });
  expect(await readFile(join(root, '2', 'session-a.json'), 'utf8')).toBe('"new"');
  expect(await readdir(join(own(), 'journal'))).toEqual([]);
});

it('an export is refused while the journal cannot be moved into the files, and nothing is lost', async () => {
  const obstacle = join(root, '2', 'session-a.json');
  await mkdir(join(obstacle, 'full'), { recursive: true });
  expect(await exported()).toMatchObject({ ok: false, code: 'journal_left' });
  await rm(obstacle, { recursive: true });
  expect(await exported()).toMatchObject({ ok: true, used: expect.arrayContaining(['session-a.json']) });
});
