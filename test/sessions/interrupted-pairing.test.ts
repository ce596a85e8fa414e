import { describe, expect, it } from 'vitest';
import { fingerprintOf, halfPaired, layout, neverScanned, restorable, scene } from './harness.ts';
import { archivedDevices, expectPromoted, newer, nobody, older, paired, paths } from './paired.ts';

describe('a promotion that a crash interrupted', () => {
  const seeds = Array.from({ length: 8 }, (_, seed) => seed);
  const chances = (seed: number) => {
    let state = seed * 2_654_435_761 + 1;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
  };

  it.each(seeds)('ends with the new identity, the old one archived, wherever it was cut (chances %i)', async (seed) => {
    let finished = false;
    for (let step = 1; !finished; step += 1) {
      expect(step).toBeLessThan(100);
      const world = scene({ random: chances(seed * 1_000 + step) });
      await paired(world);
      world.disk.cutPower(step);
      finished = await world.pairings.promote('2', 'p1').then(
        () => true,
        () => false,
      );
      world.disk.crash();
      const after = scene({}, world.disk);
      const found = await after.look('2');
      expect(found).toMatchObject({ stored: 'restorable', fingerprint: fingerprintOf(newer), record: { desired: 'running' } });
      await expectPromoted(after);
      expect(paths(after, layout.pairing)).toEqual([]);
    }
  });

  it.each(seeds)('is finished even when finishing is interrupted too (chances %i)', async (seed) => {
    for (let step = 1; step < 30; step += 1) {
      const random = chances(seed * 7_919 + step);
      const world = scene({ random });
      await paired(world);
      world.disk.cutPower(step);
      await world.pairings.promote('2', 'p1').catch(() => undefined);
      world.disk.crash();
      world.disk.cutPower(Math.ceil(random() * 30));
      await scene({}, world.disk).pairings.finishInterrupted(nobody);
      world.disk.crash();
      const after = scene({}, world.disk);
      await after.pairings.finishInterrupted(nobody);
      await expectPromoted(after);
    }
  });

  it('never loses the old organization while a pairing is being prepared', async () => {
    for (let step = 1; step < 20; step += 1) {
      const world = scene({ random: chances(step) });
      await paired(world, null, 'first');
      world.disk.cutPower(step);
      await world.pairings.prepare('2', 'p1').catch(() => undefined);
      world.disk.crash();
      const after = scene({}, world.disk);
      await after.pairings.finishInterrupted(nobody);
      expect(paths(after, layout.pairing)).toEqual([]);
      expect(await after.look('2')).toMatchObject({ fingerprint: fingerprintOf(older), record: { desired: 'stopped' } });
    }
  });
});

describe('pairings that nobody runs any more', () => {
  it('are finished, the oldest first, so that the last one linked stays', async () => {
    const world = scene();
    world.world.elapsedMs = 1_000;
    await paired(world, restorable(newer), 'a-second');
    world.world.elapsedMs = 0;
    await paired(world, restorable('5511:8'), 'z-first');
    const found = await world.pairings.finishInterrupted(nobody);
    expect(found.map((one) => one.fingerprint)).toEqual([fingerprintOf('5511:8'), fingerprintOf(newer)]);
    expect(world.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(newer));
    expect(new Set(archivedDevices(world))).toEqual(new Set([restorable(older), restorable('5511:8')]));
  });

  it('are left to the session that owns them, until it is gone', async () => {
    const world = scene();
    await paired(world);
    expect((await world.scan()).found).toMatchObject([{ org: '2', fingerprint: fingerprintOf(older) }]);
    world.pairings.release('p1');
    expect((await world.scan()).found).toMatchObject([{ org: '2', fingerprint: fingerprintOf(newer), promoted: true }]);
    expect(world.logged('pairing.promoted')).toHaveLength(1);
  });

  it('are deleted at start when no device was linked, archived when that is not certain', async () => {
    const world = scene();
    await paired(world, null, 'empty');
    await paired(world, neverScanned(newer), 'unscanned');
    await paired(world, halfPaired(newer), 'half');
    await paired(world, '{', 'torn');
    await paired(world, restorable(newer), 'nobodys');
    world.disk.place('/vault/.vigia/pairing/nobodys/pairing.json', 'not a note');
    const after = scene({}, world.disk);
    expect(await after.pairings.finishInterrupted(nobody)).toEqual([]);
    expect(paths(after, layout.pairing)).toEqual([]);
    const archived = after.logged('pairing.archived').map(({ fields }) => fields['pairing']);
    expect(new Set(archived)).toEqual(new Set(['half', 'nobodys', 'torn']));
    expect(await after.disk.list(layout.archive)).toHaveLength(3);
  });

  it('are not deleted later than at start', async () => {
    const world = scene();
    await world.pairings.finishInterrupted(nobody);
    await paired(world, neverScanned(newer));
    await world.pairings.finishInterrupted(nobody);
    expect(paths(world, layout.pairing)).toContain('/vault/.vigia/pairing/p1/session/creds.json');
  });

  it('are tried again at every scan while the disk refuses, are said once, and do not stop the scan', async () => {
    const world = scene();
    await paired(world);
    const after = scene({}, world.disk);
    const undo = world.disk.inject({ operation: 'read', path: /pairing\/p1\/session/, code: 'EIO' });
    for (let n = 0; n < 3; n += 1) expect((await after.scan()).found).toMatchObject([{ fingerprint: fingerprintOf(older) }]);
    expect(after.logged('pairing.unfinished')).toHaveLength(1);
    undo();
    expect((await after.scan()).found).toMatchObject([{ fingerprint: fingerprintOf(newer), promoted: true }]);
  });
});
