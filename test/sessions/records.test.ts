import { describe, expect, it } from 'vitest';
import { reservedRevisions } from '../../src/sessions/record-file.ts';
import { tidyRecords } from '../../src/sessions/records.ts';
import { layout, openHarness, recordFor } from './harness.ts';

const path = '/vault/.vigia/orgs/2.json';
const record = recordFor('5511:3');
const onDisk = (disk: ReturnType<typeof openHarness>['disk']) =>
  JSON.parse(disk.peek(path)?.toString() ?? 'null');
/** How many files were begun while `work` ran: each record written is one. */
const writesOf = async (
  { disk }: ReturnType<typeof openHarness>,
  work: () => Promise<unknown>,
): Promise<number> => {
  const before = disk.begun('write');
  await work();
  return disk.begun('write') - before;
};

describe('the record of an organization', () => {
  it('is absent, or the saved record with a revision that was never used', async () => {
    const { records } = openHarness();
    expect(await records.read('2')).toEqual({ kind: 'absent' });
    const full = recordFor('5511:3', {
      verdict: { reason: 'revoked', at: 5, statusCode: 401 },
      account: { id: '5511:3@s.whatsapp.net', name: null },
      lastConnectedAt: 4,
    });
    await records.save({ org: '2', record: full });
    expect(await records.read('2')).toEqual({
      kind: 'record',
      record: { ...full, revision: 7 + reservedRevisions },
    });
    expect(await records.names()).toEqual(new Set(['2']));
  });

  it('is durable when the save resolves', async () => {
    const harness = openHarness({ random: () => 0 });
    await harness.records.save({ org: '2', record });
    harness.disk.crash();
    expect(onDisk(harness.disk).fingerprint).toBe(record.fingerprint);
  });

  it('is not written for a new revision alone, until the reserve is used up', async () => {
    const harness = openHarness();
    const { records } = harness;
    await records.save({ org: '2', record });
    const keep =
      (revision: number, over = {}) =>
      () =>
        records.save({ org: '2', record: { ...record, revision, ...over } });
    expect(await writesOf(harness, keep(8))).toBe(0);
    expect(await writesOf(harness, keep(1_006))).toBe(0);
    expect(await writesOf(harness, keep(1_007))).toBe(1);
    expect(onDisk(harness.disk).revision).toBe(2_007);
    expect(await writesOf(harness, keep(1_008, { desired: 'stopped' }))).toBe(1);
  });

  it('never goes back, whatever revision a new process begins with', async () => {
    const harness = openHarness();
    await harness.records.save({ org: '2', record: { ...record, revision: 5_000 } });
    const next = openHarness({}, harness.disk);
    await next.records.save({ org: '2', record: { ...record, revision: 1, desired: 'stopped' } });
    expect(onDisk(harness.disk)).toMatchObject({ revision: 6_000, desired: 'stopped' });
  });

  it('is written by a new process that goes on from the reserved revision', async () => {
    const harness = openHarness();
    await harness.records.save({ org: '2', record });
    const next = openHarness({}, harness.disk);
    expect(
      await writesOf(next, () => next.records.save({ org: '2', record: { ...record, revision: 1_007 } })),
    ).toBe(1);
    expect(onDisk(harness.disk).revision).toBe(2_007);
  });

  it('is written once for all waiting saves, with the last record, and resolves them all', async () => {
    const harness = openHarness();
    const kept = Array.from({ length: 50 }, (_, n) =>
      harness.records.save({ org: '2', record: { ...record, firstSeen: n } }),
    );
    const writes = await writesOf(harness, () => Promise.all(kept));
    expect(onDisk(harness.disk).firstSeen).toBe(49);
    expect(writes).toBe(1);
  });

  it('rejects with the fault, and is written again by the next save, even unchanged', async () => {
    const harness = openHarness();
    for (const operation of ['write', 'rename', 'syncDirectory'] as const) {
      await harness.records.save({ org: '2', record });
      harness.disk.inject({ operation, path: /orgs/, code: 'ENOSPC', times: 1 });
      const changed = { ...record, firstSeen: harness.disk.begun() };
      await expect(harness.records.save({ org: '2', record: changed })).rejects.toMatchObject({
        name: 'DiskFault',
        code: 'ENOSPC',
      });
      expect(await writesOf(harness, () => harness.records.save({ org: '2', record: changed }))).toBe(1);
    }
  });

  it('is retried once with the newest record after a fault, and not after it was moved away', async () => {
    const harness = openHarness();
    const { records, disk } = harness;
    const undo = disk.inject({ operation: 'write', path: /\/orgs\//, code: 'ENOSPC' });
    await expect(records.save({ org: '2', record: { ...record, desired: 'stopped' } })).rejects.toMatchObject(
      { code: 'ENOSPC' },
    );
    await expect(records.save({ org: '2', record })).rejects.toMatchObject({ code: 'ENOSPC' });
    await records.retrySaves();
    expect(onDisk(disk)).toBeNull();
    undo();
    expect(await writesOf(harness, () => records.retrySaves())).toBe(1);
    expect(onDisk(disk)).toMatchObject({ desired: 'running' });
    expect(await writesOf(harness, () => records.retrySaves())).toBe(0);

    const again = disk.inject({ operation: 'write', path: /\/orgs\//, code: 'ENOSPC' });
    await expect(records.save({ org: '2', record: { ...record, desired: 'stopped' } })).rejects.toMatchObject(
      { code: 'ENOSPC' },
    );
    again();
    await records.moveAway('2', `${layout.archive}/2.json`);
    expect(await writesOf(harness, () => records.retrySaves())).toBe(0);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"desired":"maybe"}',
    JSON.stringify({ ...record, revision: -1 }),
    JSON.stringify({ ...record, verdict: { reason: 'bored', at: 1 } }),
  ])(
    'with the content %.30j is unreadable, and goes to quarantine only when it is replaced',
    async (content) => {
      const { disk, records } = openHarness();
      disk.place(path, content);
      expect(await records.read('2')).toEqual({ kind: 'unreadable', code: 'malformed' });
      expect(disk.paths().filter((one) => one.startsWith(layout.quarantine))).toEqual([layout.quarantine]);
      await records.save({ org: '2', record });
      const evidence = disk.paths().filter((one) => one.startsWith(`${layout.quarantine}/2/`));
      expect(evidence.map((one) => disk.peek(one)?.toString())).toEqual([content]);
      expect(onDisk(disk).fingerprint).toBe(record.fingerprint);
    },
  );

  it('without permission to read is unreadable with the code of the system, and is not replaced', async () => {
    const { disk, records } = openHarness();
    disk.place(path, 'precious');
    const undo = disk.inject({ operation: 'read', path, code: 'EACCES' });
    expect(await records.read('2')).toEqual({ kind: 'unreadable', code: 'EACCES' });
    await expect(records.save({ org: '2', record })).rejects.toMatchObject({ code: 'EACCES' });
    expect(disk.peek(path)?.toString()).toBe('precious');
    undo();
    await records.save({ org: '2', record });
    expect(onDisk(disk).fingerprint).toBe(record.fingerprint);
  });

  it('survives a power cut as the old or the new record, and its revision never goes back', async () => {
    for (let step = 1; step < 12; step += 1) {
      for (const chance of [0, 0.9]) {
        const harness = openHarness({ random: () => chance });
        await harness.records.save({ org: '2', record });
        const next = openHarness({}, harness.disk);
        harness.disk.cutPower(step);
        const outcome = await next.records
          .save({ org: '2', record: { ...record, revision: 1_008, desired: 'stopped' } })
          .then(
            () => 'durable',
            () => 'cut',
          );
        harness.disk.crash();
        const after = onDisk(harness.disk);
        expect(after.revision).toBeGreaterThanOrEqual(outcome === 'durable' ? 2_008 : 1_007);
        expect(after.desired).toBe(after.revision === 2_008 ? 'stopped' : 'running');
      }
    }
  });

  it('never creates its directory, because an unmounted volume must stay empty', async () => {
    const { disk, records } = openHarness();
    await disk.rename('/vault/.vigia', '/elsewhere');
    await expect(records.save({ org: '2', record })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(disk.paths().filter((one) => one.startsWith('/vault/'))).toEqual([]);
  });

  it('makes its directory again when only that was removed', async () => {
    const { disk, records } = openHarness();
    await disk.rename('/vault/.vigia/orgs', '/elsewhere');
    await records.save({ org: '2', record });
    expect(onDisk(disk)).toMatchObject({ desired: record.desired });
  });

  it('is moved away after earlier saves, and a later save makes a new record', async () => {
    const { disk, records } = openHarness();
    const first = records.save({ org: '2', record });
    const moved = records.moveAway('2', '/vault/.vigia/archive/2.json');
    const later = records.save({ org: '2', record: { ...record, desired: 'stopped' } });
    await Promise.all([first, moved, later]);
    expect(JSON.parse(disk.peek('/vault/.vigia/archive/2.json')?.toString() ?? '').desired).toBe('running');
    expect(onDisk(disk).desired).toBe('stopped');
  });

  it('is drained when no write is left, also after failures and later saves', async () => {
    const { disk, records } = openHarness();
    disk.inject({ operation: 'write', path: /3\.json/, code: 'EIO' });
    const failing = records.save({ org: '3', record });
    void records
      .save({ org: '2', record })
      .then(() => records.save({ org: '2', record: { ...record, desired: 'stopped' } }));
    await records.drained();
    expect(onDisk(disk).desired).toBe('stopped');
    await expect(failing).rejects.toMatchObject({ code: 'EIO' });
  });

  it('leaves no half-written files after a restart', async () => {
    const { disk, records } = openHarness();
    disk.place('/vault/.vigia/orgs/.2.json.9.9.tmp~', '{');
    expect(await records.names()).toEqual(new Set());
    expect(await tidyRecords(disk, layout)).toBe(1);
    expect(await disk.list(layout.orgs)).toEqual([]);
  });
});
