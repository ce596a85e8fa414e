import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { inspectLock } from '../../src/sessions/inspect-lock.ts';
import { layoutOf } from '../../src/sessions/layout.ts';
import { LockHeld, LockUnavailable, takeLock } from '../../src/sessions/lock.ts';
import { moduleUrl, startChild, temporaryRoot } from './real-root.ts';

let root = '';
let remove: () => Promise<void>;
beforeEach(async () => {
  const made = await temporaryRoot();
  root = join(made.path, 'auth_sessions');
  remove = made.remove;
});
afterEach(() => remove());

/** A process that takes the lock, says so, and lives until it is killed. */
const holder = `const { takeLock } = await import(${moduleUrl('sessions/lock.ts')});
  await takeLock(process.argv[1]); console.log('held'); setInterval(() => {}, 1e6);`;

const which = async (program: string): Promise<string> => {
  for (const directory of (process.env['PATH'] ?? '').split(':')) {
    const path = join(directory, program);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error(`no ${program} in PATH`);
};

describe('the lock of a root', () => {
  it('creates the root and its own directory for the owner alone, and names the holder', async () => {
    const lock = await takeLock(root);
    for (const path of [root, join(root, '.vigia')]) expect((await stat(path)).mode & 0o777).toBe(0o700);
    const file = join(root, '.vigia', 'lock');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { pid, host, since } = JSON.parse(await readFile(file, 'utf8'));
    expect([pid, host]).toEqual([process.pid, hostname()]);
    expect(Date.now() - Date.parse(since)).toBeLessThan(60_000);
    expect(await lock.stillOurs()).toBe(true);
    lock.release();
  });

  it('closes a root with only the files of a clone, and does not change any other root', async () => {
    const other = join(root, '..', 'in_use');
    for (const path of [root, other]) await mkdir(path, { mode: 0o755 });
    for (const path of [root, other]) await chmod(path, 0o755); // whatever the umask
    await writeFile(join(root, 'README.md'), '');
    await writeFile(join(other, 'of-another-program.txt'), '');
    for (const path of [root, other]) (await takeLock(path)).release();
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect((await stat(other)).mode & 0o777).toBe(0o755);
    await chmod(root, 0o750); // an operator's wish, after the first start
    (await takeLock(root)).release();
    expect((await stat(root)).mode & 0o777).toBe(0o750);
  });

  it('knows whether the previous holder was a version without the journal', async () => {
    const first = await takeLock(root);
    expect(first.wasTakenBy).toBe('other'); // there was no holder
    first.release();
    const again = await takeLock(root);
    expect(again.wasTakenBy).toBe('other');
    again.release();
    for (const [content, expected] of [
      [JSON.stringify({ pid: 1, since: '2026-01-15T00:50:00Z', host: 'here' }), 'older version'],
      ['{"pid":', 'other'],
    ] as const) {
      await writeFile(join(root, '.vigia', 'lock'), content);
      const lock = await takeLock(root);
      expect(lock.wasTakenBy, content).toBe(expected);
      lock.release();
    }
  });

  it('is refused to another process with the name of the holder, and is free once that is killed', async () => {
    const child = startChild(holder, [root]);
    expect(await child.spoke()).toBe('held');
    const refused = await takeLock(root).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(LockHeld);
    expect((refused as Error).message).toMatch(
      `is locked, process ${child.pid} on ${hostname()} has held it since 20`,
    );
    child.kill();
    await child.ended;
    const lock = await takeLock(root);
    expect(JSON.parse(await readFile(join(root, '.vigia', 'lock'), 'utf8')).pid).toBe(process.pid);
    lock.release();
  });

  it('is refused within one process too, and can be taken again after the release', async () => {
    const lock = await takeLock(root);
    await expect(takeLock(root)).rejects.toBeInstanceOf(LockHeld);
    lock.release();
    expect(await lock.stillOurs()).toBe(false);
    (await takeLock(root)).release();
  });

  it('finds a holder that has not written its name into the file', async () => {
    const lock = await takeLock(root);
    await writeFile(join(root, '.vigia', 'lock'), '');
    await expect(takeLock(root)).rejects.toThrow(`process ${process.pid} on ${hostname()} holds it`);
    lock.release();
  });

  it('is lost while the path leads elsewhere, as on an unmounted volume', async () => {
    const lock = await takeLock(root);
    await rename(root, `${root}-away`);
    expect(await lock.stillOurs()).toBe(false);
    await mkdir(join(root, '.vigia'), { recursive: true });
    await writeFile(join(root, '.vigia', 'lock'), '');
    expect(await lock.stillOurs()).toBe(false);
    await rm(root, { recursive: true });
    await rename(`${root}-away`, root);
    expect(await lock.stillOurs()).toBe(true);
    lock.release();
  });

  it('stays with its holder when the lock file is removed, and the holder puts the file back', async () => {
    const child = startChild(holder, [root]);
    await child.spoke();
    const file = join(root, '.vigia', 'lock');
    for (const gone of [file, join(root, '.vigia')]) {
      await rm(gone, { recursive: true });
      const refused = await takeLock(root).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LockHeld);
      expect((refused as Error).message).toContain(`process ${child.pid} on ${hostname()} holds it`);
      expect((refused as Error).message).toContain('Removing the file does not help');
    }
    expect(await inspectLock(nodeDisk(), layoutOf(root))).toEqual({ is: 'held', holder: undefined });
    child.kill();
    await child.ended;
    const logged: string[] = [];
    const lock = await takeLock(root, (event) => void logged.push(event));
    await rm(file);
    expect(await lock.check()).toEqual({ is: 'ours' });
    expect(JSON.parse(await readFile(file, 'utf8')).pid).toBe(process.pid);
    expect(logged).toEqual(['lock.restored']);
    lock.release();
  });

  it('is one lock for every path that leads to the directory', async () => {
    const lock = await takeLock(root);
    await symlink(root, `${root}-link`);
    await rename(root, `${root}-moved`);
    for (const path of [`${root}-moved`, join(root, '..', 'auth_sessions-moved', 'x', '..')])
      await expect(takeLock(path)).rejects.toBeInstanceOf(LockHeld);
    await rename(`${root}-moved`, root);
    await expect(takeLock(`${root}-link`)).rejects.toBeInstanceOf(LockHeld);
    lock.release();
  });

  it('is lost when a copy takes the place of the directory, or another process has the lock file', async () => {
    const lock = await takeLock(root);
    await rename(root, `${root}-away`);
    expect(await lock.check()).toEqual({ is: 'away' });
    await mkdir(root);
    expect(await lock.check()).toEqual({ is: 'away' });
    await mkdir(join(root, 'acme'));
    expect(await lock.check()).toEqual({
      is: 'lost',
      why: `${root} is another directory than the locked one`,
    });
    await rm(root, { recursive: true });
    await rename(`${root}-away`, root);
    await rm(join(root, '.vigia', 'lock'));
    const older = spawn('flock', ['-x', join(root, '.vigia', 'lock'), 'cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    older.stdin.write('locked');
    await once(older.stdout, 'data');
    expect(await lock.check()).toMatchObject({ is: 'lost' });
    older.stdin.end();
    await once(older, 'close');
    lock.release();
  });

  it('is away while its own directory is another one', async () => {
    const lock = await takeLock(root);
    await rename(join(root, '.vigia'), join(root, '.vigia-away'));
    expect(await lock.check()).toEqual({ is: 'away' });
    await mkdir(join(root, '.vigia'));
    expect(await lock.check()).toEqual({ is: 'away' });
    lock.release();
  });

  it('is the lock file alone, with a line in the log, where directories cannot be locked', async () => {
    const path = process.env['PATH'];
    await mkdir(root);
    const own = join(root, '..', 'bin');
    await mkdir(own);
    // as on NFS: a lock needs a file that is open for writing
    const refusal = "{ echo 'flock: 3: Bad file descriptor' >&2; exit 65; }";
    const program = `#!/bin/sh\n[ -d /proc/self/fd/3 ] && ${refusal}\nexec ${await which('flock')} "$@"\n`;
    await writeFile(join(own, 'flock'), program, { mode: 0o755 });
    process.env['PATH'] = `${own}:${path}`;
    try {
      const logged: string[] = [];
      const lock = await takeLock(root, (event) => void logged.push(event));
      expect(logged).toEqual(['lock.file_only']);
      await expect(takeLock(root)).rejects.toBeInstanceOf(LockHeld);
      lock.release();
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('is not taken on a symlink', async () => {
    await mkdir(join(root, '.vigia'), { recursive: true });
    await symlink('/dev/null', join(root, '.vigia', 'lock'));
    await expect(takeLock(root)).rejects.toThrow('ELOOP');
  });

  it('names the package to install when the program flock is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = root;
    try {
      await expect(takeLock(root)).rejects.toThrow('Install the package util-linux');
      await expect(takeLock(root)).rejects.toBeInstanceOf(LockUnavailable);
    } finally {
      process.env['PATH'] = path;
    }
    (await takeLock(root)).release();
  });
});
