import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type MemoryDisk, memoryDisk } from '../../support/memory-disk.ts';
import {
  bytesOf,
  counting,
  credentialsOf,
  credsPath,
  directory,
  inIt,
  linkedDisk,
  openLinked,
  parsed,
} from './harness.ts';

// Time stands still: a store that waits to try again never does.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
};
const preKeys = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, id) => [
      id + 1,
      { public: Buffer.alloc(32), private: Buffer.alloc(32) },
    ]),
  );

describe('the write queue', () => {
  test('a first pairing of 812 keys costs one sync of the directory, sixteen files at a time', async () => {
    const disk = linkedDisk();
    let now = 0;
    let most = 0;
    const { disk: counted, calls } = counting({
      ...disk,
      write: async (path, content, mode) => {
        now += 1;
        most = Math.max(most, now);
        const stat = await disk.write(path, content, mode);
        now -= 1;
        return stat;
      },
    });
    const { store } = await openLinked(counted);
    await store.auth.keys.set({ 'pre-key': preKeys(812) });
    const count = (operation: string): number => calls.filter((call) => call.startsWith(operation)).length;
    expect(count('write')).toBe(812);
    expect(count('rename')).toBe(812);
    expect(count('sync')).toBe(1);
    expect(most).toBe(16);
    disk.crash();
    expect(disk.peek(inIt('pre-key-812.json'))).toBeDefined();
  });

  test('new keys are durable before old ones go', async () => {
    const { disk, calls } = counting(linkedDisk());
    const { store } = await openLinked(disk);
    await store.auth.keys.set({ 'pre-key': { 1: null }, session: { a: Buffer.from('1') } });
    expect(calls.filter((call) => !call.startsWith('write'))).toEqual([
      'rename session-a.json',
      'sync acme',
      'remove pre-key-1.json',
      'sync acme',
    ]);
  });

  test('saves that come while one is being written become one, of the object as it is then', async () => {
    const { disk, calls } = counting(linkedDisk());
    const { store } = await openLinked(disk);
    for (let id = 1; id <= 100; id += 1) {
      store.auth.creds.nextPreKeyId = id;
      store.saveCreds();
      await turns(1);
    }
    expect(await store.drained()).toBe('durable');
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 100 });
    const writes = calls.filter((call) => call === 'rename creds.json').length;
    expect(writes).toBeGreaterThan(1);
    expect(writes).toBeLessThan(20);
  });

  test('a backup is written in the round of the credentials that it repeats, after them, with one sync for both', async () => {
    const { disk, calls } = counting(linkedDisk());
    const { store } = await openLinked(disk);
    store.auth.creds.nextPreKeyId = 5;
    store.saveCreds();
    await store.backUp();
    expect(calls.filter((call) => !call.startsWith('write'))).toEqual([
      'rename creds.json',
      'rename creds.json.bak',
      'sync acme',
    ]);
    disk.crash();
    expect(disk.peek(inIt('creds.json.bak'))).toEqual(disk.peek(credsPath));
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 5 });
  });

  test('credentials that the file already holds are not written again', async () => {
    const { disk, calls } = counting(linkedDisk());
    const { store } = await openLinked(disk);
    store.saveCreds();
    expect(await store.drained()).toBe('durable');
    expect(calls).toEqual([]);
    store.auth.creds.nextPreKeyId = 5;
    store.saveCreds();
    await store.drained();
    calls.length = 0;
    store.saveCreds();
    expect(await store.drained()).toBe('durable');
    expect(calls).toEqual([]);
  });

  test('credentials whose directory could not be synced are written again, though the file holds them', async () => {
    const { disk, calls } = counting(linkedDisk());
    const { store } = await openLinked(disk);
    disk.inject({ operation: 'syncDirectory', path: directory, code: 'EIO', times: 1 });
    store.auth.creds.nextPreKeyId = 5;
    store.saveCreds();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await store.drained()).toBe('durable');
    expect(calls.filter((call) => call === 'rename creds.json')).toHaveLength(2);
  });

  test('a backup that a store of this process made durable is not written again, unless it was touched', async () => {
    const { disk, calls } = counting(linkedDisk());
    const first = await openLinked(disk);
    await first.store.backUp();
    expect(calls).toContain('rename creds.json.bak');
    first.store.fence();
    calls.length = 0;
    const second = await openLinked(disk);
    await second.store.backUp();
    expect(calls).toEqual([]);
    await disk.remove(inIt('creds.json.bak'));
    calls.length = 0;
    await second.store.backUp();
    expect(calls).toContain('rename creds.json.bak');
    expect(disk.peek(inIt('creds.json.bak'))).toEqual(disk.peek(credsPath));
  });

  test('credentials of another device are not written, not even as a backup, and the keys go on', async () => {
    const { store, disk, warnings, events } = await openLinked();
    Object.assign(store.auth.creds, credentialsOf(2));
    store.saveCreds();
    await store.backUp();
    await store.auth.keys.set({ session: { a: Buffer.from('1') } });
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
    expect(disk.peek(inIt('creds.json.bak'))).toBeUndefined();
    expect(warnings).toEqual(['credentials.not_written', 'credentials.not_backed_up']);
    expect(events).toEqual([]);
    expect(await store.drained()).toBe('lost');
    Object.assign(store.auth.creds, credentialsOf(1));
    store.saveCreds();
    expect(await store.drained()).toBe('durable');
  });

  test('credentials that lost what a login needs are not written', async () => {
    const { store, disk } = await openLinked();
    Object.assign(store.auth.creds, { account: undefined });
    store.saveCreds();
    expect(await store.drained()).toBe('lost');
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
  });
});

