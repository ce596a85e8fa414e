/** The scan hands to the store what it found, and the store examines again only what is different. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sha256 } from '../../../src/base/sha256.ts';
import type { ScannedCredentials } from '../../../src/whatsapp/store/types.ts';
import { countingDisk } from '../../support/counting-disk.ts';
import type { MemoryDisk } from '../../support/memory-disk.ts';
import {
  bytesOf,
  credentialsOf,
  credsPath,
  directory,
  fingerprintOf,
  linkedDisk,
  openLinked,
  saveChanged,
  tryToOpen,
} from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('opening what the last scan read', () => {
  const scannedOf = async (disk: MemoryDisk): Promise<ScannedCredentials> => {
    const stat = (await disk.stat(credsPath))!;
    return { stat, digest: sha256(disk.peek(credsPath)!), fingerprint: fingerprintOf(1) };
  };
  /** What reaches the directory and its credentials while a store opens. */
  const callsOfOpening = async (scanned: ScannedCredentials | undefined, disk: MemoryDisk) => {
    const counted = countingDisk(disk);
    const opened = await tryToOpen(counted, { scanned });
    return { opened, calls: counted.calls.map(({ operation, path }) => `${operation} ${path}`) };
  };

  test('takes one stat of the directory and one read, besides the search for temporary files', async () => {
    const disk = linkedDisk();
    const { opened, calls } = await callsOfOpening(await scannedOf(disk), disk);
    expect(opened).toMatchObject({ kind: 'store' });
    expect(calls).toEqual([`stat ${directory}`, `list ${directory}`, `read ${credsPath}`]);
  });

  test('without a scan the file has to be the same before and after it is read', async () => {
    const { opened, calls } = await callsOfOpening(undefined, linkedDisk());
    expect(opened).toMatchObject({ kind: 'store' });
    expect(calls.slice(2)).toEqual([`stat ${credsPath}`, `read ${credsPath}`, `stat ${credsPath}`]);
  });

  test.each([
    ['another device', bytesOf(credentialsOf(2)), { kind: 'refused', reason: 'storage' }],
    ['a torn file', '{"noiseKey":', { kind: 'refused', reason: 'storage' }],
    ['newer credentials', bytesOf({ ...credentialsOf(1), nextPreKeyId: 9 }), { kind: 'store' }],
  ] as const)(
    '%s, put there after the scan, is examined as if there had been no scan',
    async (_name, content, expected) => {
      const disk = linkedDisk();
      const scanned = await scannedOf(disk);
      disk.place(credsPath, content);
      const opened = await tryToOpen(disk, { scanned, expectedFingerprint: fingerprintOf(1) });
      expect(opened).toMatchObject(expected);
      expect(disk.peek(credsPath)).toEqual(Buffer.from(content));
    },
  );

  test('a copy with the same content, put there after the scan, is ours to write into', async () => {
    const disk = linkedDisk();
    const scanned = await scannedOf(disk);
    disk.place(credsPath, bytesOf(credentialsOf(1)));
    const { store, events, warnings } = await openLinked(disk, { scanned });
    saveChanged(store);
    expect(await store.drained()).toBe('durable');
    expect(disk.peek(credsPath)).toEqual(bytesOf(store.auth.creds));
    expect(events).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('a directory is searched for temporary files once, until another takes its place', async () => {
    const counted = countingDisk(linkedDisk());
    const lists = () => counted.calls.filter(({ operation }) => operation === 'list').length;
    const first = await tryToOpen(counted);
    expect(lists()).toBe(1);
    if (first.kind === 'store') first.fence();
    const second = await tryToOpen(counted);
    expect(second).toMatchObject({ kind: 'store' });
    expect(lists()).toBe(1);
    if (second.kind === 'store') second.fence();
    await counted.rename(directory, '/vault/away');
    await counted.makeDirectory(directory);
    await counted.write(credsPath, bytesOf(credentialsOf(1)));
    expect(await tryToOpen(counted)).toMatchObject({ kind: 'store' });
    expect(lists()).toBe(2);
  });
});
