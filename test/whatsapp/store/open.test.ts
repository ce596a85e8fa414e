import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type MemoryDisk, memoryDisk } from '../../support/memory-disk.ts';
import {
  bytesOf,
  credentialsOf,
  credsPath,
  directory,
  fingerprintOf,
  inIt,
  linkedDisk,
  openLinked,
  openPairing,
  parsed,
  saveChanged,
  tryToOpen,
} from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const minutePasses = (): void => void vi.setSystemTime(Date.now() + 61_000);

describe('opening a linked device', () => {
  test('gives the credentials that lie there, with their bytes as Buffers', async () => {
    const { store, warnings } = await openLinked(linkedDisk(), { expectedFingerprint: fingerprintOf(1) });
    expect(bytesOf(store.auth.creds)).toEqual(bytesOf(credentialsOf(1)));
    expect(store.auth.creds.noiseKey.private).toBeInstanceOf(Buffer);
    expect(warnings).toEqual([]);
  });

  test('removes the temporary files that a killed process left, and nothing else', async () => {
    const disk = linkedDisk();
    disk.place(inIt('.creds.json.k.7.1.tmp~'), 'half');
    disk.place(inIt('.session-a.json.7.2.tmp~'), 'half');
    disk.place(inIt('notes.tmp~'), 'of the operator');
    await openLinked(disk);
    expect(disk.paths().filter((path) => path.startsWith(`${directory}/`))).toEqual([
      credsPath,
      inIt('notes.tmp~'),
    ]);
  });

  test.each([
    ['no creds.json', (disk: MemoryDisk) => disk.remove(credsPath)],
    [
      'credentials of a pairing that was never finished',
      async (disk: MemoryDisk) => {
        const { me: _, account: __, ...rest } = credentialsOf(1);
        disk.place(credsPath, bytesOf(rest));
      },
    ],
  ])('%s is refused as unpaired, and nothing is written', async (_name, lay) => {
    const disk = linkedDisk();
    await lay(disk);
    const before = [...disk.paths()];
    expect(await tryToOpen(disk)).toMatchObject({
      kind: 'refused',
      reason: 'unpaired',
      message: expect.stringContaining(credsPath),
    });
    expect(disk.paths()).toEqual(before);
  });

  test('a directory that is not there is refused as unpaired, and not made', async () => {
    const disk = memoryDisk();
    expect(await tryToOpen(disk)).toMatchObject({ reason: 'unpaired' });
    expect(disk.paths()).not.toContain(directory);
  });

  test.each(['EACCES', 'EIO', 'EMFILE'])(
    '%s while reading is a fault of the disk, never a new identity',
    async (code) => {
      const disk = linkedDisk();
      disk.inject({ operation: 'read', path: credsPath, code, times: 1 });
      expect(await tryToOpen(disk)).toMatchObject({
        reason: 'storage',
        message: expect.stringContaining(code),
      });
      expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
      expect(await tryToOpen(disk)).toMatchObject({ kind: 'store' });
    },
  );

  test.each(['', '{"noiseKey":', 'null', '{}'])(
    '%j is corrupt only when it has been so for a minute',
    async (content) => {
      const disk = linkedDisk();
      disk.place(credsPath, content);
      expect(await tryToOpen(disk)).toMatchObject({ reason: 'storage' });
      minutePasses();
      expect(await tryToOpen(disk)).toMatchObject({
        reason: 'creds_corrupt',
        message: expect.stringContaining(credsPath),
      });
      expect(disk.peek(credsPath)?.toString()).toBe(content);
    },
  );

  test('a file that changes while it is read is refused as storage', async () => {
    const disk = linkedDisk();
    const busy = {
      ...disk,
      read: async (path: string) => {
        const bytes = await disk.read(path);
        disk.place(credsPath, bytesOf({ ...credentialsOf(1), accountSyncCounter: 7 }));
        return bytes;
      },
    };
    expect(await tryToOpen(busy)).toMatchObject({ reason: 'storage' });
  });

  test('another device than expected is refused as storage: the next scan says who it is', async () => {
    expect(await tryToOpen(linkedDisk(), { expectedFingerprint: fingerprintOf(2) })).toMatchObject({
      reason: 'storage',
    });
  });

  test('a symlink in the place of the credentials is refused', async () => {
    const disk = memoryDisk();
    disk.placeDirectory(directory);
    disk.placeSymlink(credsPath);
    expect(await tryToOpen(disk)).toMatchObject({
      reason: 'storage',
      message: expect.stringContaining('ELOOP'),
    });
  });

  test('no sentence contains what the file contains', async () => {
    const disk = linkedDisk();
    disk.place(credsPath, 'c2VjcmV0IGtleQ==');
    minutePasses();
    expect(JSON.stringify(await tryToOpen(disk))).not.toContain('c2VjcmV0');
  });
});

