import { describe, expect, it } from 'vitest';
import { halfPaired, layout, openHarness, recordFor } from '../harness.ts';
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
const refusesUntouched = async (
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

describe('an import', () => {
  it('copies everything into a free place, where the scan finds it', async () => {
    const harness = openHarness();
    expect(await importing(harness, await bundle())).toMatchObject({
      ok: true,
      org: '2',
      same: false,
      archived: undefined,
    });
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
    expect(harness.disk.paths().filter((path) => path.startsWith(`${layout.pairing}/`))).toEqual([]);
  });
  it('may take another name', async () => {
    const harness = openHarness();
    expect(await importing(harness, await bundle(), { as: 'acme' })).toMatchObject({ ok: true, org: 'acme' });
    expect(contentsOf(harness, '/vault/acme')).toEqual(sessionContents(device, 8));
  });
  it('of a newer copy takes the place of the older one, which is archived', async () => {
    const harness = holding();
    const answer = await importing(harness, await bundle());
    expect(answer).toMatchObject({
      ok: true,
      archived: expect.stringMatching(/^\/vault\/\.vigia\/archive\/2-2026-/),
    });
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents(device, 8));
    expect(archived(harness)).toEqual([sessionContents()]);
  });
  it('of the present content does nothing', async () => {
    const harness = holding(device, 8);
    const before = harness.disk.paths();
    expect(await importing(harness, await bundle())).toMatchObject({ ok: true, same: true });
    expect(harness.disk.paths()).toEqual(before);
  });
  it('does not change the record: a stop and a verdict remain', async () => {
    const harness = holding();
    const record = recordFor(device, { desired: 'stopped', verdict: { reason: 'revoked', at: 5 } });
    await harness.records.save({ org: '2', record });
    await importing(harness, await bundle(), { supervised: true });
    expect(await harness.look('2')).toMatchObject({
      stored: 'restorable',
      record: { desired: 'stopped', verdict: { reason: 'revoked' } },
    });
  });
  it('into an empty directory needs no force', async () => {
    const harness = openHarness();
    harness.disk.placeDirectory('/vault/2');
    expect(await importing(harness, await bundle())).toMatchObject({ ok: true });
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents(device, 8));
  });
});

describe('an import is refused and changes nothing', () => {
  it('when a byte is damaged, or the end is missing', async () => {
    const bytes = await bundle();
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 40] = (damaged[bytes.length - 40] ?? 0) ^ 1;
    for (const bad of [damaged, bytes.subarray(0, -1), Buffer.from('hello'), Buffer.alloc(0)]) {
      await refusesUntouched(holding(), bad, {}, 'bundle_damaged');
      await refusesUntouched(holding(), bad, { force: true }, 'bundle_damaged');
    }
  });
  it('when its counters show an older copy', async () => {
    const message = await refusesUntouched(holding(device, 9), await bundle(8), {}, 'older_copy');
    expect(message).toMatch(/older copy.*nextPreKeyId is 8, and here it is 9.*--force/s);
  });
  it('when the present copy was connected later', async () => {
    const harness = holding(device, 8);
    harness.disk.place('/vault/2/session-5512.0.json', 'moved on');
    await harness.records.save({ org: '2', record: recordFor(device, { lastConnectedAt: 9_000 }) });
    const source = openHarness();
    placeSession(source, '2', device, 8);
    await source.records.save({ org: '2', record: recordFor(device, { lastConnectedAt: 8_000 }) });
    expect(await refusesUntouched(harness, (await bundleOf(source, '2')).bytes, {}, 'older_copy')).toMatch(
      /was last connected at/,
    );
  });
  it('when only the times of the files show that the present copy is newer', async () => {
    const bytes = await bundle(8);
    const harness = holding(device, 8);
    harness.disk.place('/vault/2/session-5512.0.json', 'moved on');
    expect(await refusesUntouched(harness, bytes, {}, 'older_copy')).toMatch(/was last changed at/);
  });
  it('when the destination holds another device', async () => {
    await refusesUntouched(holding(other), await bundle(), {}, 'another_identity');
  });
  it('when the destination holds credentials that cannot log in', async () => {
    const harness = openHarness();
    harness.disk.place('/vault/2/creds.json', halfPaired(other));
    await refusesUntouched(harness, await bundle(), {}, 'occupied');
    const keysOnly = openHarness();
    keysOnly.disk.place('/vault/2/pre-key-1.json', '{}');
    await refusesUntouched(keysOnly, await bundle(), {}, 'occupied');
  });
  it('when another directory holds the device, even with force', async () => {
    const harness = holding(device, 3, '4');
    expect(await refusesUntouched(harness, await bundle(), { force: true }, 'identity_elsewhere')).toContain(
      '"4"',
    );
  });
  it('while the session may be live, even with force', async () => {
    const harness = holding(device, 3);
    await refusesUntouched(harness, await bundle(), { supervised: true, force: true }, 'running');
    await harness.records.save({ org: '2', record: recordFor(device) });
    await refusesUntouched(harness, await bundle(), { supervised: true, force: true }, 'running');
    await harness.records.save({ org: '2', record: recordFor(device, { desired: 'stopped' }) });
    expect(await importing(harness, await bundle(), { supervised: true })).toMatchObject({ ok: true });
  });
  it('while a person is pairing it', async () => {
    const harness = openHarness();
    await harness.pairings.prepare('2', 'p1');
    await refusesUntouched(harness, await bundle(), { supervised: true }, 'pairing');
  });
  it('when another spelling of the name exists on a disk that folds case', async () => {
    const harness = openHarness({ foldsCase: true });
    placeSession(harness, 'Acme');
    await refusesUntouched(harness, await bundle(8, other), { as: 'acme', force: true }, 'name_taken');
  });
  it('when the name of its organization is not valid', async () => {
    await refusesUntouched(openHarness(), await bundle(), { as: '../x' }, 'bundle_damaged');
  });
});
