import { describe, expect, it } from 'vitest';
import { layout, openHarness } from '../harness.ts';
import {
  archived,
  bundleOf,
  contentsOf,
  device,
  importing,
  inPieces,
  other,
  placeSession,
  type SessionsHarness,
  sessionContents,
} from './harness.ts';

const bundle = async (revision = 8, of = device): Promise<Buffer> => {
  const harness = openHarness();
  placeSession(harness, '2', of, revision);
  return (await bundleOf(harness, '2')).bytes;
};
const holding = (of = device, revision = 3, org = '2'): SessionsHarness => {
  const harness = openHarness();
  placeSession(harness, org, of, revision);
  return harness;
};
/** Refused, and nothing was touched. */
const _refusesUntouched = async (
  harness: SessionsHarness,
  bytes: Buffer,
  options: Parameters<typeof importing>[2],
  code: string,
): Promise<string> => {
  const before = harness.disk.paths();
  const there = contentsOf(harness, '/vault/2');
  const answer = await importing(harness, bytes, options);
  expect(answer).toMatchObject({ ok: false, code });
  expect(harness.disk.paths()).toEqual(before);
  expect(contentsOf(harness, '/vault/2')).toEqual(there);
  return answer.ok ? '' : answer.message;
};

describe('a forced import', () => {
  it.each([
    ['an older copy comes', device, 9],
    ['another device comes', other, 3],
  ] as const)('%s, and what was there is archived, not deleted', async (_what, of, revision) => {
    const harness = holding(of, revision);
    expect(await importing(harness, await bundle(8), { force: true })).toMatchObject({ ok: true });
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(archived(harness)).toEqual([sessionContents(of, revision)]);
  });
});

describe('an import on a failing disk', () => {
  it.each(['write', 'syncDirectory'] as const)(
    'to %s what is put together, nothing is left and nothing changed',
    async (operation) => {
      const harness = holding();
      harness.disk.inject({ operation, path: /\/pairing\/i1\/session/, code: 'ENOSPC', times: 1 });
      await expect(importing(harness, await bundle())).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents());
      expect(harness.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
      expect(archived(harness)).toEqual([]);
    },
  );
  it('is finished by the next scan when the move into place fails', async () => {
    const harness = holding();
    harness.disk.inject({ operation: 'rename', path: `${layout.pairing}/i1/session`, code: 'EIO', times: 1 });
    await expect(importing(harness, await bundle())).rejects.toMatchObject({ code: 'EIO' });
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents(device, 8));
  });
});

describe('an import beside other programs', () => {
  it('is given up when its destination changes meanwhile', async () => {
    const harness = holding();
    const bytes = await bundle();
    let reads = 0;
    const source = () => {
      reads += 1;
      if (reads === 2)
        harness.disk.place('/vault/2/creds.json', sessionContents(device, 4)['creds.json'] ?? '');
      return inPieces(bytes)();
    };
    expect(await importing(harness, bytes, { source })).toMatchObject({
      ok: false,
      code: 'changed_meanwhile',
    });
    expect(archived(harness)).toEqual([]);
    expect(harness.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
  });
  it('is given up when the bundle is replaced between its two readings', async () => {
    const harness = openHarness();
    const both = [await bundle(8), await bundle(9)];
    const source = () => inPieces(both.shift() ?? Buffer.alloc(0))();
    expect(await importing(harness, Buffer.alloc(0), { source })).toMatchObject({
      ok: false,
      code: 'bundle_damaged',
    });
    expect(contentsOf(harness, '/vault/2')).toEqual({});
  });
  it('succeeds when the supervisor puts the finished import in place first', async () => {
    const harness = openHarness();
    const bytes = await bundle();
    const renaming = harness.disk.rename;
    const putting = `${layout.pairing}/i1/session`;
    harness.disk.rename = async (from, to) => {
      if (from !== putting) return renaming(from, to);
      harness.disk.rename = renaming; // once
      await harness.scan();
      await renaming(from, to);
    };
    expect(await importing(harness, bytes)).toMatchObject({ ok: true, same: false });
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(harness.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
  });
  it('is put in place by a scan only when it is finished and its destination is free', async () => {
    const harness = holding();
    await harness.scan(); // the first one, which tidies
    await harness.disk.makeDirectory(`${layout.pairing}/i1/session`);
    harness.disk.place(
      `${layout.pairing}/i1/pairing.json`,
      JSON.stringify({ org: '2', id: 'i1', startedAt: 1, imported: true }),
    );
    harness.disk.place(`${layout.pairing}/i1/session/pre-key-1.json`, '{}');
    await harness.scan();
    harness.disk.place(
      `${layout.pairing}/i1/session/creds.json`,
      sessionContents(device, 8)['creds.json'] ?? '',
    );
    await harness.scan();
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents());
  });
});
