import { chmod, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf, recordFor, restorable } from './harness.ts';
import { moduleUrl, open, startChild, temporaryRoot } from './real-root.ts';

let root = '';
let remove: () => Promise<void>;
let opened: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
  const made = await temporaryRoot();
  root = made.path;
  remove = made.remove;
  opened = await open(root);
});
afterEach(async () => {
  opened.lock.release();
  await remove();
});
const place = async (org: string, content: string): Promise<void> => {
  await mkdir(join(root, org), { recursive: true, mode: 0o700 });
  await writeFile(join(root, org, 'creds.json'), content, { mode: 0o600 });
};
const lookAt = async (org: string) => (await opened.scan()).found.find((found) => found.org === org);

/**
 * Another program that writes creds.json in place, over and over, some bytes at a time, each time a whole one
 * at the end.
 */
const slowWriter = `const { openSync, writeSync, ftruncateSync } = await import('node:fs');
  const [path, ...texts] = process.argv.slice(1); const fd = openSync(path, 'r+'); console.log('writing');
  for (let n = 0; n < 8; n += 1) {
    const text = texts[n % texts.length]; ftruncateSync(fd, 0);
    for (let at = 0; at < text.length; at += 400) { writeSync(fd, text.slice(at, at + 400), at); await new Promise((next) => setTimeout(next, 40)); }
    await new Promise((next) => setTimeout(next, 30));
  }`;

describe('a scan of a real directory', () => {
  it('finds the sessions of the directory, and a finished pairing of its own', async () => {
    await place('2', restorable('5511:3'));
    await opened.records.save({ org: '2', record: recordFor('5511:3') });
    await writeFile(join(await opened.pairings.prepare('4', 'p1'), 'creds.json'), restorable('5511:4'));
    opened.pairings.release('p1');
    const { found, rootSeen } = await opened.scan();
    expect(rootSeen).toBe(true);
    expect(new Set(found.map((one) => `${one.org} ${one.stored} ${one.promoted ?? false}`))).toEqual(
      new Set(['2 restorable false', '4 restorable true']),
    );
    expect(opened.logged).toEqual(['pairing.promoted']);
  });

  it('never reports a creds.json as restorable while another process writes it in place', async () => {
    await place('2', '');
    const child = startChild(slowWriter, [
      join(root, '2', 'creds.json'),
      restorable('5511:3'),
      restorable('5511:4'),
    ]);
    await child.spoke();
    let writing = true;
    const ended = child.ended.then(() => {
      writing = false;
    });
    const seen = new Set<string | undefined>();
    while (writing) {
      const stored = (await lookAt('2'))?.stored;
      if (writing) seen.add(stored);
    }
    await ended;
    expect([...seen]).toEqual(['unsettled']);
    expect(await lookAt('2')).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf('5511:4') });
  });

  it('follows no symlink', async () => {
    await place('real', restorable('5511:3'));
    await symlink(join(root, 'real'), join(root, '2'));
    await mkdir(join(root, '3'));
    await symlink(join(root, 'real', 'creds.json'), join(root, '3', 'creds.json'));
    expect(new Set((await opened.scan()).found.map((one) => `${one.org} ${one.stored}`))).toEqual(
      new Set(['3 corrupt', 'real restorable']),
    );
  });

  it('reports a name that is not UTF-8 and goes on', async () => {
    await place('2', restorable('5511:3'));
    await mkdir(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]));
    expect((await opened.scan()).found).toHaveLength(1);
    expect(opened.logged).toEqual(['directory.name_invalid']);
  });

  it('reports the root as unseen on another volume, and creates nothing there', async () => {
    await place('2', restorable('5511:3'));
    await rename(root, `${root}-away`);
    await mkdir(root);
    expect(await opened.scan()).toMatchObject({ rootSeen: false, found: [] });
    await expect(opened.records.save({ org: '2', record: recordFor('5511:3') })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(opened.pairings.prepare('3', 'p1')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await opened.disk.list(root)).toEqual([]);
    await opened.disk.removeDirectory(root);
    await rename(`${root}-away`, root);
    expect((await opened.scan()).found).toHaveLength(1);
  });

  it('archives outside the scanned tree and leaves plain files', async () => {
    await place('2', restorable('5511:3'));
    await opened.archive.archive('2');
    const [name] = (await opened.disk.list(opened.layout.archive)) ?? [];
    expect(await readFile(join(opened.layout.archive, name ?? '', 'creds.json'), 'utf8')).toBe(
      restorable('5511:3'),
    );
    expect((await opened.scan()).found).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)(
    'calls unreadable what another user keeps to himself, and reads the rest',
    async () => {
      opened.lock.release();
      await place('2', restorable('5511:3'));
      await place('mine', restorable('5511:4'));
      await place('shut', restorable('5511:5'));
      for (const name of ['', '2', 'mine']) await chmod(join(root, name), 0o755);
      await chmod(join(root, 'mine', 'creds.json'), 0o644);
      await chmod(opened.layout.own, 0o755);
      await chmod(opened.layout.orgs, 0o755);
      const program = `const [{ nodeDisk }, { createScanner }, { createRecords }, { layoutOf }] = await Promise.all([${['disk/node-disk.ts', 'sessions/scan.ts', 'sessions/records.ts', 'sessions/layout.ts'].map((path) => `import(${moduleUrl(path)})`).join(',')}]);
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const root = process.argv[1]; const disk = nodeDisk(); const now = Date.now;
      const scan = createScanner({ root, disk, records: createRecords({ disk, layout: layoutOf(root), now }), now, foldsCase: false, log: () => undefined,
        pairings: { finishInterrupted: async () => [], owned: () => new Set() }, lock: { stillOurs: async () => true }, wait: (ms) => new Promise((next) => setTimeout(next, ms)), wholeAfterMs: 250 });
      const { found } = await scan({ loaded: new Set(), live: new Set() });
      console.log(found.map((one) => one.org + ' ' + one.stored).sort().join(', '));`;
      expect(await startChild(program, [root]).ended).toBe('2 unreadable, mine restorable, shut unreadable');
      opened = await open(root);
    },
  );
});
