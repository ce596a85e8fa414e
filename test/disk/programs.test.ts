/** Programs of the system that are missing, or that are other ones of the same name. */
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flock } from '../../src/disk/flock.ts';
import { syncFileSystem } from '../../src/disk/sync-file-system.ts';
import { hasFlock } from '../../src/doctor/probes.ts';

const path = process.env['PATH'] ?? '';
let directory = '';
const opened: number[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vigia-programs-'));
});
afterEach(() => {
  process.env['PATH'] = path;
  for (const descriptor of opened.splice(0)) closeSync(descriptor);
  rmSync(directory, { recursive: true, force: true });
});
const openFile = () => {
  const descriptor = openSync(join(directory, 'lock'), 'a');
  opened.push(descriptor);
  return descriptor;
};
const replace = (name: string, script: string) => {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
  process.env['PATH'] = `${directory}:${path}`;
};
/** BusyBox 1.36: only `-s -x -u -n`; a usage error has the status of a conflict. */
const busyBox = `for word in "$@"; do case $word in -[sxun]|3) ;; *)
  echo "flock: unrecognized option: $word" >&2; echo "Usage: flock [-sxun] FD | { FILE [-c] PROG ARGS }" >&2; exit 1;;
esac; done`;

describe('flock', () => {
  it('locks, finds a lock of another open file, and locks once that is closed', async () => {
    const first = openFile();
    expect(await flock(first)).toEqual({ kind: 'locked' });
    const second = openFile();
    expect(await flock(second)).toEqual({ kind: 'held' });
    const waiting = flock(second, 60_000);
    opened.splice(opened.indexOf(first), 1);
    closeSync(first);
    expect(await waiting).toEqual({ kind: 'locked' });
  });
  it('gives up a lock that is held for the whole wait', async () => {
    const first = openFile();
    await flock(first);
    expect(await flock(openFile(), 200)).toEqual({ kind: 'held' });
  });
  it('works with the flock of BusyBox, with and without a wait', async () => {
    replace('flock', `${busyBox}; exec /usr/bin/env PATH="${path}" flock "$@"`);
    const first = openFile();
    expect(await flock(first, 1_000)).toEqual({ kind: 'locked' });
    expect(await flock(openFile(), 100)).toEqual({ kind: 'held' });
  });
  it('takes a usage error for no answer, and names the program to install', async () => {
    replace('flock', 'echo "flock: unrecognized option: n" >&2; echo "Usage: flock" >&2; exit 1');
    const result = await flock(openFile());
    expect(result).toMatchObject({ kind: 'failed', why: expect.stringContaining('unrecognized option') });
    expect(result).toMatchObject({ why: expect.stringContaining('util-linux') });
  });
  it.each([
    ['flock: 3: Bad file descriptor', 65],
    ['flock: 3: No locks available', 1],
  ])('takes an error of the system for no answer: %s', async (message, status) => {
    replace('flock', `echo "${message}" >&2; exit ${status}`);
    expect(await flock(openFile())).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining(`${message} (flock ended with ${status})`),
    });
  });
  it.each([
    ['Usage: flock', 1, 'Usage: flock (flock ended with 1); the installed program'],
    [
      'flock: invalid option -- n',
      64,
      'flock: invalid option -- n (flock ended with 64); the installed program',
    ],
    [
      'flock: unrecognised option',
      64,
      'flock: unrecognised option (flock ended with 64); the installed program',
    ],
    ['flock: unknown option', 64, 'flock: unknown option (flock ended with 64); the installed program'],
    ['flock: Operation not supported', 66, '(flock ended with 66); this file system does not support locks'],
    ['flock: Function not implemented', 66, '(flock ended with 66); this file system does not support locks'],
    ['flock: Bad file descriptor', 65, 'flock: Bad file descriptor (flock ended with 65)'],
  ])('names the cause and the remedy where they are known: %s', async (message, status, why) => {
    replace('flock', `echo "${message}" >&2; echo "a second line" >&2; exit ${status}`);
    const result = await flock(openFile());
    expect(result).toMatchObject({ kind: 'failed', why: expect.stringContaining(why) });
    expect(result).not.toMatchObject({ why: expect.stringContaining('second line') });
    if (why.endsWith(')')) expect(result).toMatchObject({ why });
  });
  it('is failed, and not held, when it ends without a message and with another status', async () => {
    replace('flock', 'exit 2');
    expect(await flock(openFile())).toEqual({ kind: 'failed', why: 'no message (flock ended with 2)' });
    replace('flock', 'kill -9 $$');
    expect(await flock(openFile())).toEqual({ kind: 'failed', why: 'no message (flock ended with SIGKILL)' });
  });
  it('that may not be started is failed, and not missing', async () => {
    replace('flock', '');
    chmodSync(join(directory, 'flock'), 0o644);
    process.env['PATH'] = directory;
    expect(await flock(openFile())).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('EACCES'),
      cause: { code: 'EACCES' },
    });
  });
  it('locks the file that it is given, for others too', async () => {
    const first = openFile();
    await flock(first);
    const taken = spawnSync('flock', ['-n', '-x', join(directory, 'lock'), 'true']);
    expect(taken.status).toBe(1);
  });
  it('keeps a bounded part of a long message', async () => {
    replace('flock', 'head -c 100000 /dev/zero | tr "\\0" x >&2; exit 3');
    const result = await flock(openFile());
    expect(result).toMatchObject({ kind: 'failed', why: `${'x'.repeat(500)} (flock ended with 3)` });
  });
  it('is missing', async () => {
    process.env['PATH'] = directory;
    expect(await flock(openFile())).toMatchObject({ kind: 'missing' });
    expect(hasFlock()).toBe(false);
  });
  it('gets none of the secrets of the environment', async () => {
    process.env['API_KEY'] = 'never-passed-on';
    replace('flock', `echo "[$API_KEY]" >&2; exit 1`);
    expect(await flock(openFile())).toMatchObject({ why: expect.stringContaining('[]') });
    delete process.env['API_KEY'];
  });
  it('is found by the doctor without the option --version, which BusyBox does not know', () => {
    replace('flock', busyBox);
    expect(hasFlock()).toBe(true);
  });
});

