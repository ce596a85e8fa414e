import { describe, expect, it } from 'vitest';
import { fingerprintOf, layout, recordFor, restorable, scene } from './harness.ts';

const device = '5511:3';
const creds = '/vault/2/creds.json';
const live = { loaded: new Set(['2']), live: new Set(['2']) };
const _loaded = { loaded: new Set(['2']) };
const withOrg = (content: string | null = restorable(device), world = scene()) => {
  if (content === null) world.disk.placeDirectory('/vault/2');
  else world.disk.place(creds, content);
  return world;
};

describe('credentials that somebody may be writing', () => {
  it('are unsettled while the file changes between two looks, and found once it rests', async () => {
    const world = withOrg();
    world.onWait.push(
      (ms) => ms >= 250 && world.world.waits.length < 3 && world.disk.place(creds, restorable(device, world.world.waits.length + 1)),
    );
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled', fingerprint: '' });
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled' });
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
  });

  it('are unsettled while keys are still being copied beside them', async () => {
    const world = withOrg();
    world.onWait.push((ms) => ms >= 250 && world.world.waits.length < 2 && world.disk.place(`/vault/2/session-${ms}.json`, '{}'));
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled' });
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
  });

  it('are unsettled when they change while they are read', async () => {
    const world = withOrg();
    const inner = { ...world.disk };
    world.disk.read = async (path) => {
      const bytes = await inner.read(path);
      world.disk.read = (again) => inner.read(again);
      world.disk.place(creds, restorable('5511:4'));
      return bytes;
    };
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled', fingerprint: '' });
    expect(await world.look('2')).toMatchObject({ fingerprint: fingerprintOf('5511:4') });
  });

  it('need no second wait when the looks of two scans are far enough apart', async () => {
    const world = withOrg();
    world.onWait.push((ms) => ms >= 250 && world.world.waits.length < 2 && world.disk.place(`/vault/2/session-1.json`, '{}'));
    await world.scan();
    world.world.elapsedMs += 30_000;
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
    expect(world.world.waits).toHaveLength(1);
  });

  it('of a live session need no second look while they are of the same identity', async () => {
    const world = withOrg();
    await world.scan();
    world.disk.place(creds, restorable(device, 2));
    world.disk.place('/vault/2/session-1.json', '{}');
    expect(await world.look('2', live)).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf(device) });
    expect(world.world.waits).toHaveLength(1);
  });

  it('of a live session that was put in place by a pairing are known by the record', async () => {
    const world = withOrg();
    await world.records.save({ org: '2', record: recordFor(device) });
    expect(await world.look('2', live)).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf(device) });
    expect(world.world.waits).toEqual([]);
  });

  it('of a live session that are suddenly another identity are looked at twice, until they rest', async () => {
    const world = withOrg();
    await world.scan();
    world.disk.place(creds, restorable('5511:4', 1));
    world.onWait.push((ms) => {
      if (ms >= 250 && world.world.waits.length === 2) world.disk.place(creds, restorable('5511:4', 2));
    });
    expect(await world.look('2', live)).toMatchObject({ stored: 'unsettled', fingerprint: '' });
    world.disk.place(creds, restorable('5511:4', 3));
    expect(await world.look('2', live)).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf('5511:4') });
    expect(world.world.waits).toHaveLength(3);
  });
});

describe('content that is no creds.json', () => {
  const wrong = ['', '{', '[]', 'null', '{}', '7', restorable(device).slice(0, 200)];

  it.each(wrong)('(%.12j) is unsettled until it has not changed for a minute, then corrupt, and is left as it is', async (content) => {
    const world = withOrg(content);
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled' });
    world.world.elapsedMs += 59_000;
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled' });
    world.world.elapsedMs += 1_000;
    expect(await world.look('2')).toEqual({ org: '2', stored: 'corrupt', fingerprint: '' });
    await world.scan();
    expect(world.disk.peek(creds)?.toString()).toBe(content);
    expect(world.logged('credentials.corrupt')).toHaveLength(1);
    expect(await world.disk.list(layout.quarantine)).toEqual([]);
  });

  it('begins a new minute with every change', async () => {
    const world = withOrg('{');
    for (let n = 0; n < 5; n += 1) {
      await world.scan();
      world.world.elapsedMs += 50_000;
      world.disk.place(creds, '{'.repeat(n + 2));
    }
    expect(await world.look('2')).toMatchObject({ stored: 'unsettled' });
  });

  it('is not read when it is far too large', async () => {
    const world = withOrg(`${restorable(device)}${' '.repeat(4 * 1024 * 1024)}`);
    world.disk.place('/vault/2/creds.json.bak', restorable(device));
    await world.scan();
    world.world.elapsedMs += 60_000;
    expect(await world.look('2')).toMatchObject({ stored: 'corrupt' });
    expect(world.disk.begun('read')).toBe(0);
    expect(world.logged('credentials.too_large')).toHaveLength(1);
  });
});
