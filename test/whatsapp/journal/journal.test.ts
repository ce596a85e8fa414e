/**
 * Keys become durable in the journal, and files a moment later: what is seen of it while nothing goes wrong,
 * and after a kill.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf, counting, credentialsOf } from '../store/harness.ts';
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

describe('while all goes well', () => {
  test('a key is durable at once, read from where it is, and in its file a second later', async () => {
    const disk = fleetDisk();
    const { open } = await startOn(disk);
    const store = await open('acme');
    await store.auth.keys.set(session({ a: 'one' }));
    expect(disk.peek(fileOf('acme', 'a'))).toBeUndefined();
    expect(await read(store, 'a')).toBe('one');
    await passes(1_000);
    expect(inFile(disk, 'acme', 'a')).toBe('one');
    await store.auth.keys.set(session({ a: null }));
    expect(await read(store, 'a')).toBeNull();
    await passes(1_000);
    expect(disk.peek(fileOf('acme', 'a'))).toBeUndefined();
  });

  test('what many organizations write in one moment costs two syncs for the first of them and one for all others', async () => {
    const { disk, calls } = counting(fleetDisk());
    const { open } = await startOn(disk);
    const [acme, other] = [await open('acme'), await open('other')];
    await acme.auth.keys.set(session({ a: '1' })); // makes the file
    const before = disk.begun('overwrite');
    calls.length = 0;
    await Promise.all(
      [acme, other, acme, other].map((store, n) => store.auth.keys.set(session({ [`k${n}`]: 'x' }))),
    );
    expect(disk.begun('overwrite') - before).toBeLessThanOrEqual(2);
    expect(calls).toEqual([]);
  });

  test('a second write of the same key within the second is one file', async () => {
    const { disk, calls } = counting(fleetDisk());
    const { open } = await startOn(disk);
    const store = await open('acme');
    for (const value of ['1', '2', '3']) await store.auth.keys.set(session({ a: value }));
    await passes(1_000);
    expect(calls.filter((call) => call === 'rename session-a.json')).toHaveLength(1);
    expect(inFile(disk, 'acme', 'a')).toBe('3');
  });

  test('the journal is emptied within a minute, and a crash then finds everything in the files', async () => {
    const disk = fleetDisk({ random: () => 0 });
    const { open } = await startOn(disk);
    const store = await open('acme');
    await store.auth.keys.set(session({ a: 'one' }));
    expect(journalled(disk)).toHaveLength(1);
    await passes(61_000);
    expect(journalled(disk)).toEqual([]);
    disk.crash();
    expect(inFile(disk, 'acme', 'a')).toBe('one');
  });

  test('a store that has ended leaves plain files, and a clean stop leaves no journal', async () => {
    const disk = fleetDisk({ random: () => 0 });
    const { open, journal, warnings } = await startOn(disk);
    const [acme, other] = [await open('acme'), await open('other')];
    await acme.auth.keys.set(session({ a: 'one' }));
    await other.auth.keys.set(session({ a: 'two' }));
    acme.fence();
    expect(await acme.drained()).toBe('durable');
    expect(inFile(disk, 'acme', 'a')).toBe('one');
    await journal.close();
    expect(inFile(disk, 'other', 'a')).toBe('two');
    expect(journalled(disk)).toEqual([]);
    disk.crash();
    expect(inFile(disk, 'acme', 'a')).toBe('one');
    expect(inFile(disk, 'other', 'a')).toBe('two');
    expect(warnings).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('many keys are put into files without a sync each, and all of them are durable before the journal forgets them', async () => {
    const { disk, calls } = counting(fleetDisk({ random: () => 0 }));
    const { open } = await startOn(disk);
    const store = await open('acme');
    await store.auth.keys.set(
      session(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, 'x']))),
    );
    calls.length = 0;
    await passes(1_000);
    expect(calls.filter((call) => call.startsWith('rename'))).toHaveLength(300);
    expect(calls.filter((call) => call.startsWith('write') || call.startsWith('sync'))).toEqual([]);
    const again = await startOn(killed(disk)); // nothing was lost by a kill either
    expect(again.warnings).toEqual(['journal.replayed']);
    await passes(61_000);
    expect(journalled(disk)).toEqual([]);
    disk.crash();
    expect(inFile(disk, 'acme', 'k299')).toBe('x');
  });
});

describe('after a kill', () => {
  const writtenAndKilled = async () => {
    const disk = fleetDisk();
    disk.place(fileOf('acme', 'old'), bytesOf(credentialsOf(9)));
    const { open } = await startOn(disk);
    await (await open('acme')).auth.keys.set(session({ a: 'one', old: null }));
    expect(disk.peek(fileOf('acme', 'old'))).toBeDefined();
    vi.clearAllTimers();
    return killed(disk);
  };

  test('the next start puts all of it into the files before anybody looks at them', async () => {
    const disk = await writtenAndKilled();
    await startOn(disk);
    expect(inFile(disk, 'acme', 'a')).toBe('one');
    expect(disk.peek(fileOf('acme', 'old'))).toBeUndefined();
    await passes(1_000);
    expect(journalled(disk)).toEqual([]);
  });

  test('nothing is put into the directory of another device, and it is said', async () => {
    const disk = await writtenAndKilled();
    disk.place(credsOf('acme'), bytesOf(credentialsOf(2)));
    const { warnings } = await startOn(disk);
    expect(disk.peek(fileOf('acme', 'a'))).toBeUndefined();
    expect(disk.peek(fileOf('acme', 'old'))).toBeDefined();
    expect(warnings[0]).toBe('journal.keys_of_another');
    await passes(1_000);
    expect(journalled(disk)).toEqual([]);
  });

  test('keys of a directory that is gone are dropped with a log line, and the directory is not created again', async () => {
    const disk = await writtenAndKilled();
    await disk.rename(`${root}/acme`, `${root}/elsewhere`);
    const { warnings } = await startOn(disk);
    expect(disk.paths()).not.toContain(`${root}/acme`);
    expect(disk.peek(`${root}/elsewhere/session-a.json`)).toBeUndefined();
    expect(warnings[0]).toBe('journal.keys_dropped');
  });

  test('credentials that are missing or make no sense say nothing: it waits, through further kills, until they are back', async () => {
    let disk = await writtenAndKilled();
    await disk.rename(credsOf('acme'), `${root}/kept`);
    for (const content of [undefined, 'torn']) {
      if (content) disk.place(credsOf('acme'), content);
      await startOn(disk);
      await passes(125_000);
      expect(journalled(disk)).not.toEqual([]);
      expect(disk.peek(fileOf('acme', 'a'))).toBeUndefined();
      vi.clearAllTimers();
      disk = killed(disk);
    }
    await startOn(disk);
    disk.place(credsOf('acme'), bytesOf(credentialsOf(1)));
    await passes(75_000);
    expect(inFile(disk, 'acme', 'a')).toBe('one');
    expect(journalled(disk)).toEqual([]);
  });

  test('it is not put over what an older version wrote since, which knows no journal; it is moved aside', async () => {
    const disk = await writtenAndKilled();
    const { warnings } = await startOn(disk, 'older version');
    expect(disk.peek(fileOf('acme', 'a'))).toBeUndefined();
    expect(journalled(disk)).toEqual([]);
    expect(
      disk
        .paths()
        .filter((path) => path.startsWith(`${layout.quarantine}/journal-`) && path.endsWith('.log')),
    ).toHaveLength(1);
    expect(warnings).toEqual(['journal.outdated']);
  });

  test('a journal of a newer version is refused with what to do, and left alone', async () => {
    const disk = await writtenAndKilled();
    const [path = ''] = journalled(disk);
    disk.place(path, 'vigia-journal 5\nsomething');
    await expect(startOn(disk)).rejects.toThrow(
      /has format 5: a newer version of Vigía was killed here\. Start that version/u,
    );
    expect(disk.peek(path)?.toString()).toBe('vigia-journal 5\nsomething');
  });
});
