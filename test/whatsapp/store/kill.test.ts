import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { BufferJSON, useMultiFileAuthState } from '@whiskeysockets/baileys';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/disk/node-disk.ts';
import { settleJournal } from '../../../src/offline/journal.ts';
import { classify } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { fictionalPhone, seedCredentials } from '../../support/whatsapp/credentials.ts';

const kills = Number(process.env['VIGIA_KILLS'] ?? 200);
/** Two would do for two cores; the third starts while the others write. */
const lanes = 3;
const project = resolve(import.meta.dirname, '../../..');

let work: string;
let child: string;
/** Compiled once: with a TypeScript loader every one of the children would take twice the time to start. */
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'vigia-kill-'));
  const program = join(project, 'test/whatsapp/store/kill-store-child.ts');
  const compilerOptions = {
    noEmit: false,
    rootDir: project,
    outDir: join(work, 'built'),
    typeRoots: [join(project, 'node_modules/@types')],
  };
  await writeFile(
    join(work, 'tsconfig.json'),
    JSON.stringify({
      extends: join(project, 'tsconfig.json'),
      compilerOptions,
      files: [program],
      include: [],
    }),
  );
  await promisify(execFile)(process.execPath, [
    join(project, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(work, 'tsconfig.json'),
  ]);
  await writeFile(join(work, 'built/package.json'), '{"type":"module"}');
  await symlink(join(project, 'node_modules'), join(work, 'built/node_modules'));
  child = join(work, 'built/test/whatsapp/store/kill-store-child.js');
});
afterAll(() => rm(work, { recursive: true, force: true }));

type How = 'files' | 'journal';

interface Reported {
  asked: number;
  readonly acked: Set<number>;
  creds: number;
}

/**
 * One child's life: killed with SIGKILL 5 to 60 ms after its first acknowledgement. Adds to `told`; resolves
 * with its complaints.
 */
const liveAndDie = (directory: string, reported: Reported, how: How): Promise<string> =>
  new Promise((done, fail) => {
    const running = spawn(process.execPath, [child, directory, String(reported.asked + 1), how], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    let _death: NodeJS.Timeout | undefined;
    running.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
    createInterface({ input: running.stdout }).on('line', (line) => {
      const [what, number] = line.split(' ');
      const n = Number(number);
      if (what === 'ask') reported.asked = n;
      if (what === 'creds') reported.creds = n;
      if (what === 'ack') {
        reported.acked.add(n);
        _death ??= setTimeout(() => running.kill('SIGKILL'), 5 + Math.random() * 55);
      }
    });
    running.on('error', fail);
    running.on('close', (code, signal) =>
      signal === 'SIGKILL' ? done(complaints) : fail(new Error(`ended by itself (${code}): ${complaints}`)),
    );
  });

/** What a restart finds: no file torn, the identity there, nothing missing that was called durable. */
const inspect = async (
  directory: string,
  fingerprint: string,
  reported: Reported,
  how: How,
): Promise<void> => {
  const names = new Set(await readdir(directory));
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, name), 'utf8'), BufferJSON.reviver);
  for (const name of names) if (name.endsWith('.json')) await json(name);
  expect(classify(await readFile(join(directory, 'creds.json')))).toMatchObject({
    stored: 'restorable',
    fingerprint,
  });
  const { nextPreKeyId } = (await json('creds.json')) as { nextPreKeyId: number };
  expect(nextPreKeyId).toBeGreaterThanOrEqual(reported.creds);
  expect(nextPreKeyId).toBeLessThanOrEqual(reported.asked + 1);

  const newest = new Map<string, number>();
  for (const n of reported.acked) {
    newest.set(`session-k${n % 20}.json`, Math.max(n, newest.get(`session-k${n % 20}.json`) ?? 0));
    if (n + 30 > reported.asked) expect(names, `pre-key ${n} was durable`).toContain(`pre-key-${n}.json`);
    if (n > 30)
      expect(names, `pre-key ${n - 30} was durably removed`).not.toContain(`pre-key-${n - 30}.json`);
  }
  for (const [name, n] of newest) {
    const value = (await json(name)) as Buffer;
    const found = Number.parseInt(value.toString(), 10);
    if (how === 'journal') {
      // whatever is there of a step, all of it is
      if (found + 30 > reported.asked)
        expect(names, `${name} is of step ${found}`).toContain(`pre-key-${found}.json`);
      if (found > 30)
        expect(names, `${name} is of step ${found}`).not.toContain(`pre-key-${found - 30}.json`);
    }
    expect(found, name).toBeGreaterThanOrEqual(n);
    expect(value.length, name).toBe(`${found} `.length + (found % 7) ** 6);
  }
};

const layoutIn = (directory: string) => layoutOf(resolve(directory, '..'));
const settle = async (directory: string): Promise<void> => {
  const log = () => undefined;
  await settleJournal({
    disk: nodeDisk(),
    layout: layoutIn(directory),
    lock: { wasTakenBy: 'other' },
    now: Date.now,
    log,
  });
};
const torn = async (directory: string): Promise<boolean> =>
  (await readdir(directory)).some((name) => name.endsWith('.tmp~'));

test.each([
  ['journal', kills],
  ['files', Math.ceil(kills / 4)],
] as const)(
  'by way of the %s: after each of %i kills in the middle of writing, everything that was called durable ' +
    'is there and whole',
  {
    timeout: 60_000 + kills * 3_000,
  },
  async (how, times) => {
    let left = times;
    let acked = 0;
    let leftovers = 0;
    const lane = async (index: number): Promise<void> => {
      const directory = join(work, `${how}-${index}`, 'organization');
      await mkdir(layoutIn(directory).journal, { recursive: true });
      await mkdir(directory);
      const creds = await seedCredentials(directory, { phone: fictionalPhone(index) });
      const { fingerprint } = classify(await readFile(join(directory, 'creds.json')));
      const reported: Reported = { asked: 0, acked: new Set(), creds: 0 };
      for (let n = 0; left > 0; n += 1) {
        left -= 1;
        const before = reported.acked.size;
        expect(await liveAndDie(directory, reported, how)).toBe('');
        acked += reported.acked.size - before;
        leftovers += (await torn(directory)) ? 1 : 0;
        // every other time the next child finds the journal as it is
        if (how === 'journal' && n % 2 === 0) continue;
        await settle(directory);
        await inspect(directory, fingerprint, reported, how);
      }
      await settle(directory);
      await inspect(directory, fingerprint, reported, how);
      expect(await readdir(layoutIn(directory).journal)).toEqual([]);
      // and Baileys itself still sees the same device
      const { state } = await useMultiFileAuthState(directory);
      expect(state.creds.me).toEqual(creds.me);
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index + 1)));
    const seconds = ((performance.now() - start) / 1_000).toFixed(0);
    console.log(
      `${times} kills in ${seconds} s; ${acked} durable steps checked; ${leftovers} kills in the middle ` +
        'of a file',
    );
    expect(acked).toBeGreaterThanOrEqual(times);
  },
);