/**
 * What the caller was told is durable, and what it may find besides: anything it set and was not answered
 * about.
 */
const checkAfter = async (
  disk: MemoryDisk,
  reported: Map<string, string | null>,
  since: Map<string, Set<string | null>>,
  saved: number,
  asked: number,
) => {
  disk.crash();
  const creds = parsed(disk.peek(credsPath)) as { nextPreKeyId: number; me: { id: string } };
  expect(creds.me.id).toBe(credentialsOf(1).me!.id);
  expect(creds.nextPreKeyId).toBeGreaterThanOrEqual(saved);
  expect(creds.nextPreKeyId).toBeLessThanOrEqual(asked);
  const { store } = await openLinked({ ...disk });
  for (const id of ['a', 'b', 'c']) {
    const found = (await store.auth.keys.get('session', [id]))[id];
    const value = found ? Buffer.from(found).toString() : null;
    expect([reported.get(id) ?? null, ...(since.get(id) ?? [])]).toContain(value);
  }
  expect(disk.paths().filter((path) => path.endsWith('.tmp~'))).toEqual([]);
};

test('the power may go at any moment: nothing that was called durable is missing, nothing is torn', async () => {
  const step = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    remove: fc.boolean(),
    save: fc.boolean(),
    wait: fc.boolean(),
  });
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 90 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (steps, cut, chance) => {
        const disk = memoryDisk({ random: () => chance.next().value as number });
        disk.place(credsPath, bytesOf({ ...credentialsOf(1), nextPreKeyId: 0 }));
        const { store, events } = await openLinked(disk);
        const reported = new Map<string, string | null>();
        const since = new Map<string, Set<string | null>>();
        let saved = 0;
        let asked = 0;
        disk.cutPower(cut);
        for (const [index, { id, remove, save, wait }] of steps.entries()) {
          const value = remove ? null : `value ${index}`;
          const unsure = since.get(id) ?? new Set();
          since.set(id, unsure.add(value));
          const written = store.auth.keys
            .set({ session: { [id]: value === null ? null : Buffer.from(value) } })
            .then(() => {
              reported.set(id, value);
              unsure.delete(value);
            });
          if (save) {
            asked = index + 1;
            store.auth.creds.nextPreKeyId = asked;
            store.saveCreds();
          }
          // Waits until it is written, or until the store has noticed that nothing works any more.
          while (
            wait &&
            events.length === 0 &&
            (await Promise.race([written.then(() => 'done'), turns(50)])) !== 'done'
          );
          if (wait && save && events.length === 0) saved = asked;
        }
        await turns(2_000);
        cuts += events.length > 0 ? 1 : 0;
        await checkAfter(disk, reported, since, saved, asked);
      },
    ),
    { numRuns: 300 },
  );
  expect(cuts).toBeGreaterThan(50);
});
