import { expect } from 'vitest';
import { fingerprintOf, layout, recordFor, restorable, type scene } from './harness.ts';

export const [older, newer] = ['5511:3', '5511:4'];
export const nobody = new Set<string>();
export type World = ReturnType<typeof scene>;
export const paths = (world: World, below: string) => world.disk.paths().filter((path) => path.startsWith(`${below}/`));
export const archivedDevices = (world: World) =>
  paths(world, layout.archive)
    .filter((path) => path.endsWith('/creds.json'))
    .map((path) => world.disk.peek(path)?.toString());

/** Organization 2 stopped and revoked under its old identity, and a pairing `p1` into which a phone has linked the new one. */
export const paired = async (world: World, creds: string | null = restorable(newer), id = 'p1'): Promise<void> => {
  if (!(await world.disk.stat('/vault/2'))) {
    world.disk.place('/vault/2/creds.json', restorable(older));
    world.disk.place('/vault/2/creds.json.bak', restorable(older));
    const verdict = { reason: 'revoked', at: 5 } as const;
    await world.records.save({ org: '2', record: recordFor(older, { desired: 'stopped', verdict, account: { id: 'old', name: null } }) });
  }
  const session = await world.pairings.prepare('2', id);
  if (creds !== null) world.disk.place(`${session}/creds.json`, creds);
};
export const expectPromoted = async (world: World): Promise<void> => {
  expect(world.disk.peek('/vault/2/creds.json')?.toString()).toBe(restorable(newer));
  expect(world.disk.peek('/vault/2/creds.json.bak')).toBeUndefined();
  const read = await world.records.read('2');
  expect(read).toMatchObject({ kind: 'record', record: { desired: 'running', fingerprint: fingerprintOf(newer), firstSeen: 1_000 } });
  const record = read.kind === 'record' ? read.record : undefined;
  expect(record?.verdict).toBeUndefined();
  expect(record?.account).toEqual({ id: `${newer}@s.whatsapp.net`, name: 'Optica' });
  expect(record?.revision).toBeGreaterThanOrEqual(1_007);
  expect(archivedDevices(world)).toEqual([restorable(older)]);
};
