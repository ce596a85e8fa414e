import { describe, expect, it } from 'vitest';
import { PairingRefused } from '../../src/sessions/pairing-promotion.ts';
import { fingerprintOf, halfPaired, layout, neverScanned, openHarness, restorable } from './harness.ts';
import { archivedDevices, expectPromoted, newer, noPairings, older, paired, paths } from './paired.ts';

describe('a pairing', () => {
  it('begins in an empty directory for the owner alone, which no scan finds', async () => {
    const harness = openHarness();
    expect(await harness.pairings.prepare('2', 'p1')).toBe('/vault/.vigia/pairing/p1/session');
    expect((await harness.disk.stat('/vault/.vigia/pairing/p1/session'))?.mode).toBe(0o700);
    expect((await harness.scan()).found).toEqual([]);
    await expect(harness.pairings.prepare('2', 'p1')).rejects.toThrow('an id must be new');
    await expect(harness.pairings.prepare('2', '../x')).rejects.toThrow('not an id');
  });

  it('has a durable directory before anything can be linked in it', async () => {
    const harness = openHarness({ random: () => 0 });
    const session = await harness.pairings.prepare('2', 'p1');
    harness.disk.crash();
    expect(paths(harness, layout.pairing)).toEqual([
      '/vault/.vigia/pairing/p1',
      '/vault/.vigia/pairing/p1/pairing.json',
      session,
    ]);
  });

  it('replaces the organization, which is archived and should run', async () => {
    const harness = openHarness();
    await paired(harness);
    const found = await harness.pairings.promote('2', 'p1');
    expect(found).toMatchObject({
      org: '2',
      stored: 'restorable',
      fingerprint: fingerprintOf(newer),
      promoted: true,
      record: { desired: 'running' },
    });
    await expectPromoted(harness);
    expect(paths(harness, layout.pairing)).toEqual([]);
  });

  it('is put in place, durably, by a second attempt when the first one failed after the rename', async () => {
    for (const path of ['/vault', '/vault/.vigia/pairing/p1', '/vault/.vigia/pairing']) {
      const harness = openHarness({ random: () => 0 });
      await paired(harness);
      harness.disk.inject({ operation: 'syncDirectory', path, code: 'EIO', times: 1 });
      await expect(harness.pairings.promote('2', 'p1')).rejects.toMatchObject({ code: 'EIO' });
      expect(await harness.pairings.promote('2', 'p1')).toMatchObject({
        fingerprint: fingerprintOf(newer),
        promoted: true,
      });
      harness.disk.crash();
      await expectPromoted(harness);
    }
  });

  it('makes an organization that was not there', async () => {
    const harness = openHarness();
    harness.disk.place(`${await harness.pairings.prepare('new', 'p1')}/creds.json`, restorable(newer));
    const found = await harness.pairings.promote('new', 'p1');
    expect(found.record).toMatchObject({ desired: 'running', firstSeen: harness.now() });
    expect(harness.disk.peek('/vault/new/creds.json')?.toString()).toBe(restorable(newer));
    expect(archivedDevices(harness)).toEqual([]);
  });

  it('is promoted once by any number of calls', async () => {
    const harness = openHarness();
    await paired(harness);
    const all = await Promise.all([
      harness.pairings.promote('2', 'p1'),
      harness.pairings.promote('2', 'p1'),
      harness.pairings.finishInterrupted(noPairings),
    ]);
    expect(all[1]).toEqual(all[0]);
    await expectPromoted(harness);
  });

  it.each([
    ['nothing', null],
    ['an unscanned identity', neverScanned(newer)],
    ['a half-paired one', halfPaired(newer)],
    ['a torn file', restorable(newer).slice(0, 99)],
  ])('is refused when it holds %s, and changes nothing', async (_, creds) => {
    const harness = openHarness();
    await paired(harness, creds);
    await expect(harness.pairings.promote('2', 'p1')).rejects.toBeInstanceOf(PairingRefused);
    expect(harness.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(older));
    expect(await harness.records.read('2')).toMatchObject({ record: { desired: 'stopped' } });
  });

  it('is refused for another organization than its own, or when it never existed', async () => {
    const harness = openHarness();
    await paired(harness);
    await expect(harness.pairings.promote('3', 'p1')).rejects.toThrow('does not belong to 3');
    await expect(harness.pairings.promote('2', 'p2')).rejects.toThrow('pair again');
  });

  it('is refused on a disk that folds case when another name leads to the same directory', async () => {
    const harness = openHarness({ foldsCase: true });
    harness.disk.place('/vault/Sol/creds.json', restorable(older));
    await expect(harness.pairings.prepare('sol', 'p1')).rejects.toThrow('"sol" and the existing "Sol"');
    await expect(harness.pairings.prepare('Sol', 'p2')).resolves.toContain('p2');
  });

  it('archives any entry in the place of the organization, also a symlink', async () => {
    const harness = openHarness();
    harness.disk.placeSymlink('/vault/2');
    harness.disk.place(`${await harness.pairings.prepare('2', 'p1')}/creds.json`, restorable(newer));
    await harness.pairings.promote('2', 'p1');
    expect(harness.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(newer));
    expect(paths(harness, layout.archive)).toHaveLength(1);
  });
});

describe('discarding a pairing', () => {
  it('deletes a pairing that no phone has linked', async () => {
    for (const creds of [null, neverScanned(newer), halfPaired(newer)]) {
      const harness = openHarness();
      await paired(harness, creds);
      await harness.pairings.discard('p1');
      expect([...paths(harness, layout.pairing), ...paths(harness, layout.archive)]).toEqual([]);
      expect(harness.pairings.owned().size).toBe(0);
      await harness.pairings.discard('p1');
    }
  });

  it('archives a device that was linked after all, and does not promote it', async () => {
    const harness = openHarness();
    await paired(harness);
    await harness.pairings.discard('p1');
    expect(archivedDevices(harness)).toEqual([restorable(newer)]);
    expect(await harness.look('2')).toMatchObject({ fingerprint: fingerprintOf(older) });
  });

  it('deletes nothing that it cannot read', async () => {
    const harness = openHarness();
    await paired(harness);
    harness.disk.inject({ operation: 'read', path: /session\/creds/, code: 'EIO', times: 1 });
    await expect(harness.pairings.discard('p1')).rejects.toMatchObject({ code: 'EIO' });
    expect(paths(harness, layout.pairing)).toContain('/vault/.vigia/pairing/p1/session/creds.json');
  });
});
