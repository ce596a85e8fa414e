/** The whole doctor on a disk in memory. */
import type { SessionRecord } from '../../machines/domain/ports.ts';
import { runDoctor } from '../../src/offline/doctor.ts';
import { recordFor, restorable } from '../sessions/harness.ts';
import type { MemoryDisk } from '../support/memory-disk.ts';

export const device = '5511:3';
/** The clock of a disk whose directories are complete: nothing has changed for seconds. */
export const aWhileAgo = (): number => Date.now() - 20_000;
export const uid = process.getuid?.() ?? 0;
export const examined = (disk: MemoryDisk) => runDoctor({ env: { PORT: '0' }, directory: '/vault', disk });
export const record = (disk: MemoryDisk, org: string, over: Partial<SessionRecord> = {}) =>
  disk.place(`/vault/.vigia/orgs/${org}.json`, JSON.stringify(recordFor(device, over)));
export const sound = (disk: MemoryDisk, org = '2') => {
  disk.place(`/vault/${org}/pre-key-1.json`, '{}');
  disk.place(`/vault/${org}/creds.json`, restorable(device, 2));
};
