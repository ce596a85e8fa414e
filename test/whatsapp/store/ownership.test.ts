import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  bytesOf,
  credentialsOf,
  credsPath,
  directory,
  inIt,
  openLinked,
  openPairing,
  parsed,
} from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const passes = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const session = (value: string) => ({ session: { a: Buffer.from(value) } });
const away = '/vault/away';

describe('another identity in our place', () => {
  const exchanges: readonly (readonly [
    string,
    (disk: Awaited<ReturnType<typeof openLinked>>['disk']) => unknown,
  ])[] = [
    ['copied over the file', (disk) => disk.place(credsPath, bytesOf(credentialsOf(2)))],
    [
      'moved over the file',
      async (disk) => {
        disk.place('/vault/other.json', bytesOf(credentialsOf(2)));
        await disk.rename('/vault/other.json', credsPath);
      },
    ],
    [
      'in a directory that took our name',
      async (disk) => {
        await disk.rename(directory, away);
        disk.place(credsPath, bytesOf(credentialsOf(2)));
      },
    ],
    [
      'of a pairing that another program began here',
      (disk) => {
        const { me: _, account: __, ...fresh } = credentialsOf(2);
        disk.place(credsPath, bytesOf(fresh));
      },
    ],
  ];
  test.each(exchanges)(
    '%s: freezes the store, for keys as well, and says so once',
    async (_name, replace) => {
      const { store, disk, events } = await openLinked();
      await replace(disk);
      const theirs = disk.peek(credsPath);
      await store.auth.keys.set(session('ours'));
      store.auth.creds.nextPreKeyId = 9;
      store.saveCreds();
      await store.backUp();
      await passes(60_000);
      expect(events).toEqual(['replaced other_identity']);
      expect(disk.peek(credsPath)).toEqual(theirs);
      expect(disk.paths().filter((path) => path.startsWith(`${directory}/`))).toEqual([credsPath]);
      expect(await store.drained()).toBe('lost');
      await expect(store.auth.keys.get('session', ['a'])).rejects.toMatchObject({ code: 'frozen' });
    },
  );

  test('found only after the fence: nothing is written and no event is emitted any more', async () => {
    const { store, disk, events } = await openLinked();
    const written = store.auth.keys.set(session('ours'));
    disk.place(credsPath, bytesOf(credentialsOf(2)));
    store.fence();
    await written;
    expect(await store.drained()).toBe('lost');
    expect(events).toEqual([]);
    expect(disk.peek(inIt('session-a.json'))).toBeUndefined();
  });
});

describe('the same identity', () => {
  test('written by another program is overwritten by ours, with a warning', async () => {
    const { store, disk, events, warnings } = await openLinked();
    disk.place(credsPath, bytesOf({ ...credentialsOf(1), nextPreKeyId: 1_000 }));
    await store.auth.keys.set(session('ours'));
    expect(await store.drained()).toBe('durable');
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
    expect(warnings).toEqual(['credentials.overwritten']);
    expect(events).toEqual([]);
    store.saveCreds();
    await store.drained();
    expect(warnings).toHaveLength(1);
  });

  test('the very same words (touched, or copied there and back) are no matter for a warning', async () => {
    const { store, disk, warnings } = await openLinked();
    await disk.rename(directory, away);
    disk.place(credsPath, bytesOf(credentialsOf(1)));
    await store.auth.keys.set(session('ours'));
    expect(disk.peek(inIt('session-a.json'))).toBeDefined();
    expect(warnings).toEqual([]);
    // The directory is taken for ours from then on.
    await disk.remove(credsPath);
    store.saveCreds();
    await passes(1_000);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
  });

  test('our own writes are recognized, one after the other', async () => {
    const { store, warnings, events } = await openLinked();
    for (let id = 1; id <= 5; id += 1) {
      store.auth.creds.nextPreKeyId = id;
      store.saveCreds();
      expect(await store.drained()).toBe('durable');
    }
    expect([...warnings, ...events]).toEqual([]);
  });
});

