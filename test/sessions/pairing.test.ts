import { describe, expect, it } from 'vitest';
import { PairingRefused } from '../../src/sessions/pairing-promotion.ts';
import { fingerprintOf, halfPaired, layout, neverScanned, restorable, scene } from './harness.ts';
import { archivedDevices, expectPromoted, newer, nobody, older, paired, paths } from './paired.ts';

describe('a pairing', () => {
  it('begins in an empty directory of its own, for the owner alone, that no scan finds', async () => {
    const world = scene();
    expect(await world.pairings.prepare('2', 'p1')).toBe('/vault/.vigia/pairing/p1/session');
    expect((await world.disk.stat('/vault/.vigia/pairing/p1/session'))?.mode).toBe(0o700);
    expect((await world.scan()).found).toEqual([]);
    await expect(world.pairings.prepare('2', 'p1')).rejects.toThrow('an id must be new');
    await expect(world.pairings.prepare('2', '../x')).rejects.toThrow('not an id');
  });

  it('has its directory for good before anything can be linked in it', async () => {
    const world = scene({ random: () => 0 });
    const session = await world.pairings.prepare('2', 'p1');
    world.disk.crash();
    expect(paths(world, layout.pairing)).toEqual(['/vault/.vigia/pairing/p1', '/vault/.vigia/pairing/p1/pairing.json', session]);
  });

  it('takes the place of the organization, which is archived and wanted to run', async () => {
    const world = scene();
    await paired(world);
    const found = await world.pairings.promote('2', 'p1');
    expect(found).toMatchObject({
      org: '2',
      stored: 'restorable',
      fingerprint: fingerprintOf(newer),
      promoted: true,
      record: { desired: 'running' },
    });
    await expectPromoted(world);
    expect(paths(world, layout.pairing)).toEqual([]);
  });

  it('is put in place, durably, by a second attempt when the first one failed after the rename', async () => {
    for (const path of ['/vault', '/vault/.vigia/pairing/p1', '/vault/.vigia/pairing']) {
      const world = scene({ random: () => 0 });
      await paired(world);
      world.disk.inject({ operation: 'syncDirectory', path, code: 'EIO', times: 1 });
      await expect(world.pairings.promote('2', 'p1')).rejects.toMatchObject({ code: 'EIO' });
      expect(await world.pairings.promote('2', 'p1')).toMatchObject({ fingerprint: fingerprintOf(newer), promoted: true });
      world.disk.crash();
      await expectPromoted(world);
    }
  });

  it('makes an organization that was not there', async () => {
    const world = scene();
    world.disk.place(`${await world.pairings.prepare('new', 'p1')}/creds.json`, restorable(newer));
    const found = await world.pairings.promote('new', 'p1');
    expect(found.record).toMatchObject({ desired: 'running', firstSeen: world.now() });
    expect(world.disk.peek('/vault/new/creds.json')?.toString()).toBe(restorable(newer));
    expect(archivedDevices(world)).toEqual([]);
  });

  it('is promoted once, however often it is asked', async () => {
    const world = scene();
    await paired(world);
    const all = await Promise.all([
      world.pairings.promote('2', 'p1'),
      world.pairings.promote('2', 'p1'),
      world.pairings.finishInterrupted(nobody),
    ]);
    expect(all[1]).toEqual(all[0]);
    await expectPromoted(world);
  });

  it.each([
    ['nothing', null],
    ['an unscanned identity', neverScanned(newer)],
    ['a half-paired one', halfPaired(newer)],
    ['a torn file', restorable(newer).slice(0, 99)],
  ])('is refused when it holds %s, and touches nothing', async (_, creds) => {
    const world = scene();
    await paired(world, creds);
    await expect(world.pairings.promote('2', 'p1')).rejects.toBeInstanceOf(PairingRefused);
    expect(world.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(older));
    expect(await world.records.read('2')).toMatchObject({ record: { desired: 'stopped' } });
  });

  it('is refused for another organization than its own, or when it never was', async () => {
    const world = scene();
    await paired(world);
    await expect(world.pairings.promote('3', 'p1')).rejects.toThrow('does not belong to 3');
    await expect(world.pairings.promote('2', 'p2')).rejects.toThrow('pair again');
  });

  it('is refused on a disk that folds case when another name leads to the same directory', async () => {
    const world = scene({ foldsCase: true });
    world.disk.place('/vault/Sol/creds.json', restorable(older));
    await expect(world.pairings.prepare('sol', 'p1')).rejects.toThrow('"sol" and the existing "Sol"');
    await expect(world.pairings.prepare('Sol', 'p2')).resolves.toContain('p2');
  });

  it('moves whatever stands in the place of the organization out of the way, a symlink too', async () => {
    const world = scene();
    world.disk.placeSymlink('/vault/2');
    world.disk.place(`${await world.pairings.prepare('2', 'p1')}/creds.json`, restorable(newer));
    await world.pairings.promote('2', 'p1');
    expect(world.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(newer));
    expect(paths(world, layout.archive)).toHaveLength(1);
  });
});

describe('discarding a pairing', () => {
  it('deletes what no phone has linked', async () => {
    for (const creds of [null, neverScanned(newer), halfPaired(newer)]) {
      const world = scene();
      await paired(world, creds);
      await world.pairings.discard('p1');
      expect([...paths(world, layout.pairing), ...paths(world, layout.archive)]).toEqual([]);
      expect(world.pairings.owned().size).toBe(0);
      await world.pairings.discard('p1');
    }
  });

  it('archives a device that was linked after all, and does not promote it', async () => {
    const world = scene();
    await paired(world);
    await world.pairings.discard('p1');
    expect(archivedDevices(world)).toEqual([restorable(newer)]);
    expect(await world.look('2')).toMatchObject({ fingerprint: fingerprintOf(older) });
  });

  it('deletes nothing that it cannot read', async () => {
    const world = scene();
    await paired(world);
    world.disk.inject({ operation: 'read', path: /session\/creds/, code: 'EIO', times: 1 });
    await expect(world.pairings.discard('p1')).rejects.toMatchObject({ code: 'EIO' });
    expect(paths(world, layout.pairing)).toContain('/vault/.vigia/pairing/p1/session/creds.json');
  });
});
