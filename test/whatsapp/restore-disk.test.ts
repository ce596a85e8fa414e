/**
 * How often a restore examines its directory, and how many durable writes it makes: from the scan to the
 * store, and to a proven login. The counts are exact, so that they cannot grow unnoticed.
 * `docs/engineering/decisions/0013-restore-disk.md` says why each of them remains.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openJournal } from '../../src/offline/journal.ts';
import { readCredentials } from '../../src/sessions/credentials.ts';
import { layoutOf } from '../../src/sessions/layout.ts';
import { createObservations } from '../../src/sessions/observations.ts';
import { createRecords } from '../../src/sessions/records.ts';
import { createScanner } from '../../src/sessions/scan.ts';
import { openStore } from '../../src/whatsapp/store/open-store.ts';
import type { Journal, ScannedCredentials, Store } from '../../src/whatsapp/store/types.ts';
import { type CountingDisk, countingDisk, type DiskCall } from '../support/counting-disk.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { bytesOf, credentialsOf, credsPath, directory, saveChanged } from './store/harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const layout = layoutOf('/vault');
const startProgram = async () => {
  const memory = memoryDisk();
  for (const path of [layout.orgs, layout.journal, layout.pairing, layout.quarantine])
    memory.placeDirectory(path);
  memory.place(credsPath, bytesOf(credentialsOf(1)));
  const disk = countingDisk(memory);
  let elapsedMs = 0;
  const log = () => undefined;
  const now = () => elapsedMs;
  const observations = createObservations(disk, layout, now);
  const scan = createScanner({
    root: layout.root,
    disk,
    records: createRecords({ disk, layout, now }),
    pairings: { finishInterrupted: async () => [], owned: () => new Set() },
    lock: { stillOurs: async () => true },
    foldsCase: false,
    now,
    wait: async (ms) => void (elapsedMs += ms),
    log,
    observations,
  });
  const journal = await openJournal({ disk, layout, lock: { wasTakenBy: 'other' }, now, log });
  disk.forget();
  return {
    disk,
    journal,
    scan: () => scan({ loaded: new Set(), live: new Set() }),
    scanned: () => observations.credentialsOf('acme'),
  };
};
const open = async (
  disk: CountingDisk,
  journal: Journal,
  scanned: ScannedCredentials | undefined,
): Promise<Store> => {
  const on = {
    failed: () => undefined,
    recovered: () => undefined,
    replaced: () => undefined,
    log: () => undefined,
  };
  const store = await openStore({
    disk,
    directory,
    mode: 'restore',
    identify: readCredentials,
    scanned,
    journal,
    on,
  });
  if (store.kind === 'refused') throw new Error(store.message);
  return store;
};

const examined = new Set<string>([directory, credsPath]);
const isExamination = ({ operation, path }: DiskCall): boolean =>
  examined.has(path) && (operation === 'stat' || operation === 'read' || operation === 'list');
const isDurable = ({ operation }: DiskCall): boolean =>
  operation === 'write' ||
  operation === 'overwrite' ||
  operation === 'syncDirectory' ||
  operation === 'syncFileSystem';
/** The calls since the last time, as `stat acme` or `sync acme`. */
const callsOf = (disk: CountingDisk, which: (call: DiskCall) => boolean): readonly string[] => {
  const calls = disk.calls
    .filter(which)
    .map(({ operation, path }) => `${operation} ${path.slice(path.lastIndexOf('/') + 1)}`);
  disk.forget();
  return calls;
};

test('three examinations lead to an open store: two of the scan, 250 ms apart, and one of the store', async () => {
  const { disk, journal, scan, scanned } = await startProgram();
  await scan();
  const first = ['stat acme', 'stat creds.json'];
  const second = ['stat acme', 'stat creds.json', 'read creds.json', 'stat creds.json'];
  expect(callsOf(disk, isExamination)).toEqual([...first, ...second]);
  await open(disk, journal, scanned());
  expect(callsOf(disk, isExamination)).toEqual(['stat acme', 'list acme', 'read creds.json']);
});

test('a login that changes no credentials makes its backup durable, and nothing else of the directory', async () => {
  const { disk, journal, scan, scanned } = await startProgram();
  await scan();
  const store = await open(disk, journal, scanned());
  disk.forget();
  store.saveCreds();
  await store.backUp();
  expect(callsOf(disk, isDurable)).toEqual(['write creds.json.bak', 'syncDirectory acme']);
});

test('a login that changes credentials makes them and their backup durable in one round, after one check of ownership', async () => {
  const { disk, journal, scan, scanned } = await startProgram();
  await scan();
  const store = await open(disk, journal, scanned());
  disk.forget();
  saveChanged(store);
  await store.backUp();
  // directory and file, and the file again before the rename
  expect(disk.calls.filter(isExamination)).toHaveLength(3);
  expect(callsOf(disk, isDurable)).toEqual([
    'write creds.json',
    'write creds.json.bak',
    'syncDirectory acme',
  ]);
});

test('keys become durable by one write to the journal, after one check of ownership', async () => {
  const { disk, journal, scan, scanned } = await startProgram();
  await scan();
  const store = await open(disk, journal, scanned());
  await store.auth.keys.set({ 'device-list': { 1: ['0'] } }); // creates the file of the journal
  disk.forget();
  await store.auth.keys.set({ 'device-list': { 1: ['0', '1'] } });
  expect(disk.calls.filter(isExamination)).toHaveLength(2);
  expect(callsOf(disk, isDurable)).toEqual(['overwrite 0000000001.log']);
});

test('a reconnect that changes no credentials makes nothing of the directory durable, and lists no directory', async () => {
  const { disk, journal, scan, scanned } = await startProgram();
  await scan();
  const first = await open(disk, journal, scanned());
  await first.backUp();
  first.fence();
  await first.drained();
  disk.forget();
  const second = await open(disk, journal, scanned());
  second.saveCreds();
  await second.backUp();
  expect(disk.calls.filter(({ operation }) => operation === 'list')).toEqual([]);
  expect(callsOf(disk, isDurable)).toEqual([]);
});
