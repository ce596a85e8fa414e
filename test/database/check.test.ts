/** What the check of a database concludes from the end of its process. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../src/database/check.ts';
import { openEnvironment } from '../../src/database/lmdb-table.ts';

const node = process.execPath;
let root = '';
const at = (name: string): string => join(root, name);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-check-'));
});
afterEach(async () => {
  process.execPath = node;
  delete process.env['API_KEY'];
  await rm(root, { recursive: true, force: true });
});
/** The check runs this instead of Node. */
const replaceNode = async (script: string) => {
  await writeFile(at('node'), `#!/bin/sh\n${script}\n`);
  await chmod(at('node'), 0o755);
  process.execPath = at('node');
};
const printing = (output: object) => replaceNode(`cat <<'END'\n${JSON.stringify(output)}\nEND`);

describe('a database', () => {
  it('that this program wrote is sound, with any number of tables', async () => {
    await mkdir(at('db'));
    const environment = openEnvironment(at('db'));
    for (let n = 0; n < 11; n += 1)
      await environment.openDB(`table ${n}`, { encoding: 'json' }).put(['a', n], { n });
    await environment.close();
    expect(await checkDatabase(at('db'))).toEqual({ kind: 'sound' });
  });
  it('of random text is damaged, and the reason is the one of the library', async () => {
    await mkdir(at('db'));
    await writeFile(at('db/data.mdb'), 'no database'.repeat(10_000));
    expect(await checkDatabase(at('db'))).toEqual({
      kind: 'damaged',
      why: expect.stringMatching(/MDB_INVALID|not an LMDB file|SIG/),
    });
  });
});

describe('a check that ends', () => {
  it.each(['BUS', 'SEGV', 'ABRT', 'ILL', 'FPE'])(
    'with SIG%s has found a damaged database',
    async (signal) => {
      await replaceNode(`ulimit -c 0; kill -${signal} $$`);
      expect(await checkDatabase(at('db'))).toEqual({
        kind: 'damaged',
        why: `its check ended with SIG${signal}`,
      });
    },
  );
  it.each([
    ['kill -KILL $$', 'SIGKILL'],
    ['kill -TERM $$', 'SIGTERM'],
    ['exit 3', '3'],
  ])('by %s has found nothing out about the content', async (script, ending) => {
    await replaceNode(script);
    expect(await checkDatabase(at('db'))).toEqual({
      kind: 'unusable',
      why: `its check ended with ${ending}`,
    });
  });
  it('before it began has found nothing out either', async () => {
    process.execPath = at('absent');
    expect(await checkDatabase(at('db'))).toEqual({
      kind: 'unusable',
      why: expect.stringContaining('ENOENT'),
    });
  });
});

describe('a check that meets an error', () => {
  it.each([-30_797, -30_796, -30_795, -30_794, -30_793])(
    'of the library (%d) has found a damaged database',
    async (code) => {
      await printing({ at: 'open', code, message: 'a page is missing' });
      expect(await checkDatabase(at('db'))).toEqual({ kind: 'damaged', why: 'a page is missing' });
      await printing({ at: 'write', code, message: 'a page is missing' });
      expect(await checkDatabase(at('db'))).toMatchObject({ kind: 'damaged' });
    },
  );
  it('while it reads has found a damaged database', async () => {
    await printing({ at: 'read', message: '3 entries of the table history cannot be reached' });
    expect(await checkDatabase(at('db'))).toEqual({
      kind: 'damaged',
      why: '3 entries of the table history cannot be reached',
    });
  });
  it('while it writes can still read: a full disk is no damage', async () => {
    await printing({ at: 'write', code: 28, message: 'No space left on device' });
    expect(await checkDatabase(at('db'))).toEqual({ kind: 'sound' });
  });
  it('while it opens, for which the content is not the cause, cannot use the database', async () => {
    await printing({ at: 'open', code: 13, message: 'Permission denied' });
    expect(await checkDatabase(at('db'))).toEqual({ kind: 'unusable', why: 'Permission denied' });
  });
});

it('a check gets none of the secrets of the environment', async () => {
  process.env['API_KEY'] = 'never-passed-on';
  await replaceNode(`printf '{"at":"read","message":"[%s]"}' "$API_KEY"`);
  expect(await checkDatabase(at('db'))).toEqual({ kind: 'damaged', why: '[]' });
});
