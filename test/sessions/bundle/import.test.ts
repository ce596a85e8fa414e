import { describe, expect, it } from 'vitest';
import { halfPaired, layout, recordFor, scene } from '../harness.ts';
import {
  archived,
  bundleOf,
  contentsOf,
  device,
  importing,
  inPieces,
  other,
  placeSession,
  sessionContents,
  type World,
} from './harness.ts';

const bundle = async (revision = 8, of = device): Promise<Buffer> => {
  const world = scene();
  placeSession(world, '2', of, revision);
  return (await bundleOf(world, '2')).bytes;
};
const holding = (of = device, revision = 3, org = '2'): World => {
  const world = scene();
  placeSession(world, org, of, revision);
  return world;
};
/** Refused, and nothing was touched. */
const refusesUntouched = async (world: World, bytes: Buffer, options: Parameters<typeof importing>[2], code: string): Promise<string> => {
  const before = world.disk.paths();
  const there = contentsOf(world, '/vault/2');
  const answer = await importing(world, bytes, options);
  expect(answer).toMatchObject({ ok: false, code });
  expect(world.disk.paths()).toEqual(before);
  expect(contentsOf(world, '/vault/2')).toEqual(there);
  return answer.ok ? '' : answer.message;
};

describe('an import', () => {
  it('brings everything into a free place, which the scan then finds', async () => {
    const world = scene();
    expect(await importing(world, await bundle())).toMatchObject({ ok: true, org: '2', same: false, archived: undefined });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
    expect(world.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
  });
  it('may take another name', async () => {
    const world = scene();
    expect(await importing(world, await bundle(), { as: 'acme' })).toMatchObject({ ok: true, org: 'acme' });
    expect(contentsOf(world, '/vault/acme')).toEqual(sessionContents(device, 8));
  });
  it('of a newer copy takes the place of the older one, which is archived', async () => {
    const world = holding();
    const answer = await importing(world, await bundle());
    expect(answer).toMatchObject({ ok: true, archived: expect.stringMatching(/^\/vault\/\.vigia\/archive\/2-2026-/) });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(archived(world)).toEqual([sessionContents()]);
  });
  it('of exactly what is there does nothing', async () => {
    const world = holding(device, 8);
    const before = world.disk.paths();
    expect(await importing(world, await bundle())).toMatchObject({ ok: true, same: true });
    expect(world.disk.paths()).toEqual(before);
  });
  it('leaves the record alone: what was stopped stays stopped, and a verdict stands', async () => {
    const world = holding();
    const record = recordFor(device, { desired: 'stopped', verdict: { reason: 'revoked', at: 5 } });
    await world.records.save({ org: '2', record });
    await importing(world, await bundle(), { supervised: true });
    expect(await world.look('2')).toMatchObject({ stored: 'restorable', record: { desired: 'stopped', verdict: { reason: 'revoked' } } });
  });
  it('of a place that only holds an empty directory needs no force', async () => {
    const world = scene();
    world.disk.placeDirectory('/vault/2');
    expect(await importing(world, await bundle())).toMatchObject({ ok: true });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents(device, 8));
  });
});

describe('an import is refused, and touches nothing,', () => {
  it('when a byte is damaged, or the end is missing', async () => {
    const bytes = await bundle();
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 40] = (damaged[bytes.length - 40] ?? 0) ^ 1;
    for (const bad of [damaged, bytes.subarray(0, -1), Buffer.from('hello'), Buffer.alloc(0)]) {
      await refusesUntouched(holding(), bad, {}, 'bundle_damaged');
      await refusesUntouched(holding(), bad, { force: true }, 'bundle_damaged');
    }
  });
  it('when it is an older copy, by its counters', async () => {
    const message = await refusesUntouched(holding(device, 9), await bundle(8), {}, 'older_copy');
    expect(message).toMatch(/older copy.*nextPreKeyId is 8, and here it is 9.*--force/s);
  });
  it('when the one here was connected later', async () => {
    const world = holding(device, 8);
    world.disk.place('/vault/2/session-5512.0.json', 'moved on');
    await world.records.save({ org: '2', record: recordFor(device, { lastConnectedAt: 9_000 }) });
    const source = scene();
    placeSession(source, '2', device, 8);
    await source.records.save({ org: '2', record: recordFor(device, { lastConnectedAt: 8_000 }) });
    expect(await refusesUntouched(world, (await bundleOf(source, '2')).bytes, {}, 'older_copy')).toMatch(/was last connected at/);
  });
  it('when only the times of the files tell that the one here moved on', async () => {
    const bytes = await bundle(8);
    const world = holding(device, 8);
    world.disk.place('/vault/2/session-5512.0.json', 'moved on');
    expect(await refusesUntouched(world, bytes, {}, 'older_copy')).toMatch(/was last changed at/);
  });
  it('when another device lies there', async () => {
    await refusesUntouched(holding(other), await bundle(), {}, 'another_identity');
  });
  it('when what lies there cannot log in', async () => {
    const world = scene();
    world.disk.place('/vault/2/creds.json', halfPaired(other));
    await refusesUntouched(world, await bundle(), {}, 'occupied');
    const keysOnly = scene();
    keysOnly.disk.place('/vault/2/pre-key-1.json', '{}');
    await refusesUntouched(keysOnly, await bundle(), {}, 'occupied');
  });
  it('when the device lies in another directory, even with force', async () => {
    const world = holding(device, 3, '4');
    expect(await refusesUntouched(world, await bundle(), { force: true }, 'identity_elsewhere')).toContain('"4"');
  });
  it('while the session may be live, even with force', async () => {
    const world = holding(device, 3);
    await refusesUntouched(world, await bundle(), { supervised: true, force: true }, 'running');
    await world.records.save({ org: '2', record: recordFor(device) });
    await refusesUntouched(world, await bundle(), { supervised: true, force: true }, 'running');
    await world.records.save({ org: '2', record: recordFor(device, { desired: 'stopped' }) });
    expect(await importing(world, await bundle(), { supervised: true })).toMatchObject({ ok: true });
  });
  it('while a person is pairing it', async () => {
    const world = scene();
    await world.pairings.prepare('2', 'p1');
    await refusesUntouched(world, await bundle(), { supervised: true }, 'pairing');
  });
  it('when the place is another spelling’s on a disk that folds case', async () => {
    const world = scene({ foldsCase: true });
    placeSession(world, 'Acme');
    await refusesUntouched(world, await bundle(8, other), { as: 'acme', force: true }, 'name_taken');
  });
  it('when its organization may not be called so', async () => {
    await refusesUntouched(scene(), await bundle(), { as: '../x' }, 'bundle_damaged');
  });
});

