import { describe, expect, it } from 'vitest';
import { type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';
import { fingerprintOf, layout, neverScanned, recordFor, restorable, scene } from './harness.ts';

const device = '5511:3';
const creds = '/vault/2/creds.json';
const torn = restorable(device, 9).slice(0, 300);
const backup = restorable(device, 8);
const corrupted = (world = scene()) => {
  world.disk.place(creds, torn);
  world.disk.place('/vault/2/creds.json.bak', backup);
  return world;
};
const afterAMinute = async (world: ReturnType<typeof scene>, request = {}) => {
  await world.scan(request);
  world.world.elapsedMs += 60_000;
  return world.look('2', request);
};
const evidence = (world: ReturnType<typeof scene>) =>
  world.disk.paths().flatMap((path) => (path.startsWith(`${layout.quarantine}/2/`) ? [world.disk.peek(path)?.toString()] : []));

describe('corrupt credentials with a backup', () => {
  it('are replaced by it when the record knows the identity, and kept as evidence', async () => {
    const world = corrupted();
    await world.records.save({ org: '2', record: recordFor(device) });
    expect(await afterAMinute(world)).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf(device),
      record: { desired: 'running' },
    });
    expect(world.disk.peek(creds)?.toString()).toBe(backup);
    expect(await world.disk.stat(creds)).toMatchObject({ mode: 0o600 });
    expect(evidence(world)).toEqual([torn]);
    expect(world.logged('credentials.restored_from_backup')).toEqual([{ event: 'credentials.restored_from_backup', fields: { org: '2' } }]);
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
    expect(world.world.waits).toHaveLength(1);
  });

  it('are replaced by it when there is no record, or one that never knew an identity', async () => {
    expect(await afterAMinute(corrupted())).toMatchObject({ stored: 'restorable' });
    const world = corrupted();
    await world.records.save({ org: '2', record: recordFor(device, { fingerprint: '' }) });
    expect(await afterAMinute(world, { loaded: new Set(['2']) })).toMatchObject({ stored: 'restorable' });
  });

  it('are left as they are when the backup is of another identity, not a linked device, or not there', async () => {
    for (const copy of [restorable('5511:4'), neverScanned(device), '{', undefined]) {
      const world = scene();
      world.disk.place(creds, torn);
      if (copy !== undefined) world.disk.place('/vault/2/creds.json.bak', copy);
      await world.records.save({ org: '2', record: recordFor(device) });
      expect(await afterAMinute(world)).toMatchObject({ stored: 'corrupt', fingerprint: '' });
      expect(world.disk.peek(creds)?.toString()).toBe(torn);
      expect(evidence(world)).toEqual([]);
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
        await once(moment === 'write' && path.includes('/vault/2/.creds.json'), () => disk.place(creds, other));
        return stat;
      },
    };
    const world = corrupted(scene({}, watched));
    await afterAMinute(world);
    expect(left).toBe(0);
    expect(disk.peek(creds)?.toString()).toBe(other);
    expect(disk.peek('/vault/away/creds.json')?.toString()).toBe(moment === 'rename' ? backup : undefined);
    expect(evidence(world)).toEqual([torn]);
    await world.scan();
    expect(await world.look('2')).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf('5522:1') });
  });

  it('are left as they are when the record cannot be read', async () => {
    const world = corrupted();
    world.disk.place(layout.record('2'), '{');
    expect(await afterAMinute(world)).toMatchObject({ stored: 'corrupt', recordUnreadable: true });
    expect(world.disk.peek(creds)?.toString()).toBe(torn);
  });

  it('are left alone while the session has a socket', async () => {
    const world = corrupted();
    const live = { loaded: new Set(['2']), live: new Set(['2']) };
    expect(await afterAMinute(world, live)).toMatchObject({ stored: 'corrupt' });
    expect(world.disk.peek(creds)?.toString()).toBe(torn);
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
  });

  it('are left alone when somebody writes them again at the last moment', async () => {
    const world = corrupted();
    await world.scan();
    world.world.elapsedMs += 60_000;
    const inner = { ...world.disk };
    world.disk.write = async (path, content, mode) => {
      if (path.startsWith(layout.quarantine)) world.disk.place(creds, restorable('5511:9'));
      return inner.write(path, content, mode);
    };
    expect(await world.look('2')).toMatchObject({ stored: 'corrupt' });
    expect(world.disk.peek(creds)?.toString()).toBe(restorable('5511:9'));
    expect(await world.look('2')).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf('5511:9') });
  });

  it('stay as they are while the disk is full, and are replaced when it no longer is', async () => {
    for (const path of [/quarantine/, /\/vault\/2\//]) {
      const world = corrupted();
      const undo = world.disk.inject({ operation: 'write', path, code: 'ENOSPC', tear: 5 });
      expect(await afterAMinute(world)).toMatchObject({ stored: 'corrupt' });
      expect(world.disk.peek(creds)?.toString()).toBe(torn);
      expect(world.logged('credentials.backup_failed').map(({ fields }) => fields)).toEqual([{ org: '2', code: 'ENOSPC' }]);
      undo();
      expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
    }
  });

  it('are whole or as they were wherever the power goes, never gone', async () => {
    for (let step = 1; step < 60; step += 1) {
      for (const chance of [0, 0.4, 0.9]) {
        const world = corrupted(scene({ random: () => chance }));
        await world.scan();
        world.world.elapsedMs += 60_000;
        world.disk.cutPower(step);
        await world.scan().catch(() => undefined);
        world.disk.crash();
        expect([torn, backup]).toContain(world.disk.peek(creds)?.toString());
        expect(await afterAMinute(scene({}, world.disk))).toMatchObject({ stored: 'restorable' });
      }
    }
  });
});
