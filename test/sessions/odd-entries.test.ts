/** No entry that a person, a tool or a broken disk left anywhere may fail the scan of the others. */
import { execFile } from 'node:child_process';
import { mkdir, open as openFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restorable } from './harness.ts';
import { open, temporaryRoot } from './real-root.ts';

let root = '';
let opened: Awaited<ReturnType<typeof open>>;
let remove: () => Promise<void>;
beforeEach(async () => {
  const made = await temporaryRoot();
  [root, remove] = [join(made.path, 'auth_sessions'), made.remove];
  opened = await open(root);
  await mkdir(join(root, 'sound'));
  await writeFile(join(root, 'sound', 'creds.json'), restorable('5511:3'));
});
afterEach(async () => {
  opened.lock.release();
  await remove();
});

const hugeBytes = 600 * 1024 * 1024;
const kinds: Readonly<Record<string, (path: string | Buffer) => Promise<unknown>>> = {
  'a file': (path) => writeFile(path, 'anything'),
  'a file of 600 MB': async (path) => {
    const file = await openFile(path as string, 'w');
    await file.truncate(hugeBytes); // it takes no space
    await file.close();
  },
  'a directory': (path) => mkdir(path),
  'a deep directory': (path) => mkdir(join(String(path), 'a/b/c/d/e/f/g'), { recursive: true }),
  'a named pipe': (path) => promisify(execFile)('mkfifo', [String(path)]),
  'a link to itself': (path) => symlink(path, path),
  'a link to the root of the system': (path) => symlink('/', path),
};
const names = [
  'odd',
  'odd.json',
  'with\nnew line',
  `${'long'.repeat(60)}`,
  '..data',
  'creds.json',
  'session',
];
const foundIn = async () => (await opened.scan()).found.find(({ org }) => org === 'sound')?.stored;

describe.each(Object.entries(kinds))('%s', (_, make) => {
  it('in the root, in each directory of .vigia and in an organization fails no scan', async () => {
    const places = ['', '.vigia/orgs', '.vigia/pairing', '.vigia/identities', '.vigia/archive', 'sound'];
    for (const place of places) {
      for (const name of names) {
        if (place === 'sound' && name === 'creds.json') continue;
        await make(join(root, place, name));
      }
    }
    expect(await foundIn()).toBe('restorable');
    expect(await foundIn()).toBe('restorable');
  });
  it('as a file of an organization, of its record, or of a pairing, concerns only that one', async () => {
    for (const name of ['creds.json', 'creds.json.bak', 'pre-key-1.json']) {
      await mkdir(join(root, name.replaceAll('.', '-')));
      await make(join(root, name.replaceAll('.', '-'), name));
    }
    await make(join(root, '.vigia/orgs/pre-key-1-json.json'));
    for (const name of ['pairing.json', 'session']) {
      await mkdir(join(root, '.vigia/pairing', name.replaceAll('.', '-')));
      await make(join(root, '.vigia/pairing', name.replaceAll('.', '-'), name));
    }
    expect(await foundIn()).toBe('restorable');
    expect(await foundIn()).toBe('restorable');
  });
});

it('a name that is not UTF-8 fails no scan', async () => {
  for (const place of ['', '.vigia/orgs/', '.vigia/pairing/', 'sound/'])
    await mkdir(Buffer.concat([Buffer.from(`${root}/${place}`), Buffer.from([0x61, 0xff, 0xfe])]));
  expect(await foundIn()).toBe('restorable');
});

it('credentials where no organization is are logged once, with their places', async () => {
  await writeFile(join(root, 'creds.json'), restorable('5511:4'));
  await writeFile(join(root, 'flat.json'), restorable('5511:5'));
  await writeFile(join(root, 'single.json'), `{"creds":${restorable('5511:6')},"keys":{}}`);
  await writeFile(join(root, 'package.json'), '{"name":"anything"}');
  await writeFile(join(root, 'sessions.sqlite'), '');
  await mkdir(join(root, 'backup', 'acme'), { recursive: true });
  await writeFile(join(root, 'backup', 'acme', 'creds.json'), restorable('5511:7'));
  for (let n = 0; n < 3; n += 1) expect(await foundIn()).toBe('restorable');
  const lines = opened.lines.filter(({ event }) => event === 'credentials.misplaced');
  expect(lines).toHaveLength(1);
  const examples = lines[0]?.fields?.['examples'];
  expect(new Set(Array.isArray(examples) ? examples : [])).toEqual(
    new Set(['backup/acme', 'creds.json', 'flat.json', 'sessions.sqlite', 'single.json']),
  );
});