describe('with force', () => {
  it.each([
    ['an older copy comes', device, 9],
    ['another device comes', other, 3],
  ] as const)('%s, and what was there is archived, not deleted', async (_what, of, revision) => {
    const world = holding(of, revision);
    expect(await importing(world, await bundle(8), { force: true })).toMatchObject({ ok: true });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(archived(world)).toEqual([sessionContents(of, revision)]);
  });
});

describe('when the disk refuses', () => {
  it.each(['write', 'syncDirectory'] as const)('to %s what is put together, nothing is left and nothing changed', async (operation) => {
    const world = holding();
    world.disk.inject({ operation, path: /\/pairing\/i1\/session/, code: 'ENOSPC', times: 1 });
    await expect(importing(world, await bundle())).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents());
    expect(world.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
    expect(archived(world)).toEqual([]);
  });
  it('to move it into place, the next scan does', async () => {
    const world = holding();
    world.disk.inject({ operation: 'rename', path: `${layout.pairing}/i1/session`, code: 'EIO', times: 1 });
    await expect(importing(world, await bundle())).rejects.toMatchObject({ code: 'EIO' });
    expect(await world.look('2')).toMatchObject({ stored: 'restorable' });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents(device, 8));
  });
});

describe('while somebody else is at work', () => {
  it('and writes to the place, it gives up', async () => {
    const world = holding();
    const bytes = await bundle();
    let reads = 0;
    const source = () => {
      reads += 1;
      if (reads === 2) world.disk.place('/vault/2/creds.json', sessionContents(device, 4)['creds.json'] ?? '');
      return inPieces(bytes)();
    };
    expect(await importing(world, bytes, { source })).toMatchObject({ ok: false, code: 'changed_meanwhile' });
    expect(archived(world)).toEqual([]);
    expect(world.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
  });
  it('and the bundle is exchanged between its two readings, it gives up', async () => {
    const world = scene();
    const both = [await bundle(8), await bundle(9)];
    const source = () => inPieces(both.shift() ?? Buffer.alloc(0))();
    expect(await importing(world, Buffer.alloc(0), { source })).toMatchObject({ ok: false, code: 'bundle_damaged' });
    expect(contentsOf(world, '/vault/2')).toEqual({});
  });
  it('and the supervisor puts the finished import in place first, that is as good', async () => {
    const world = scene();
    const bytes = await bundle();
    const renaming = world.disk.rename;
    const putting = `${layout.pairing}/i1/session`;
    world.disk.rename = async (from, to) => {
      if (from !== putting) return renaming(from, to);
      world.disk.rename = renaming; // once
      await world.scan();
      await renaming(from, to);
    };
    expect(await importing(world, bytes)).toMatchObject({ ok: true, same: false });
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(world.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
  });
  it('the scan of a supervisor does not put an unfinished import in place, nor one where something lies', async () => {
    const world = holding();
    await world.scan(); // the first one, which tidies
    await world.disk.makeDirectory(`${layout.pairing}/i1/session`);
    world.disk.place(`${layout.pairing}/i1/pairing.json`, JSON.stringify({ org: '2', id: 'i1', startedAt: 1, imported: true }));
    world.disk.place(`${layout.pairing}/i1/session/pre-key-1.json`, '{}');
    await world.scan();
    world.disk.place(`${layout.pairing}/i1/session/creds.json`, sessionContents(device, 8)['creds.json'] ?? '');
    await world.scan();
    expect(contentsOf(world, '/vault/2')).toEqual(sessionContents());
  });
});
