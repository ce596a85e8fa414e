/**
 * The directory or its credentials are exchanged between our check and the rename that puts our file in
 * place: the one moment in which an identity could be overwritten.
 */
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
const away = '/vault/away';
const session = (value: string | null) => ({ session: { a: value === null ? null : Buffer.from(value) } });

/**
 * Does `act` once, when a file of this name is about to be renamed into place or removed: everything was
 * checked by then.
 */
const inTheLastMoment = (name: string, act: (disk: MemoryDisk) => unknown) => {
  const disk = linkedDisk();
  let done = false;
  const once = async (path: string) => {
    if (done || !path.endsWith(`/${name}`)) return;
    done = true;
    await act(disk);
  };
  const watched: MemoryDisk = {
    ...disk,
    rename: async (from, to) => (await once(to), disk.rename(from, to)),
    remove: async (path) => (await once(path), disk.remove(path)),
  };
  return { disk: watched, happened: () => done };
};
/**
 * Does `act` the first `times` times that the new credentials lie beside the old ones, and only the rename is
 * left.
 */
const beforeTheLastCheck = (act: (disk: MemoryDisk) => unknown, times = 1) => {
  const disk = linkedDisk();
  let left = times;
  const watched: MemoryDisk = {
    ...disk,
    write: async (path, content, mode) => {
      const stat = await disk.write(path, content, mode);
      if (left > 0 && path.includes('/.creds.json.k.')) {
        left -= 1;
        await act(disk);
      }
      return stat;
    },
  };
  return watched;
};
const exchangeDirectories = async (disk: MemoryDisk): Promise<void> => {
  disk.place('/vault/other/creds.json', bytesOf(credentialsOf(2)));
  disk.place('/vault/other/session-a.json', '"theirs"');
  await disk.rename(directory, away);
  await disk.rename('/vault/other', directory);
};
/** Nothing of ours is among what is theirs. */
const expectTheirsWhole = (disk: MemoryDisk): void => {
  expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(2)));
  expect(disk.peek(inIt('session-a.json'))?.toString()).toBe('"theirs"');
  expect(disk.paths().filter((path) => path.startsWith(`${directory}/`))).toEqual([
    credsPath,
    inIt('session-a.json'),
  ]);
};

describe('another directory takes the place in the very last moment', () => {
  test('before the credentials: ours go where our directory went, theirs are untouched, and the next look lets go', async () => {
    const { disk, happened } = inTheLastMoment('creds.json', exchangeDirectories);
    const { store, events } = await openLinked(disk);
    store.auth.creds.nextPreKeyId = 7;
    store.saveCreds();
    expect(await store.drained()).toBe('durable');
    expect(happened()).toBe(true);
    expectTheirsWhole(disk);
    expect(parsed(disk.peek(`${away}/creds.json`))).toMatchObject({
      me: credentialsOf(1).me,
      nextPreKeyId: 7,
    });
    store.saveCreds();
    await passes(1_000);
    expect(events).toEqual(['replaced other_identity']);
    expectTheirsWhole(disk);
    disk.crash();
    expect(parsed(disk.peek(`${away}/creds.json`) ?? disk.peek(credsPath))).toBeDefined();
  });

  test.each(['ours', null])('before a key is written or removed (%s)', async (value) => {
    const { disk, happened } = inTheLastMoment('session-a.json', exchangeDirectories);
    const { store } = await openLinked(disk);
    disk.place(inIt('session-a.json'), '"ours"');
    await store.auth.keys.set(session(value));
    expect(happened()).toBe(true);
    expectTheirsWhole(disk);
    const kept = disk.peek(`${away}/session-a.json`);
    expect(kept && parsed(kept)).toEqual(value === null ? undefined : Buffer.from(value));
  });

  test('before the backup', async () => {
    const { disk, happened } = inTheLastMoment('creds.json.bak', exchangeDirectories);
    const { store } = await openLinked(disk);
    await store.backUp();
    expect(happened()).toBe(true);
    expectTheirsWhole(disk);
    expect(disk.peek(`${away}/creds.json.bak`)).toEqual(bytesOf(credentialsOf(1)));
  });

  test('before a damaged key is moved aside', async () => {
    const { disk, happened } = inTheLastMoment('session-a.json.corrupt-120000', exchangeDirectories);
    vi.setSystemTime(0);
    disk.place(inIt('session-a.json'), 'nonsense');
    vi.setSystemTime(120_000);
    const { store } = await openLinked(disk);
    expect(await store.auth.keys.get('session', ['a'])).toEqual({ a: null });
    expect(happened()).toBe(true);
    expectTheirsWhole(disk);
    expect(disk.peek(`${away}/session-a.json.corrupt-120000`)?.toString()).toBe('nonsense');
  });

  test('and it is the directory that is missing then: what waits, waits until it is back', async () => {
    const { disk } = inTheLastMoment('creds.json', (d) => d.rename(directory, away));
    const { store, events } = await openLinked(disk);
    saveChanged(store);
    await passes(0);
    const written = store.auth.keys.set(session('ours'));
    await passes(10_000);
    expect(events).toEqual(['failed ENOENT']);
    expect(disk.paths()).not.toContain(directory);
    await disk.rename(away, directory);
    await passes(30_000);
    await written;
    expect(events).toEqual(['failed ENOENT', 'recovered']);
    expect(disk.peek(inIt('session-a.json'))).toBeDefined();
  });
});

