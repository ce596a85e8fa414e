import { describe, expect, it } from 'vitest';
import { type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { fingerprintOf, layout, neverScanned, openHarness, recordFor, restorable } from './harness.ts';

const device = '5511:3';
const creds = '/vault/2/creds.json';
const torn = restorable(device, 9).slice(0, 300);
const backup = restorable(device, 8);
const corrupted = (harness = openHarness()) => {
  harness.disk.place(creds, torn);
  harness.disk.place('/vault/2/creds.json.bak', backup);
  return harness;
};
const afterAMinute = async (harness: ReturnType<typeof openHarness>, request = {}) => {
  await harness.scan(request);
  harness.harness.elapsedMs += 60_000;
  return harness.look('2', request);
};
const evidence = (harness: ReturnType<typeof openHarness>) =>
  harness.disk
    .paths()
    .flatMap((path) =>
      path.startsWith(`${layout.quarantine}/2/`) ? [harness.disk.peek(path)?.toString()] : [],
    );

describe('corrupt credentials with a backup', () => {
  it('are replaced when the record knows the identity of the backup, and are kept as evidence', async () => {
    const harness = corrupted();
    await harness.records.save({ org: '2', record: recordFor(device) });
    expect(await afterAMinute(harness)).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf(device),
      record: { desired: 'running' },
    });
    expect(harness.disk.peek(creds)?.toString()).toBe(backup);
    expect(await harness.disk.stat(creds)).toMatchObject({ mode: 0o600 });
    expect(evidence(harness)).toEqual([torn]);
    expect(harness.logged('credentials.restored_from_backup')).toEqual([
      { event: 'credentials.restored_from_backup', fields: { org: '2' } },
    ]);
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
    expect(harness.harness.waits).toHaveLength(1);
  });

  it('are replaced when there is no record, or one without an identity', async () => {
    expect(await afterAMinute(corrupted())).toMatchObject({ stored: 'restorable' });
    const harness = corrupted();
    await harness.records.save({ org: '2', record: recordFor(device, { fingerprint: '' }) });
    expect(await afterAMinute(harness, { loaded: new Set(['2']) })).toMatchObject({ stored: 'restorable' });
  });

  it('stay when the backup has another identity, no linked device, or does not exist', async () => {
    for (const copy of [restorable('5511:4'), neverScanned(device), '{', undefined]) {
      const harness = openHarness();
      harness.disk.place(creds, torn);
      if (copy !== undefined) harness.disk.place('/vault/2/creds.json.bak', copy);
      await harness.records.save({ org: '2', record: recordFor(device) });
      expect(await afterAMinute(harness)).toMatchObject({ stored: 'corrupt', fingerprint: '' });
      expect(harness.disk.peek(creds)?.toString()).toBe(torn);
      expect(evidence(harness)).toEqual([]);
    }
  });

  it.each([
    ['another directory takes the place when only the rename is left', 'rename'],
    ['other credentials are put there while the backup is being copied', 'write'],
  ] as const)('never overwrite what was put there meanwhile: %s', async (_name, moment) => {
    const disk = memoryDisk();
    const other = restorable('5522:1');
    let left = 1;
    const once = async (isIt: boolean, act: () => unknown) => {
      if (isIt && left > 0) await act();
      if (isIt) left -= 1;
    };
    const exchange = async () => {
      disk.place('/vault/other/creds.json', other);
      await disk.rename('/vault/2', '/vault/away');
      await disk.rename('/vault/other', '/vault/2');
    };
    const watched: MemoryDisk = {
      ...disk,
      rename: async (from, to) => {
        await once(moment === 'rename' && to.endsWith('/2/creds.json'), exchange);
        return disk.rename(from, to);
      },
      write: async (path, content, mode) => {
        const stat = await disk.write(path, content, mode);
        await once(moment === 'write' && path.includes('/vault/2/.creds.json'), () =>
          disk.place(creds, other),
        );
        return stat;
      },
    };
    const harness = corrupted(openHarness({}, watched));
    await afterAMinute(harness);
    expect(left).toBe(0);
    expect(disk.peek(creds)?.toString()).toBe(other);
    expect(disk.peek('/vault/away/creds.json')?.toString()).toBe(moment === 'rename' ? backup : undefined);
    expect(evidence(harness)).toEqual([torn]);
    await harness.scan();
    expect(await harness.look('2')).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf('5522:1'),
    });
  });

  it('stay when the record cannot be read', async () => {
    const harness = corrupted();
    harness.disk.place(layout.record('2'), '{');
    expect(await afterAMinute(harness)).toMatchObject({ stored: 'corrupt', recordUnreadable: true });
    expect(harness.disk.peek(creds)?.toString()).toBe(torn);
  });

  it('stay while the session has a socket', async () => {
    const harness = corrupted();
    const live = { loaded: new Set(['2']), live: new Set(['2']) };
    expect(await afterAMinute(harness, live)).toMatchObject({ stored: 'corrupt' });
    expect(harness.disk.peek(creds)?.toString()).toBe(torn);
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
  });

  it('stay when another program writes them at the last moment', async () => {
    const harness = corrupted();
    await harness.scan();
    harness.harness.elapsedMs += 60_000;
    const inner = { ...harness.disk };
    harness.disk.write = async (path, content, mode) => {
      if (path.startsWith(layout.quarantine)) harness.disk.place(creds, restorable('5511:9'));
      return inner.write(path, content, mode);
    };
    expect(await harness.look('2')).toMatchObject({ stored: 'corrupt' });
    expect(harness.disk.peek(creds)?.toString()).toBe(restorable('5511:9'));
    expect(await harness.look('2')).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf('5511:9'),
    });
  });

  it('stay while the disk is full, and are replaced when it has space again', async () => {
    for (const path of [/quarantine/, /\/vault\/2\//]) {
      const harness = corrupted();
      const undo = harness.disk.inject({ operation: 'write', path, code: 'ENOSPC', tear: 5 });
      expect(await afterAMinute(harness)).toMatchObject({ stored: 'corrupt' });
      expect(harness.disk.peek(creds)?.toString()).toBe(torn);
      expect(harness.logged('credentials.backup_failed').map(({ fields }) => fields)).toEqual([
        { org: '2', code: 'ENOSPC' },
      ]);
      undo();
      expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
    }
  });

  it('are complete or unchanged after any power cut, never gone', async () => {
    for (let step = 1; step < 60; step += 1) {
      for (const chance of [0, 0.4, 0.9]) {
        const harness = corrupted(openHarness({ random: () => chance }));
        await harness.scan();
        harness.harness.elapsedMs += 60_000;
        harness.disk.cutPower(step);
        await harness.scan().catch(() => undefined);
        harness.disk.crash();
        expect([torn, backup]).toContain(harness.disk.peek(creds)?.toString());
        expect(await afterAMinute(openHarness({}, harness.disk))).toMatchObject({ stored: 'restorable' });
      }
    }
  });
});
