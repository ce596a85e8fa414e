import { expect } from 'vitest';
import { fingerprintOf, layout, type openHarness, recordFor, restorable } from './harness.ts';

export const [older, newer] = ['5511:3', '5511:4'];
export const noPairings = new Set<string>();
export type SessionsHarness = ReturnType<typeof openHarness>;
export const paths = (harness: SessionsHarness, below: string) =>
  harness.disk.paths().filter((path) => path.startsWith(`${below}/`));
export const archivedDevices = (harness: SessionsHarness) =>
  paths(harness, layout.archive)
    .filter((path) => path.endsWith('/creds.json'))
    .map((path) => harness.disk.peek(path)?.toString());

/**
 * Organization 2 stopped and revoked under its old identity, and a pairing `p1` into which a phone has linked
 * the new one.
 */
export const paired = async (
  harness: SessionsHarness,
  creds: string | null = restorable(newer),
  id = 'p1',
): Promise<void> => {
  if (!(await harness.disk.stat('/vault/2'))) {
    harness.disk.place('/vault/2/creds.json', restorable(older));
    harness.disk.place('/vault/2/creds.json.bak', restorable(older));
    const verdict = { reason: 'revoked', at: 5 } as const;
    await harness.records.save({
      org: '2',
      record: recordFor(older, { desired: 'stopped', verdict, account: { id: 'old', name: null } }),
    });
  }
  const session = await harness.pairings.prepare('2', id);
  if (creds !== null) harness.disk.place(`${session}/creds.json`, creds);
};
export const expectPromoted = async (harness: SessionsHarness): Promise<void> => {
  expect(harness.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(newer));
  expect(harness.disk.peek('/vault/2/creds.json.bak')).toBeUndefined();
  const read = await harness.records.read('2');
  expect(read).toMatchObject({
    kind: 'record',
    record: { desired: 'running', fingerprint: fingerprintOf(newer), firstSeen: 1_000 },
  });
  const record = read.kind === 'record' ? read.record : undefined;
  expect(record?.verdict).toBeUndefined();
  expect(record?.account).toEqual({ id: `${newer}@s.whatsapp.net`, name: 'Optica' });
  expect(record?.revision).toBeGreaterThanOrEqual(1_007);
  expect(archivedDevices(harness)).toEqual([restorable(older)]);
};