describe('a sight that may be half of something', () => {
  test('nonsense in our file is a fault at first, and replaced by ours when it stays so', async () => {
    const { store, disk, events, warnings } = await openLinked();
    disk.place(credsPath, '');
    store.saveCreds();
    await passes(0);
    expect(events).toEqual(['failed EBUSY']);
    expect(disk.peek(credsPath)?.length).toBe(0);
    await passes(1_000);
    expect(events).toEqual(['failed EBUSY', 'recovered']);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
    expect(warnings).toHaveLength(1);
  });

  test('nonsense that becomes another identity is theirs', async () => {
    const { store, disk, events } = await openLinked();
    disk.place(credsPath, '');
    store.saveCreds();
    await passes(0);
    disk.place(credsPath, bytesOf(credentialsOf(2)));
    await passes(1_000);
    expect(events).toEqual(['failed EBUSY', 'replaced other_identity']);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(2)));
  });

  test('removed credentials are put back when the directory is still there a second later', async () => {
    const { store, disk, events, warnings } = await openLinked();
    for (const _ of ['once', 'and again']) {
      await disk.remove(credsPath);
      store.saveCreds();
      await passes(0);
      expect(disk.peek(credsPath)).toBeUndefined();
      await passes(1_000);
      expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
    }
    expect(events).toEqual(['failed ENOENT', 'recovered', 'failed ENOENT', 'recovered']);
    expect(warnings).toHaveLength(2);
  });

  test('a symlink in the place of our file is a fault for as long as it is there', async () => {
    const { store, disk, events } = await openLinked();
    await disk.remove(credsPath);
    disk.placeSymlink(credsPath);
    store.saveCreds();
    await passes(60_000);
    expect(events).toEqual(['failed ELOOP']);
    expect(await disk.stat(credsPath)).toMatchObject({ kind: 'symlink' });
    await disk.remove(credsPath);
    await passes(62_000);
    expect(events).toEqual(['failed ELOOP', 'recovered']);
  });
});

describe('our directory', () => {
  test('is never created again: pending writes wait, and are written when it is back', async () => {
    const { store, disk, events } = await openLinked();
    await disk.rename(directory, away);
    const written = store.auth.keys.set(session('ours'));
    store.auth.creds.nextPreKeyId = 3;
    store.saveCreds();
    await passes(120_000);
    expect(events).toEqual(['failed ENOENT']);
    expect(disk.paths()).not.toContain(directory);
    await disk.rename(away, directory);
    await passes(30_000);
    await written;
    expect(events).toEqual(['failed ENOENT', 'recovered']);
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 3 });
  });

  test('replaced by an empty one (the mount point of a volume that is gone) is not written to', async () => {
    const { store, disk, events } = await openLinked();
    await disk.rename(directory, away);
    disk.placeDirectory(directory);
    store.saveCreds();
    await passes(120_000);
    expect(events).toEqual(['failed ESTALE']);
    expect(disk.paths().filter((path) => path.startsWith(`${directory}/`))).toEqual([]);
  });

  test('replaced by one in which credentials are still being copied is not written to until it is known whose they are', async () => {
    const { store, disk, events } = await openLinked();
    await disk.rename(directory, away);
    disk.place(credsPath, '{"noiseKey"');
    store.saveCreds();
    await passes(60_000);
    expect(events).toEqual(['failed EBUSY']);
    disk.place(credsPath, bytesOf(credentialsOf(2)));
    await passes(30_000);
    expect(events).toEqual(['failed EBUSY', 'replaced other_identity']);
  });

  test('of a pairing belongs to that pairing alone', async () => {
    const { store, disk, events } = await openPairing();
    disk.place(credsPath, bytesOf(credentialsOf(2)));
    store.saveCreds();
    await passes(1_000);
    expect(events).toEqual(['replaced other_identity']);
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(2)));
  });
});
