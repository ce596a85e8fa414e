/**
 * An import whose power is cut at every single operation: what was there is never lost, and what comes is
 * never half there.
 */
import { describe, expect, it } from 'vitest';
import { openHarness } from '../harness.ts';
import {
  archived,
  bundleOf,
  contentsOf,
  device,
  importing,
  other,
  placeSession,
  type SessionsHarness,
  sessionContents,
} from './harness.ts';

const chances = (seed: number) => {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};
const bundle = async (): Promise<Buffer> => {
  const harness = openHarness();
  placeSession(harness, '2', device, 8);
  return (await bundleOf(harness, '2')).bytes;
};
const incoming = sessionContents(device, 8);
/** Everything under the vault that is not in its final place, whatever it is. */
const unfinished = (harness: SessionsHarness) =>
  harness.disk.paths().filter((path) => path.startsWith('/vault/.vigia/pairing/'));
/** What the next start does before anything else. */
const restarted = async (harness: SessionsHarness, random: () => number): Promise<SessionsHarness> => {
  harness.disk.crash();
  const after = openHarness({ random }, harness.disk);
  await after.scan();
  return after;
};

describe.each([1, 2, 3, 4, 5, 6])('an import that a power cut interrupts (chances %i)', (seed) => {
  it('into a free place leaves nothing or everything', async () => {
    const bytes = await bundle();
    let steps = 0;
    for (let finished = false; !finished; ) {
      steps += 1;
      expect(steps).toBeLessThan(200);
      const harness = openHarness({ random: chances(seed * 1_000 + steps) });
      harness.disk.cutPower(steps);
      finished = await importing(harness, bytes).then(
        ({ ok }) => ok,
        () => false,
      );
      const after = await restarted(harness, chances(seed));
      const there = contentsOf(after, '/vault/2');
      if (finished || Object.keys(there).length > 0) expect(there).toEqual(incoming);
      expect(unfinished(after)).toEqual([]);
      // whatever it was, the same command once more makes it right
      expect(await importing(after, bytes, { id: 'again' })).toMatchObject({ ok: true });
      expect(contentsOf(after, '/vault/2')).toEqual(incoming);
    }
    expect(steps).toBeGreaterThan(20);
  });

  it.each([
    ['an older copy of itself', device, false],
    ['another device', other, true],
  ])(
    'over %s leaves the old one or the new one, whole, and never without the old one in the archive',
    async (_what, of, force) => {
      const bytes = await bundle();
      const old = sessionContents(of, 5);
      let steps = 0;
      for (let finished = false; !finished; ) {
        steps += 1;
        expect(steps).toBeLessThan(200);
        const harness = openHarness({ random: chances(seed * 7_919 + steps) });
        placeSession(harness, '2', of, 5);
        harness.disk.cutPower(steps);
        finished = await importing(harness, bytes, { force }).then(
          ({ ok }) => ok,
          () => false,
        );
        const after = await restarted(harness, chances(seed));
        const there = contentsOf(after, '/vault/2');
        if (finished) expect(there).toEqual(incoming);
        expect([old, incoming]).toContainEqual(there);
        const isNew = there['creds.json'] === incoming['creds.json'];
        expect(archived(after)).toEqual(
          isNew ? [old] : archived(after).filter((one) => 'pairing.json' in one),
        );
        expect(unfinished(after)).toEqual([]);
        expect(await importing(after, bytes, { force, id: 'again' })).toMatchObject({
          ok: true,
          same: isNew,
        });
        expect(contentsOf(after, '/vault/2')).toEqual(incoming);
        expect(archived(after)).toContainEqual(old);
      }
    },
  );
});

describe('the credentials of an import', () => {
  it('never exist without all keys, after any torn write', async () => {
    const bytes = await bundle();
    const rehearsal = openHarness();
    const renaming = rehearsal.disk.rename;
    let cutAt = 0;
    rehearsal.disk.rename = (from, to) => {
      if (to.endsWith('/session/creds.json')) cutAt = rehearsal.disk.begun() + 1;
      return renaming(from, to);
    };
    await importing(rehearsal, bytes);
    expect(cutAt).toBeGreaterThan(0);
    let survived = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const harness = openHarness({ random: chances(seed) });
      harness.disk.cutPower(cutAt);
      await expect(importing(harness, bytes)).rejects.toMatchObject({ code: 'EPOWER' });
      const there = contentsOf(await restarted(harness, chances(seed)), '/vault/2');
      if (Object.keys(there).length > 0) survived += 1;
      expect([{}, incoming]).toContainEqual(there);
    }
    expect(survived).toBeGreaterThan(0);
  });
});
