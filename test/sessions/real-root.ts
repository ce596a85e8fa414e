import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { LogFields } from '../../src/base/log.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { createArchive } from '../../src/sessions/archive.ts';
import { layoutOf, prepareLayout } from '../../src/sessions/layout.ts';
import { takeLock } from '../../src/sessions/lock.ts';
import { createPairings } from '../../src/sessions/pairing.ts';
import { createRecords } from '../../src/sessions/records.ts';
import { createScanner } from '../../src/sessions/scan.ts';

export const temporaryRoot = async () => {
  const path = await mkdtemp(join(tmpdir(), 'vigia-root-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

/** Everything as the composition root puts it together, on a real directory, under the lock. */
export const open = async (root: string) => {
  const lock = await takeLock(root);
  const [disk, layout, logged] = [nodeDisk(), layoutOf(root), [] as string[]];
  await prepareLayout(disk, layout);
  const lines: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  const log = (event: string, fields?: LogFields) => void (logged.push(event), lines.push({ event, fields }));
  const common = { disk, layout, now: Date.now, foldsCase: false, log };
  const records = createRecords(common);
  const archive = createArchive({ ...common, records });
  const pairings = createPairings({ ...common, records, archive });
  const scanner = createScanner({
    ...common,
    root,
    records,
    pairings,
    lock,
    wait: (ms) => wait(ms),
    wholeAfterMs: 250,
  });
  return {
    lock,
    layout,
    disk,
    records,
    archive,
    pairings,
    logged,
    lines,
    scan: () => scanner({ loaded: new Set(), live: new Set() }),
  };
};

/** Runs TypeScript in a process of its own; `uid` is taken on only after everything is loaded. */
export const startChild = (program: string, args: readonly string[] = []) => {
  const node = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program, ...args];
  const child = spawn(process.execPath, node, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(child, 'close');
  return {
    pid: child.pid ?? 0,
    kill: () => child.kill('SIGKILL'),
    ended: ended.then(() => output.trim()),
    /** Resolves once the child has printed something. */
    spoke: async () => {
      while (output === '' && child.exitCode === null)
        await Promise.race([once(child.stdout, 'data'), ended]);
      return output.trim();
    },
  };
};
export const moduleUrl = (path: string): string =>
  JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