describe('one writer per directory', () => {
  test('a second store is refused until the first was fenced', async () => {
    const { store, disk } = await openLinked();
    expect(await tryToOpen(disk)).toMatchObject({ kind: 'refused', reason: 'storage' });
    store.fence();
    expect(await tryToOpen(disk)).toMatchObject({ kind: 'store' });
  });

  test('of two that open at once one gets it', async () => {
    const disk = linkedDisk();
    const kinds = (await Promise.all([tryToOpen(disk), tryToOpen(disk)])).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['refused', 'store']);
  });

  test('a successor reads what its fenced predecessor still had to write', async () => {
    const { store, disk } = await openLinked();
    store.auth.creds.nextPreKeyId = 4711;
    store.saveCreds();
    store.fence();
    const next = await tryToOpen(disk);
    expect(next).toMatchObject({ kind: 'store', auth: { creds: { nextPreKeyId: 4711 } } });
  });

  test('of two that wait for the same predecessor one gets it', async () => {
    const { store, disk } = await openLinked();
    store.saveCreds();
    store.fence();
    const kinds = (await Promise.all([tryToOpen(disk), tryToOpen(disk)])).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['refused', 'store']);
  });

  test('a predecessor that cannot write in 10 s keeps its successor out, and no longer', async () => {
    const { store, disk } = await openLinked();
    let answer = (): void => undefined;
    const hanging = new Promise<void>((resolve) => (answer = resolve));
    const slow = {
      ...disk,
      rename: async (from: string, to: string) => (await hanging, disk.rename(from, to)),
    };
    store.fence();
    const { store: stuck } = await openLinked(slow);
    saveChanged(stuck);
    stuck.fence();
    const refused = tryToOpen(slow);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await refused).toMatchObject({
      kind: 'refused',
      reason: 'storage',
      message: expect.stringContaining('still'),
    });
    answer();
    expect(await tryToOpen(slow)).toMatchObject({ kind: 'store' });
  });
});

describe('a pairing', () => {
  test('starts with a fresh identity and an empty directory', async () => {
    const { store, disk } = await openPairing();
    const other = await openPairing();
    expect(store.auth.creds.me).toBeUndefined();
    expect(store.auth.creds.advSecretKey).not.toBe(other.store.auth.creds.advSecretKey);
    expect(disk.peek(credsPath)).toBeUndefined();
  });

  test.each(['creds.json', 'session-1.json'])(
    'is refused where %s lies, which stays as it is',
    async (name) => {
      const disk = memoryDisk();
      disk.place(inIt(name), 'of another program');
      expect(await tryToOpen(disk, { mode: 'pair' })).toMatchObject({ kind: 'refused', reason: 'storage' });
      expect(disk.peek(inIt(name))?.toString()).toBe('of another program');
    },
  );

  test('is refused where there is no directory: the store makes none', async () => {
    const disk = memoryDisk();
    expect(await tryToOpen(disk, { mode: 'pair' })).toMatchObject({ reason: 'storage' });
    expect(disk.paths()).not.toContain(directory);
  });

  test('has its credentials on the medium once it is drained, whatever happens then', async () => {
    const { store, disk } = await openPairing();
    const { me, account, signalIdentities } = credentialsOf(3);
    Object.assign(store.auth.creds, { me, account, signalIdentities });
    store.saveCreds();
    expect(await store.drained()).toBe('durable');
    disk.crash();
    expect(parsed(disk.peek(credsPath))).toMatchObject({
      me: { id: me!.id },
      advSecretKey: store.auth.creds.advSecretKey,
    });
  });

  test('does not write credentials that no start could read', async () => {
    const { store, disk } = await openPairing();
    Object.assign(store.auth.creds, { noiseKey: undefined });
    store.saveCreds();
    expect(await store.drained()).toBe('lost');
    expect(disk.peek(credsPath)).toBeUndefined();
  });

  test('keeps to the device that was linked: a later identity is not written', async () => {
    const { store, disk, warnings } = await openPairing();
    const { me, account } = credentialsOf(3);
    Object.assign(store.auth.creds, { me, account });
    store.saveCreds();
    await store.drained();
    const linked = disk.peek(credsPath);
    Object.assign(store.auth.creds, { me: credentialsOf(4).me });
    store.saveCreds();
    expect(await store.drained()).toBe('lost');
    expect(disk.peek(credsPath)).toEqual(linked);
    expect(warnings).toEqual(['credentials.not_written']);
  });
});
