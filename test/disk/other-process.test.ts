/** The real disk in another process, whose limits and rights differ from ours. */
import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root = '';
const at = (name: string): string => join(root, name);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-disk-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Runs a program of one expression over `disk` in a child, with what the shell says first. */
const inChild = (expression: string, before = '', options: { uid?: number } = {}): string => {
  const module = new URL('../../src/disk/node-disk.ts', import.meta.url).href;
  const program = `const { nodeDisk } = await import(${JSON.stringify(module)}); const disk = nodeDisk();
    console.log(await (${expression}).then((value) => 'ok ' + value, (fault) => fault.name + ' ' + fault.code));`;
  const script = `${before} exec "$@"`;
  const node = [
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '-e',
    program,
  ];
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...node], {
    encoding: 'utf8',
    ...options,
  });
  return (stdout + stderr).trim();
};

describe('the real disk of another process', () => {
  it('serves ten thousand reads at once within a limit of 200 open files', async () => {
    await writeFile(at('creds.json'), 'x');
    const path = JSON.stringify(at('creds.json'));
    const reads = `Promise.all(Array.from({ length: 10_000 }, () => disk.read(${path}))).then((all) => all.length)`;
    expect(inChild(reads, 'ulimit -n 200;')).toBe('ok 10000');
  });

  it('rejects with EMFILE when no descriptor becomes free, and recovers when one does', async () => {
    await writeFile(at('creds.json'), 'x');
    const path = JSON.stringify(at('creds.json'));
    const exhaust = `import('node:fs').then(async ({ openSync, closeSync }) => {
      const taken = []; try { for (;;) taken.push(openSync(${path})); } catch {}
      const fault = await disk.read(${path}).then(() => 'read', (error) => error.name + ' ' + error.code);
      setTimeout(() => closeSync(taken.pop()), 100);
      return fault + ', then ' + await disk.read(${path}) })`;
    expect(inChild(exhaust, 'ulimit -n 64;')).toBe('ok DiskFault EMFILE, then x');
  });

  it.runIf(process.getuid?.() === 0)('answers EACCES as a fault to a process that may not look', async () => {
    await mkdir(at('theirs'), { mode: 0o700 });
    await writeFile(at('theirs/creds.json'), 'x');
    await writeFile(at('creds.json'), 'x', { mode: 0o600 });
    await chmod(root, 0o755);
    await chown(at('theirs'), 1, 1);
    const asNobody = `Promise.all([disk.read(${JSON.stringify(at('creds.json'))}), disk.stat(${JSON.stringify(at('theirs/creds.json'))})]
      .map((one) => one.catch((fault) => fault.name + ' ' + fault.code))).then(String)`;
    // loaded as root: the code may be in a directory that this user cannot read
    const drop = `Promise.resolve(process.setuid(65534)).then(() => ${asNobody})`;
    expect(inChild(drop)).toBe('ok DiskFault EACCES,DiskFault EACCES');
  });
});
