import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MemoryDisk } from '../../support/memory-disk.ts';
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
  saveChanged,
} from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const passes = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const broken = (disk: MemoryDisk, code = 'ENOSPC') => disk.inject({ operation: 'write', path: /.*/u, code });
const session = (value: string, id = 'a') => ({ session: { [id]: Buffer.from(value) } });
/** Whether it has resolved, once everything that can happen now has happened. */
const resolved = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await passes(0);
  return done;
};

describe('a disk that cannot be written', () => {
  test.each([
    ['write', 'ENOSPC'],
    ['write', 'EACCES'],
    ['rename', 'EROFS'],
    ['syncDirectory', 'EIO'],
  ] as const)('%s answering %s is told once, tried again, and its end told once', async (operation, code) => {
    const { store, disk, events } = await openLinked();
    const repair = disk.inject({ operation, path: /.*/u, code });
    store.auth.creds.nextPreKeyId = 2;
    store.saveCreds();
    const written = store.auth.keys.set(session('1'));
    await passes(10_000);
    expect(events).toEqual([`failed ${code}`]);
    expect(await resolved(written)).toBe(false);
    repair();
    await passes(30_000);
    expect(events).toEqual([`failed ${code}`, 'recovered']);
    expect(await resolved(written)).toBe(true);
    disk.crash();
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 2 });
    expect(disk.peek(inIt('session-a.json'))).toBeDefined();
    expect(disk.paths().filter((path) => path.endsWith('~'))).toEqual([]);
  });

  test('is tried after 1, 2, 4, 8, 16 and then every 30 s', async () => {
    const disk = linkedDisk();
    const { disk: counted, calls } = counting(disk);
    const { store } = await openLinked(counted);
    broken(disk);
    const start = Date.now();
    const tries: number[] = [];
    saveChanged(store);
    for (let second = 0; second <= 125; second += 1) {
      await passes(0);
      if (calls.some((call) => call.startsWith('write'))) tries.push((Date.now() - start) / 1_000);
      calls.length = 0;
      await passes(1_000 - ((Date.now() - start) % 1_000));
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121]);
  });

  test('a torn write leaves the old credentials whole', async () => {
    const { store, disk } = await openLinked();
    disk.inject({ operation: 'write', path: /.*/u, code: 'ENOSPC', tear: 100 });
    store.auth.creds.nextPreKeyId = 2;
    store.saveCreds();
    await passes(5_000);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
  });

  test('writes what the credentials are when it works again, not what they were', async () => {
    const { store, disk } = await openLinked();
    const repair = broken(disk);
    for (let id = 10; id <= 20; id += 1) {
      store.auth.creds.nextPreKeyId = id;
      store.saveCreds();
      await passes(100);
    }
    repair();
    await passes(30_000);
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 20 });
  });

  test('one file that cannot be written does not keep the others from the disk: while they come steadily each waits a second', async () => {
    const { store, disk, events } = await openLinked();
    disk.inject({ operation: 'rename', path: /session-bad/u, code: 'EISDIR' });
    const bad = store.auth.keys.set(session('1', 'bad'));
    await passes(0);
    for (let n = 0; n < 10; n += 1) {
      const written = store.auth.keys.set(session('1', `good-${n}`));
      await passes(1_000);
      expect(await resolved(written)).toBe(true);
    }
    expect(await resolved(bad)).toBe(false);
    expect(events).toEqual(['failed EISDIR']);
  });

  test('no key is removed while the one that replaces it cannot be written', async () => {
    const { store, disk } = await openLinked();
    await store.auth.keys.set({ 'pre-key': { 1: { public: Buffer.alloc(1), private: Buffer.alloc(1) } } });
    const repair = broken(disk);
    const written = store.auth.keys.set({ 'pre-key': { 1: null }, ...session('1') });
    await passes(5_000);
    expect(disk.peek(inIt('pre-key-1.json'))).toBeDefined();
    repair();
    await passes(8_000);
    expect(await resolved(written)).toBe(true);
    expect(disk.peek(inIt('pre-key-1.json'))).toBeUndefined();
  });

  test('holds at most 4,096 waiting changes in memory; what is beyond is rejected and what waits is kept', async () => {
    const { store, disk } = await openLinked();
    const repair = broken(disk);
    const many = (from: number, count: number) => ({
      session: Object.fromEntries(
        Array.from({ length: count }, (_, id) => [`s${from + id}`, Buffer.from('1')]),
      ),
    });
    const first = store.auth.keys.set(many(0, 4_000));
    const second = store.auth.keys.set(many(4_000, 96));
    await expect(store.auth.keys.set(session('1'))).rejects.toMatchObject({ code: 'full' });
    await expect(store.auth.keys.set(session('1', 's0'))).rejects.toMatchObject({ code: 'full' });
    repair();
    await passes(1_000);
    await Promise.all([first, second]);
    await store.auth.keys.set(session('1'));
    expect(disk.peek(inIt('session-s4095.json'))).toBeDefined();
  });

  test('credentials whose last step failed are written again', async () => {
    const { store, disk, events } = await openLinked();
    disk.inject({ operation: 'syncDirectory', path: directory, code: 'EIO', times: 1 });
    store.auth.creds.nextPreKeyId = 2;
    store.saveCreds();
    await passes(1_000);
    expect(events).toEqual(['failed EIO', 'recovered']);
    disk.crash();
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 2 });
  });

  test('a key set again while its first value was failing to be written is answered to both', async () => {
    const { store, disk } = await openLinked();
    const written: Promise<void>[] = [];
    const repair = disk.inject({ operation: 'rename', path: /session-a/u, code: 'EIO' });
    const { disk: counted } = counting(disk);
    const { store: second } = await openLinked({
      ...counted,
      write: async (path, content, mode) => {
        if (written.length === 1) written.push(second.auth.keys.set(session('2')));
        return counted.write(path, content, mode);
      },
    });
    store.fence();
    written.push(second.auth.keys.set(session('1')));
    await passes(500);
    repair();
    await passes(1_000);
    await Promise.all(written);
    expect(written).toHaveLength(2);
    expect(parsed(disk.peek(inIt('session-a.json')))).toEqual(Buffer.from('2'));
  });

  test('a set is not answered before its last key is durable, though another of its keys is set again meanwhile', async () => {
    const disk = linkedDisk();
    disk.inject({ operation: 'rename', path: /session-bad/u, code: 'EISDIR' });
    let again: Promise<void> | undefined;
    const { store } = await openLinked({
      ...disk,
      write: async (path, content, mode) => {
        again ??= store.auth.keys.set(session('2'));
        return disk.write(path, content, mode);
      },
    });
    const both = store.auth.keys.set({ session: { a: Buffer.from('1'), bad: Buffer.from('1') } });
    await passes(5_000);
    expect(await resolved(again!)).toBe(true);
    expect(await resolved(both)).toBe(false);
  });

  test('no backup is made of credentials that could not be written themselves', async () => {
    const { store, disk } = await openLinked();
    const repair = disk.inject({ operation: 'rename', path: /creds\.json\.k/u, code: 'EIO' });
    store.auth.creds.nextPreKeyId = 2;
    store.saveCreds();
    const backedUp = store.backUp();
    await passes(5_000);
    expect(disk.peek(inIt('creds.json.bak'))).toBeUndefined();
    repair();
    await passes(8_000);
    await backedUp;
    expect(parsed(disk.peek(inIt('creds.json.bak')))).toMatchObject({ nextPreKeyId: 2 });
  });

  test('a disk that fails again after it had worked is tried again after a second', async () => {
    const disk = linkedDisk();
    let repair = broken(disk);
    let again: Promise<void> | undefined;
    const { store, events } = await openLinked({
      ...disk,
      syncDirectory: async (path) => {
        await disk.syncDirectory(path);
        if (again) return;
        again = store.auth.keys.set(session('2', 'b'));
        repair = broken(disk, 'EIO');
      },
    });
    saveChanged(store);
    await passes(7_000);
    repair();
    await passes(8_000);
    expect(events).toEqual(['failed ENOSPC', 'recovered', 'failed EIO']);
    repair();
    await passes(1_000);
    expect(await resolved(again!)).toBe(true);
  });

  test('a backup waits for it too', async () => {
    const { store, disk } = await openLinked();
    const repair = broken(disk);
    const backedUp = store.backUp();
    await passes(500);
    expect(await resolved(backedUp)).toBe(false);
    repair();
    await passes(500);
    expect(await resolved(backedUp)).toBe(true);
    expect(disk.peek(inIt('creds.json.bak'))).toEqual(bytesOf(credentialsOf(1)));
  });
});

test('nothing that is said contains a key', async () => {
  const { store, disk, events, warnings } = await openLinked();
  broken(disk, 'EIO');
  const secret = 'a secret ratchet';
  void store.auth.keys.set(session(secret));
  await passes(1_000);
  const all = JSON.stringify([events, warnings]);
  expect(all).toContain('EIO');
  expect(all).not.toContain(secret);
  expect(all).not.toContain(Buffer.from(secret).toString('base64'));
  expect(disk.paths()).toContain(directory);
});
