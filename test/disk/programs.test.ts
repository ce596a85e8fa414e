/** Programs of the system that are missing, or that are other ones of the same name. */
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
  it('is missing: the message names the package', async () => {
    process.env['PATH'] = join(directory, 'nothing');
    await expect(syncFileSystem(directory)).rejects.toMatchObject({
      code: 'ENOSYS',
      message: expect.stringContaining('coreutils'),
    });
  });
});
