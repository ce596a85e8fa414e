/** The journal on a disk that fails, under directories that are exchanged. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DiskFault } from '../../../src/disk/disk.ts';
import { parseJournal } from '../../../src/whatsapp/journal/record.ts';
import type { MemoryDisk } from '../../support/memory-disk.ts';
import { bytesOf, credentialsOf } from '../store/harness.ts';
import {
  credsOf,
  fileOf,
  fleetDisk,
  inFile,
  journalled,
  killed,
  layout,
  read,
  root,
  session,
  startOn,
} from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const passes = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const inJournal = /\/\.vigia\/journal\//u;
const opened = async (disk = fleetDisk()) => {
  const life = await startOn(disk);
  return { ...life, disk, store: await life.open('acme') };
};

describe('the journal cannot be written', () => {
  test.each([
    ['write', 'ENOSPC', undefined],
    ['overwrite', 'EIO', undefined],
    ['overwrite', 'EIO', 20],
    ['syncDirectory', 'EIO', undefined],
  ] as const)(
    '%s answering %s (torn after %s): nothing is called durable, it is told once, and tried again',
    async (operation, code, tear) => {
      const { store, disk, events } = await opened();
      const path = operation === 'syncDirectory' ? layout.journal : inJournal;
      const repair = disk.inject({ operation, path, code, ...(tear !== undefined && { tear }) });
      let done = false;
      void store.auth.keys.set(session({ a: 'one' })).then(() => (done = true));
      await passes(10_000);
      expect(events).toEqual([`failed ${code}`]);
      expect(done).toBe(false);
      expect(await read(store, 'a')).toBe('one'); // what is in memory stays the truth
      repair();
      await passes(8_000);
      expect(events).toEqual([`failed ${code}`, 'recovered']);
      expect(done).toBe(true);
      disk.crash();
      await startOn(killed(disk));
      expect(inFile(disk, 'acme', 'a')).toBe('one');
    },
  );

  test('a file in which a write failed is not written to again, and what came after it counts', async () => {
    const { store, disk } = await opened();
    await store.auth.keys.set(session({ a: '1', b: '1' }));
    disk.inject({ operation: 'overwrite', path: inJournal, code: 'EIO', times: 1, tear: 10_000 });
    // all of it is written, and the caller has no answer
    const written = store.auth.keys.set(session({ a: '2' }));
    const later = store.auth.keys.set(session({ a: '3' }));
    await passes(1_500);
    await Promise.all([written, later]);
    expect(disk.begun('overwrite')).toBe(3);
    expect(disk.begun('write')).toBeGreaterThanOrEqual(2); // a second file was made
    await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'a')).toBe('3');
    expect(inFile(disk, 'acme', 'b')).toBe('1');
  });

  test('a store that is to be opened on another copy of its device is refused until it can be', async () => {
    const { store, disk, journal, open } = await opened();
    await store.auth.keys.set(session({ a: 'old' }));
    store.fence();
    await store.drained();
    await disk.rename(`${root}/acme`, `${root}/away`);
    disk.place(credsOf('acme'), bytesOf(credentialsOf(1)));
    const repair = disk.inject({ operation: 'overwrite', path: inJournal, code: 'EIO' });
    await expect(open('acme')).rejects.toThrow(/The journal cannot be written \(EIO\)/u);
    repair();
    const again = await open('acme');
    expect(await read(again, 'a')).toBeNull();
    await journal.close();
  });
});

describe('the volume is unmounted while the journal is emptied', () => {
  test('the files are removed later, and the next start puts no old record over a newer key', async () => {
    const disk = fleetDisk();
    let isMounted = true;
    const life = await startOn({
      ...disk,
      stat: async (path) => (isMounted ? disk.stat(path) : undefined),
      remove: async (path) => (isMounted ? disk.remove(path) : undefined),
      syncDirectory: async (path) => {
        if (!isMounted) throw new DiskFault('syncDirectory', path, { code: 'ENOENT' });
        await disk.syncDirectory(path);
      },
    });
    const store = await life.open('acme');
    await store.auth.keys.set(session({ a: 'old' }));
    await passes(10_000);
    isMounted = false;
    await passes(60_000);
    expect(life.warnings).toEqual(['journal.checkpoint_failed']);
    isMounted = true;
    await passes(70_000);
    expect(journalled(disk)).toEqual([]);
    await store.auth.keys.set(session({ a: 'new' }));
    await passes(2_000);
    await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'a')).toBe('new');
  });
});

describe('the files cannot be written', () => {
  test('it is said, the keys stay durable and readable, the next write is told to wait, and all comes right', async () => {
    const { store, disk, events, warnings } = await opened();
    const repair = disk.inject({ operation: 'write', path: /session-a\.json/u, code: 'EACCES' });
    await store.auth.keys.set(session({ a: 'one' }));
    await passes(1_000);
    expect(warnings).toEqual(['journal.keys_waiting']);
    expect(await read(store, 'a')).toBe('one');
    let done = false;
    void store.auth.keys.set(session({ b: 'two' })).then(() => (done = true));
    await passes(3_000);
    expect(events).toEqual(['failed EACCES']);
    expect(done).toBe(false);
    repair();
    await passes(10_000);
    expect(events).toEqual(['failed EACCES', 'recovered']);
    expect(done).toBe(true);
    await passes(1_000);
    expect(inFile(disk, 'acme', 'a')).toBe('one');
    expect(inFile(disk, 'acme', 'b')).toBe('two');
  });

  test('one organization that cannot be written keeps none of the others waiting, and none of theirs in the journal', async () => {
    const { store, disk, open } = await opened(fleetDisk({ random: () => 0 }));
    const other = await open('other');
    disk.inject({ operation: 'write', path: /\/acme\//u, code: 'EACCES' });
    await store.auth.keys.set(session({ a: 'one' }));
    await other.auth.keys.set(session({ a: 'two' }));
    await passes(121_000);
    expect(inFile(disk, 'other', 'a')).toBe('two');
    const left = journalled(disk).flatMap((path) => parseJournal(disk.peek(path)!).records);
    expect(left.map(({ org }) => org)).toEqual(['acme']);
    disk.crash();
    await startOn(killed(disk)); // still broken: kept once more
    await passes(61_000);
    expect(journalled(disk)).not.toEqual([]);
  });

  test('the journal is kept when the disk says that something was lost, and the next start writes all of it again', async () => {
    const { store, disk, warnings } = await opened(fleetDisk({ random: () => 0 }));
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, 'x']));
    await store.auth.keys.set(session(many));
    await passes(1_000);
    disk.inject({ operation: 'syncFileSystem', path: layout.journal, code: 'EIO', times: 1 });
    await passes(200_000);
    expect(warnings).toEqual(['journal.kept']);
    expect(journalled(disk)).not.toEqual([]);
    disk.crash();
    expect(disk.peek(fileOf('acme', 'k7'))).toBeUndefined();
    await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'k7')).toBe('x');
  });

  test('where no file system can be synced as a whole, every file is', async () => {
    const disk = fleetDisk({ random: () => 0 });
    disk.inject({ operation: 'syncFileSystem', path: layout.journal, code: 'ENOENT' });
    const { store } = await opened(disk);
    await store.auth.keys.set(
      session(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, 'x']))),
    );
    await passes(61_000);
    expect(disk.begun('writeUnsynced')).toBe(0);
    expect(journalled(disk)).toEqual([]);
    disk.crash();
    expect(inFile(disk, 'acme', 'k299')).toBe('x');
  });
});

describe('another directory takes the place', () => {
  const exchange = async (disk: MemoryDisk, phone: number): Promise<void> => {
    disk.place(`${root}/new/creds.json`, bytesOf(credentialsOf(phone)));
    await disk.rename(`${root}/acme`, `${root}/away`);
    await disk.rename(`${root}/new`, `${root}/acme`);
  };

  test('with another identity: nothing of ours is put there, neither now nor after a kill', async () => {
    const { store, disk, events } = await opened();
    await store.auth.keys.set(session({ a: 'one' }));
    await exchange(disk, 2);
    const dead = killed(disk);
    await passes(1_000);
    expect(disk.peek(fileOf('acme', 'a'))).toBeUndefined();
    await store.auth.keys.set(session({ b: 'two' }));
    expect(events).toEqual(['replaced']);
    await startOn(dead);
    expect(dead.paths().filter((path) => path.startsWith(`${root}/acme/`))).toEqual([credsOf('acme')]);
  });

  test('with another copy of the same device: what was written for the one before is not put over it', async () => {
    const { store, disk, open } = await opened();
    await store.auth.keys.set(session({ a: 'old' }));
    store.fence();
    await store.drained();
    await exchange(disk, 1);
    const again = await open('acme');
    expect(await read(again, 'a')).toBeNull();
    await again.auth.keys.set(session({ b: 'new' }));
    await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'a')).toBeUndefined();
    expect(inFile(disk, 'acme', 'b')).toBe('new');
  });
});
