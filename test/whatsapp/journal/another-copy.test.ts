/** After a kill, another copy of the same device is in the directory, or another program ran in it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inspectJournal } from '../../../src/offline/journal.ts';
import { parseJournal } from '../../../src/whatsapp/journal/record.ts';
import { encode } from '../../../src/whatsapp/store/key-file.ts';
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

const twelve = Array.from({ length: 12 }, (_, n) => `contact-${n}`);
const all = (value: string | null) => session(Object.fromEntries(twelve.map((id) => [id, value])));
const valuesOf = (disk: MemoryDisk) => twelve.map((id) => inFile(disk, 'acme', id));
const each = (value: string | undefined) => twelve.map(() => value);
const place = (disk: MemoryDisk, id: string, value: string, org = 'acme'): void =>
  disk.place(fileOf(org, id), encode(Buffer.from(value)));
const evidence = (disk: MemoryDisk) =>
  disk
    .paths()
    .filter((path) => path.startsWith(`${layout.quarantine}/keys-acme-`))
    .flatMap((path) => parseJournal(disk.peek(path)!).records)
    .flatMap(({ changes }) => changes.map(({ name }) => name));

/** `base` was in the files; then all twelve were written, and the process was killed after `ms`. */
const killedAfter = async (ms: number, base?: string) => {
  const disk = fleetDisk();
  if (base !== undefined) for (const id of twelve) place(disk, id, base);
  const { open } = await startOn(disk);
  const store = await open('acme');
  await store.auth.keys.set(all('ours-1'));
  await store.auth.keys.set(all('ours-2'));
  await passes(ms);
  vi.clearAllTimers();
  return killed(disk);
};

describe('after a kill', () => {
  test.each([0, 1_500])('%d ms after the write, newer files that were put there stay', async (ms) => {
    const disk = await killedAfter(ms, 'before');
    for (const id of twelve) place(disk, id, 'newer');
    expect(await inspectJournal(disk, layout)).toMatchObject({ newerFiles: 12 });
    const { warnings, open } = await startOn(disk);
    expect(valuesOf(disk)).toEqual(each('newer'));
    expect(warnings).toContain('journal.files_newer');
    expect(evidence(disk).sort()).toEqual(twelve.map((id) => `session-${id}.json`).sort());
    const store = await open('acme');
    expect(await read(store, 'contact-3')).toBe('newer');
    await passes(61_000);
    expect(valuesOf(disk)).toEqual(each('newer'));
    expect(journalled(disk)).toEqual([]);
  });

  test('newer files stay also when the whole directory was exchanged', async () => {
    const disk = await killedAfter(0);
    disk.place(credsOf('copy'), bytesOf(credentialsOf(1)));
    for (const id of twelve) place(disk, id, 'newer', 'copy');
    await disk.rename(`${root}/acme`, `${root}/away`);
    await disk.rename(`${root}/copy`, `${root}/acme`);
    await startOn(disk);
    expect(valuesOf(disk)).toEqual(each('newer'));
  });

  test.each(['before', 'ours-1', 'ours-2', undefined])(
    'a copy of this directory that holds %s gets the last keys',
    async (held) => {
      const disk = await killedAfter(0, held === undefined ? undefined : 'before');
      if (held !== undefined) for (const id of twelve) place(disk, id, held);
      expect(await inspectJournal(disk, layout)).toMatchObject({ newerFiles: 0 });
      const { warnings } = await startOn(disk);
      expect(valuesOf(disk)).toEqual(each('ours-2'));
      expect(warnings).toEqual(['journal.replayed']);
      expect(evidence(disk)).toEqual([]);
    },
  );

  test('a file that a power cut tore is written again', async () => {
    const disk = await killedAfter(1_500, 'before');
    for (const [n, id] of twelve.entries())
      disk.place(fileOf('acme', id), n % 2 ? Buffer.alloc(40) : encode(Buffer.from('x')).slice(0, n));
    await startOn(disk);
    expect(valuesOf(disk)).toEqual(each('ours-2'));
  });

  test('a second kill before the journal is emptied changes nothing of that', async () => {
    let disk = await killedAfter(0, 'before');
    await startOn(disk);
    disk = killed(disk);
    place(disk, 'contact-5', 'newer');
    await startOn(disk);
    expect(inFile(disk, 'acme', 'contact-5')).toBe('newer');
    expect(inFile(disk, 'acme', 'contact-6')).toBe('ours-2');
  });

  test('a removal takes no file of another copy away, and none beside one', async () => {
    const disk = fleetDisk();
    for (const id of ['used', 'x']) place(disk, id, 'before');
    const { open } = await startOn(disk);
    await (await open('acme')).auth.keys.set(session({ used: null, x: 'ours' }));
    vi.clearAllTimers();
    place(disk, 'x', 'newer');
    await startOn(killed(disk));
    expect([inFile(disk, 'acme', 'used'), inFile(disk, 'acme', 'x')]).toEqual(['before', 'newer']);
  });

  test('an older sound record is not put over the file of a newer one that the disk damaged', async () => {
    const disk = await killedAfter(1_500, 'before');
    const [path = ''] = journalled(disk);
    const bytes = Buffer.from(disk.peek(path)!);
    bytes[bytes.lastIndexOf('"session-contact-1.json"') + 2]! ^= 1;
    disk.place(path, bytes);
    const { warnings } = await startOn(killed(disk));
    expect(valuesOf(disk)).toEqual(each('ours-2'));
    expect(warnings).toContain('journal.damaged');
  });

  test('keys that waited for credentials are judged before a session reads them', async () => {
    const disk = await killedAfter(0, 'before');
    await disk.rename(credsOf('acme'), `${root}/kept`);
    const { open } = await startOn(disk);
    for (const id of twelve) place(disk, id, 'newer');
    disk.place(credsOf('acme'), bytesOf(credentialsOf(1)));
    vi.setSystemTime(Date.now() + 120_000);
    expect(await read(await open('acme'), 'contact-3')).toBe('newer');
    expect(valuesOf(disk)).toEqual(each('newer'));
  });
});

test('a key that changes while its file cannot be written is put there after a kill', async () => {
  const disk = fleetDisk();
  place(disk, 'a', 'before');
  const { open } = await startOn(disk);
  const store = await open('acme');
  await store.auth.keys.set(session({ a: 'ours-1' }));
  const repair = disk.inject({ operation: 'write', path: /session-a\.json/u, code: 'EACCES' });
  const later = store.auth.keys.set(session({ a: 'ours-2' }));
  await passes(70_000); // past the time at which the journal is emptied: only what waits is written again
  await later;
  repair();
  vi.clearAllTimers();
  await startOn(killed(disk));
  expect(inFile(disk, 'acme', 'a')).toBe('ours-2');
});
