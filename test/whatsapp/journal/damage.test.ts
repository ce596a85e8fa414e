/** The journal on a disk that changes, cuts off or repeats what was written, or whose directory is removed. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { header, isReadable, parseJournal } from '../../../src/whatsapp/journal/record.ts';
import { fleetDisk, inFile, journalled, killed, layout, session, startOn } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const opened = async (disk = fleetDisk()) => {
  const life = await startOn(disk);
  return { ...life, disk, store: await life.open('acme') };
};

describe('a journal that the disk damaged', () => {
  const written = async () => {
    const { store, disk } = await opened();
    for (const n of [1, 2, 3])
      await store.auth.keys.set(session({ a: `${n}`, b: `${n}`, ['é'.repeat(n)]: null }));
    const path = journalled(disk)[0]!;
    const whole = disk.peek(path)!;
    const end = whole.findLastIndex((byte) => byte !== 0) + 1;
    const bytes = Buffer.from(whole.subarray(0, end + 64));
    const { records } = parseJournal(bytes);
    expect(records).toHaveLength(3);
    return { disk, path, bytes, records, end };
  };

  test('that is cut off at any byte gives what was whole before', async () => {
    const { bytes, records, end } = await written();
    for (let at = 0; at < end - 1; at += 1) {
      const cut = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]);
      for (const damaged of [cut, bytes.subarray(0, at)]) {
        const found = parseJournal(damaged);
        expect(found.records).toEqual(records.slice(0, found.records.length));
        expect(found.records.length).toBeLessThan(3);
        expect(found.damage).toEqual([]);
      }
    }
    // only the last line end is missing
    expect(parseJournal(bytes.subarray(0, end - 1)).records).toEqual(records);
  });

  test('loses at most the one record with the changed byte, and says so', async () => {
    const { bytes, records, end } = await written();
    for (let at = 0; at < end; at += 1) {
      for (const change of [0x01, 0x11, 0x80]) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= change;
        const file = parseJournal(damaged);
        expect(isReadable(file)).toBe(true);
        for (const record of file.records) expect(records).toContainEqual(record);
        expect(file.records.length).toBeGreaterThanOrEqual(at < header.length ? 3 : 2);
        if (file.records.length < 3) expect(file.damage.length + file.tornBytes).toBeGreaterThan(0);
      }
    }
  });

  test('is put into the files as far as it is sound, kept as evidence, and reported', async () => {
    const { disk, path, bytes } = await written();
    const damaged = Buffer.from(bytes);
    damaged[bytes.indexOf('"session-a.json"')]! ^= 1; // in the first of three records
    disk.place(path, damaged);
    const { warnings } = await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'a')).toBe('3');
    expect(warnings).toContain('journal.damaged');
    const [evidence] = disk.paths().filter((one) => one.startsWith(`${layout.quarantine}/journal-`));
    expect(disk.peek(evidence!)).toEqual(damaged);
  });

  test('keeps the newest copies as evidence, and not more than eight', async () => {
    const { disk, path, bytes } = await written();
    const damaged = Buffer.from(bytes);
    damaged[bytes.indexOf('"session-a.json"')]! ^= 1;
    for (let start = 0; start < 10; start += 1) {
      disk.place(path, damaged);
      await startOn(killed(disk));
    }
    expect(disk.paths().filter((one) => one.startsWith(`${layout.quarantine}/journal-`))).toHaveLength(8);
  });

  test('with a block that is there twice puts no older key over a newer one', async () => {
    const { disk, path, bytes, end } = await written();
    const first = bytes.subarray(header.length, bytes.indexOf(0x0a, header.length) + 1);
    disk.place(path, Buffer.concat([bytes.subarray(0, end), first, Buffer.alloc(512)]));
    await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'a')).toBe('3');
  });

  test('whose file holds only zeros is no reason to stop', async () => {
    const { disk, path, bytes } = await written();
    disk.place(path, Buffer.alloc(bytes.length));
    const { warnings } = await startOn(killed(disk));
    expect(warnings).not.toContain('journal.damaged');
  });
});

describe('the directory of the journal is removed while it is used', () => {
  test.each([layout.journal, layout.own])('and made again: %s', async (removed) => {
    const { store, disk } = await opened();
    await store.auth.keys.set(session({ a: '1' }));
    await disk.rename(removed, '/elsewhere');
    await store.auth.keys.set(session({ b: '1' }));
    expect(journalled(disk)).toHaveLength(1);
    await startOn(killed(disk));
    expect([inFile(disk, 'acme', 'a'), inFile(disk, 'acme', 'b')]).toEqual(['1', '1']);
  });
});
