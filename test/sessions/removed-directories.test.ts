/** A program that tidies may remove an empty directory of ours while Vigía runs. */
import { describe, expect, it } from 'vitest';
import { createIdentities } from '../../src/sessions/identities.ts';
import { fingerprintOf, layout, openHarness, recordFor, restorable } from './harness.ts';
import { archivedDevices } from './paired.ts';

const device = '5511:3';
const open = async (removed: keyof Pick<typeof layout, 'orgs' | 'pairing' | 'identities' | 'archive'>) => {
  const harness = openHarness();
  harness.disk.place('/vault/2/creds.json', restorable(device));
  await harness.disk.removeDirectory(layout[removed]);
  expect(await harness.disk.stat(layout[removed])).toBeUndefined();
  return harness;
};

describe('a directory inside .vigia/ that was removed while the program runs is made again', () => {
  it('when a record is saved', async () => {
    const harness = await open('orgs');
    await harness.records.save({ org: '2', record: recordFor(device) });
    expect(harness.disk.peek(layout.record('2'))?.toString()).toContain(fingerprintOf(device));
  });

  it('when a pairing begins', async () => {
    const harness = await open('pairing');
    const session = await harness.pairings.prepare('2', 'p1');
    expect((await harness.disk.stat(session))?.mode).toBe(0o700);
  });

  it('when an organization is archived', async () => {
    const harness = await open('archive');
    await harness.archive.archive('2');
    expect(archivedDevices(harness)).toEqual([restorable(device)]);
  });

  it('when it is noted how far an identity is', async () => {
    const { disk, ...harness } = await open('identities');
    const identities = createIdentities({ disk, layout, log: (event) => void harness.logged(event) });
    await identities.raise(fingerprintOf(device), { nextPreKeyId: 9 });
    const again = createIdentities({ disk, layout, log: (event) => void harness.logged(event) });
    expect(await again.read(fingerprintOf(device))).toEqual({ counters: { nextPreKeyId: 9 } });
  });

  it('never when the directory above it is missing too: the volume may be away', async () => {
    const harness = openHarness();
    await harness.disk.rename(layout.own, '/vault/elsewhere');
    await expect(harness.pairings.prepare('2', 'p1')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await harness.disk.stat(layout.own)).toBeUndefined();
  });
});
