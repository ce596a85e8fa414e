import { describe, expect, it } from 'vitest';
import { fingerprintOf, halfPaired, openHarness, recordFor } from '../harness.ts';
import {
  contentsOf,
  device,
  exporting,
  placeSession,
  type SessionsHarness,
  sessionContents,
} from './harness.ts';

const withRecord = async (over: Parameters<typeof recordFor>[1]): Promise<SessionsHarness> => {
  const harness = openHarness();
  placeSession(harness, '2');
  await harness.records.save({ org: '2', record: recordFor(device, over) });
  return harness;
};
const consume = async (content: AsyncIterable<Buffer>): Promise<string> => {
  let text = '';
  for await (const chunk of content) text += chunk.toString();
  return text;
};

describe('an export', () => {
  it('describes its content, with the number masked, and with the counters', async () => {
    const harness = await withRecord({ desired: 'stopped', lastConnectedAt: 5_000 });
    const exported = await exporting(harness, '2');
    if (!exported.ok) throw new Error(exported.message);
    expect(exported.manifest).toMatchObject({
      format: 1,
      org: '2',
      fingerprint: fingerprintOf(device),
      account: '551*',
      build: '1.2.3',
      counters: { nextPreKeyId: 3, signedPreKeyId: 1 },
      lastConnectedAt: 5_000,
      recordRevision: 1_007,
    });
    expect(exported.manifest.files.map(({ name }) => name).sort()).toEqual(
      Object.keys(sessionContents()).sort(),
    );
    expect(JSON.stringify(exported.manifest)).not.toContain('5511:3');
  });
  it('leaves out temporary files, hidden files and entries that are no files, and lists them', async () => {
    const harness = await withRecord({ desired: 'stopped' });
    harness.disk.place('/vault/2/.creds.json.7.1.tmp~', 'half');
    harness.disk.place('/vault/2/.hidden', 'x');
    harness.disk.placeDirectory('/vault/2/deeper');
    harness.disk.placeSymlink('/vault/2/link.json');
    const exported = await exporting(harness, '2');
    if (!exported.ok) throw new Error(exported.message);
    expect(exported.manifest.files.map(({ name }) => name).sort()).toEqual(
      Object.keys(sessionContents()).sort(),
    );
    expect([...exported.leftOut].sort()).toEqual(['deeper', 'link.json']);
  });
  it('changes nothing', async () => {
    const harness = await withRecord({ desired: 'stopped' });
    const before = harness.disk.paths();
    const exported = await exporting(harness, '2', true);
    if (!exported.ok) throw new Error(exported.message);
    await consume(exported.content());
    expect(harness.disk.paths()).toEqual(before);
    expect(contentsOf(harness, '/vault/2')).toEqual(sessionContents());
  });

  it.each([
    ['it is to run', { desired: 'running' }],
    ['it probes itself', { desired: 'running', verdict: { reason: 'exhausted', at: 1 } }],
    ['its ban will end', { desired: 'running', verdict: { reason: 'banned_temporarily', at: 1, until: 2 } }],
    ['it is failed because of its twin', { desired: 'running', verdict: { reason: 'conflict', at: 1 } }],
  ] as const)('is refused beside a supervisor when %s', async (_what, over) => {
    const harness = await withRecord(over);
    expect(await exporting(harness, '2', true)).toMatchObject({
      ok: false,
      code: 'running',
      message: expect.stringContaining('Stop it first'),
    });
    expect(await exporting(harness, '2', false)).toMatchObject({ ok: true });
  });
  it.each([
    ['it was stopped', { desired: 'stopped' }],
    ['it was revoked', { desired: 'running', verdict: { reason: 'revoked', at: 1 } }],
  ] as const)('is made beside a supervisor when %s', async (_what, over) => {
    expect(await exporting(await withRecord(over), '2', true)).toMatchObject({ ok: true });
  });
  it('is refused beside a supervisor that has no record of it yet, or one that cannot be read', async () => {
    const harness = openHarness();
    placeSession(harness, '2');
    expect(await exporting(harness, '2', true)).toMatchObject({ ok: false, code: 'running' });
    harness.disk.place('/vault/.vigia/orgs/2.json', 'not a record');
    expect(await exporting(harness, '2', true)).toMatchObject({ ok: false, code: 'running' });
  });
  it('is refused for an organization that does not exist, or has no linked device', async () => {
    const harness = openHarness();
    expect(await exporting(harness, '2')).toMatchObject({ ok: false, code: 'unknown_organization' });
    harness.disk.place('/vault/2/creds.json', halfPaired(device));
    expect(await exporting(harness, '2')).toMatchObject({ ok: false, code: 'not_restorable' });
  });
  it.each([
    ['a key is written', '/vault/2/pre-key-1.json'],
    ['a key is added', '/vault/2/pre-key-9.json'],
    ['the credentials are written', '/vault/2/creds.json'],
  ])('is discarded when %s meanwhile', async (_what, path) => {
    const harness = await withRecord({ desired: 'stopped' });
    const exported = await exporting(harness, '2');
    if (!exported.ok) throw new Error(exported.message);
    harness.disk.place(path, JSON.stringify({ written: 'by another program' }));
    await expect(consume(exported.content())).rejects.toThrow(/during the copy/);
  });
  it('is discarded when the session is restored meanwhile', async () => {
    const harness = await withRecord({ desired: 'stopped' });
    const exported = await exporting(harness, '2', true);
    if (!exported.ok) throw new Error(exported.message);
    await harness.records.save({ org: '2', record: recordFor(device, { desired: 'running' }) });
    await expect(consume(exported.content())).rejects.toThrow(/was started again/);
  });
});
