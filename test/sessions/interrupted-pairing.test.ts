import { describe, expect, it } from 'vitest';
import { fingerprintOf, halfPaired, layout, neverScanned, openHarness, restorable } from './harness.ts';
import { archivedDevices, expectPromoted, newer, noPairings, older, paired, paths } from './paired.ts';

describe('a promotion that a crash interrupted', () => {
  const seeds = Array.from({ length: 8 }, (_, seed) => seed);
  const chances = (seed: number) => {
    let state = seed * 2_654_435_761 + 1;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
  };

  it.each(seeds)(
    'ends with the new identity, the old one archived, wherever it was cut (chances %i)',
    async (seed) => {
      let finished = false;
      for (let step = 1; !finished; step += 1) {
        expect(step).toBeLessThan(100);
        const harness = openHarness({ random: chances(seed * 1_000 + step) });
        await paired(harness);
        harness.disk.cutPower(step);
        finished = await harness.pairings.promote('2', 'p1').then(
          () => true,
          () => false,
        );
        harness.disk.crash();
        const after = openHarness({}, harness.disk);
        const found = await after.look('2');
        expect(found).toMatchObject({
          stored: 'restorable',
          fingerprint: fingerprintOf(newer),
          record: { desired: 'running' },
        });
        await expectPromoted(after);
        expect(paths(after, layout.pairing)).toEqual([]);
      }
    },
  );

  it.each(seeds)('is finished even if its completion is interrupted too (chances %i)', async (seed) => {
    for (let step = 1; step < 30; step += 1) {
      const random = chances(seed * 7_919 + step);
      const harness = openHarness({ random });
      await paired(harness);
      harness.disk.cutPower(step);
      await harness.pairings.promote('2', 'p1').catch(() => undefined);
      harness.disk.crash();
      harness.disk.cutPower(Math.ceil(random() * 30));
      await openHarness({}, harness.disk).pairings.finishInterrupted(noPairings);
      harness.disk.crash();
      const after = openHarness({}, harness.disk);
      await after.pairings.finishInterrupted(noPairings);
      await expectPromoted(after);
    }
  });

  it('never loses the old organization while a pairing is being prepared', async () => {
    for (let step = 1; step < 20; step += 1) {
      const harness = openHarness({ random: chances(step) });
      await paired(harness, null, 'first');
      harness.disk.cutPower(step);
      await harness.pairings.prepare('2', 'p1').catch(() => undefined);
      harness.disk.crash();
      const after = openHarness({}, harness.disk);
      await after.pairings.finishInterrupted(noPairings);
      expect(paths(after, layout.pairing)).toEqual([]);
      expect(await after.look('2')).toMatchObject({
        fingerprint: fingerprintOf(older),
        record: { desired: 'stopped' },
      });
    }
  });
});

describe('pairings without a session that runs them', () => {
  it('are finished, the oldest first, so that the last one linked stays', async () => {
    const harness = openHarness();
    harness.harness.elapsedMs = 1_000;
    await paired(harness, restorable(newer), 'a-second');
    harness.harness.elapsedMs = 0;
    await paired(harness, restorable('5511:8'), 'z-first');
    const found = await harness.pairings.finishInterrupted(noPairings);
    expect(found.map((one) => one.fingerprint)).toEqual([fingerprintOf('5511:8'), fingerprintOf(newer)]);
    expect(harness.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(newer));
    expect(new Set(archivedDevices(harness))).toEqual(new Set([restorable(older), restorable('5511:8')]));
  });

  it('are left to the session that owns them until it ends', async () => {
    const harness = openHarness();
    await paired(harness);
    expect((await harness.scan()).found).toMatchObject([{ org: '2', fingerprint: fingerprintOf(older) }]);
    harness.pairings.release('p1');
    expect((await harness.scan()).found).toMatchObject([
      { org: '2', fingerprint: fingerprintOf(newer), promoted: true },
    ]);
    expect(harness.logged('pairing.promoted')).toHaveLength(1);
  });

  it('are deleted at start when no device was linked, and archived when that is not certain', async () => {
    const harness = openHarness();
    await paired(harness, null, 'empty');
    await paired(harness, neverScanned(newer), 'unscanned');
    await paired(harness, halfPaired(newer), 'half');
    await paired(harness, '{', 'torn');
    await paired(harness, restorable(newer), 'nobodys');
    harness.disk.place('/vault/.vigia/pairing/nobodys/pairing.json', 'not a note');
    const after = openHarness({}, harness.disk);
    expect(await after.pairings.finishInterrupted(noPairings)).toEqual([]);
    expect(paths(after, layout.pairing)).toEqual([]);
    const archived = after.logged('pairing.archived').map(({ fields }) => fields['pairing']);
    expect(new Set(archived)).toEqual(new Set(['half', 'nobodys', 'torn']));
    expect(await after.disk.list(layout.archive)).toHaveLength(3);
  });

  it('are deleted only at start', async () => {
    const harness = openHarness();
    await harness.pairings.finishInterrupted(noPairings);
    await paired(harness, neverScanned(newer));
    await harness.pairings.finishInterrupted(noPairings);
    expect(paths(harness, layout.pairing)).toContain('/vault/.vigia/pairing/p1/session/creds.json');
  });

  it('are retried at every scan while the disk fails, are logged once, and do not stop the scan', async () => {
    const harness = openHarness();
    await paired(harness);
    const after = openHarness({}, harness.disk);
    const undo = harness.disk.inject({ operation: 'read', path: /pairing\/p1\/session/, code: 'EIO' });
    for (let n = 0; n < 3; n += 1)
      expect((await after.scan()).found).toMatchObject([{ fingerprint: fingerprintOf(older) }]);
    expect(after.logged('pairing.unfinished')).toHaveLength(1);
    undo();
    expect((await after.scan()).found).toMatchObject([{ fingerprint: fingerprintOf(newer), promoted: true }]);
  });
});