describe('other credentials are put into our directory while ours are being written', () => {
  const putOthers = (disk: MemoryDisk) => disk.place(credsPath, bytesOf(credentialsOf(2)));

  test('theirs stay, nothing of ours is left beside them, and nothing more is written', async () => {
    const disk = beforeTheLastCheck(putOthers);
    const { store, events } = await openLinked(disk);
    disk.place(inIt('session-b.json'), '"any"');
    saveChanged(store);
    const removed = store.auth.keys.set({ session: { b: null } });
    await passes(1_000);
    await removed;
    expect(events).toEqual(['replaced other_identity']);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(2)));
    expect(disk.peek(inIt('session-b.json'))).toBeDefined(); // it may be one of theirs by now
    expect(disk.paths().filter((path) => path.endsWith('~'))).toEqual([]);
    expect(await store.drained()).toBe('lost');
  });

  test('in a pairing, where there were none, too', async () => {
    const disk = beforeTheLastCheck(putOthers);
    await disk.remove(credsPath);
    const { store, events } = await openLinked(disk, { mode: 'pair' });
    store.saveCreds();
    await passes(1_000);
    expect(events).toEqual(['replaced other_identity']);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(2)));
  });

  test('the same identity: looked at once more at once, then ours are kept', async () => {
    const disk = beforeTheLastCheck((d) =>
      d.place(credsPath, bytesOf({ ...credentialsOf(1), nextPreKeyId: 1_000 })),
    );
    const { store, events, warnings } = await openLinked(disk);
    store.auth.creds.nextPreKeyId = 2;
    store.saveCreds();
    expect(await store.drained()).toBe('durable');
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 2 });
    expect(events).toEqual([]);
    expect(warnings).toEqual(['credentials.overwritten']);
  });

  test('again and again: a fault, tried later, so that two writers do not race for ever', async () => {
    let n = 0;
    const disk = beforeTheLastCheck(
      (d) => d.place(credsPath, bytesOf({ ...credentialsOf(1), nextPreKeyId: (n += 1) })),
      5,
    );
    const { store, events } = await openLinked(disk);
    store.auth.creds.nextPreKeyId = 77;
    store.saveCreds();
    await passes(0);
    expect(events).toEqual(['failed EBUSY']);
    await passes(10_000);
    expect(events).toEqual(['failed EBUSY', 'recovered']);
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 77 });
  });
});

test('to write the credentials takes three stats and one held directory', async () => {
  const { disk } = counting(linkedDisk());
  const { store } = await openLinked(disk);
  const before = { all: disk.begun(), stat: disk.begun('stat'), hold: disk.begun('hold') };
  saveChanged(store);
  await store.drained();
  expect(disk.begun('stat') - before.stat).toBe(3);
  expect(disk.begun('hold') - before.hold).toBe(1);
  expect(disk.begun() - before.all).toBe(7); // and write, rename, sync
});