describe('sync', () => {
  it('syncs the file system', async () => {
    await syncFileSystem(directory);
  });
  it.each([
    [
      'BusyBox without -f',
      `echo "sync: invalid option -- 'f'" >&2; echo "Usage: sync" >&2; exit 1`,
      'ENOSYS',
    ],
    [
      'a path that is gone',
      `echo "sync: error opening '/x': No such file or directory" >&2; exit 1`,
      'ENOSYS',
    ],
    ['lost content', `echo "sync: error syncing '/x': Input/output error" >&2; exit 1`, 'EIO'],
    ['a failure without a message', 'exit 1', 'EIO'],
    ['a signal', 'kill -9 $$', 'EINTR'],
  ])('%s', async (_, script, code) => {
    replace('sync', script);
    await expect(syncFileSystem(directory)).rejects.toMatchObject({ code });
  });
  it.each([
    ['sync: unrecognized option', 'ENOSYS'],
    ['sync: unrecognised option', 'ENOSYS'],
    ['sync: unknown option', 'ENOSYS'],
    ["sync: can't open '/x'", 'ENOSYS'],
    ['USAGE: sync', 'ENOSYS'],
    ['sync: Input/output error', 'EIO'],
  ])('that ends with %j has the code %s and that message', async (message, code) => {
    replace('sync', `echo "${message}" >&2; exit 3`);
    await expect(syncFileSystem(directory)).rejects.toMatchObject({
      code,
      message: `sync ended with 3: ${message}`,
    });
  });
  it('that was ended by a signal, or may not be started, is no lost content', async () => {
    replace('sync', 'kill -9 $$');
    await expect(syncFileSystem(directory)).rejects.toThrow('sync ended with SIGKILL');
    chmodSync(join(directory, 'sync'), 0o644);
    process.env['PATH'] = directory;
    await expect(syncFileSystem(directory)).rejects.toMatchObject({ code: 'EACCES' });
  });
  it('gets the path to sync, none of the secrets, and its message is bounded', async () => {
    process.env['API_KEY'] = 'never-passed-on';
    replace('sync', `echo "[$1 $2 $API_KEY $LC_ALL]" >&2; exit 1`);
    await expect(syncFileSystem('/x')).rejects.toThrow('sync ended with 1: [-f /x  C]');
    delete process.env['API_KEY'];
    replace('sync', 'head -c 100000 /dev/zero | tr "\\0" x >&2; exit 1');
    await expect(syncFileSystem('/x')).rejects.toMatchObject({
      message: `sync ended with 1: ${'x'.repeat(500)}`,
    });
  });
  it('is missing: the message names the package', async () => {
    process.env['PATH'] = join(directory, 'nothing');
    await expect(syncFileSystem(directory)).rejects.toMatchObject({
      code: 'ENOSYS',
      message: expect.stringContaining('coreutils'),
    });
  });
});
