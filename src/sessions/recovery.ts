import { join } from 'node:path';
import type { Org } from '../../machines/ports.ts';
import type { Disk, Stat } from '../disk/disk.ts';
import { replaceFile, replaceFileIf } from '../disk/replace-file.ts';
import { type Classified, classify } from './credentials.ts';
import { backupName, credentialsName, freePath, type Layout, makeInside } from './layout.ts';
import { signatureOf } from './looks.ts';
import type { RecordRead } from './records.ts';

/** '' is a record that never knew an identity: the backup cannot contradict it. One that cannot be read vouches for nothing. */
const vouchesFor = (record: RecordRead, fingerprint: string): boolean =>
  record.kind === 'absent' || (record.kind === 'record' && ['', fingerprint].includes(record.record.fingerprint));

/**
 * Puts `creds.json.bak` in the place of a corrupt creds.json, if it is the last login of the same identity. The corrupt file is
 * copied to quarantine and then replaced in one step, so that a crash in between leaves one of the two, never neither.
 * undefined when there is no such backup, or the file is no longer the one that was found corrupt (`found`): then nothing was
 * overwritten. The directory is held meanwhile: one that takes its place is not written to. Rejects with `DiskFault`. Only for
 * an organization without a socket.
 */
export const restoreFromBackup = async (
  { disk, layout, now }: { readonly disk: Disk; readonly layout: Layout; readonly now: () => number },
  org: Org,
  found: Stat,
  record: RecordRead,
): Promise<{ readonly creds: Stat; readonly classified: Classified } | undefined> =>
  disk.hold(layout.organization(org), async (here) => {
    const path = join(here, credentialsName);
    const backup = await disk.read(join(here, backupName));
    const classified = classify(backup ?? Buffer.alloc(0));
    if (!backup || classified.stored !== 'restorable' || !vouchesFor(record, classified.fingerprint)) return undefined;
    const isStillThat = async (): Promise<boolean> => {
      const now = await disk.stat(path);
      return now !== undefined && signatureOf(now) === signatureOf(found);
    };

    const evidence = await disk.read(path);
    if (!evidence || !(await isStillThat())) return undefined;
    const directory = layout.quarantineOf(org);
    await makeInside(disk, directory);
    await replaceFile(disk, await freePath(disk, directory, 'creds.json', now()), evidence);
    const creds = await replaceFileIf(disk, path, backup, isStillThat);
    return creds && { creds, classified };
  });
