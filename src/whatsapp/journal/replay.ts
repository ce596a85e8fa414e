import { join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { journalFiles } from './journal-files.ts';
import { isReadable, type JournalRecord, parseJournal } from './record.ts';

/** Another version of the program wrote the journal. The message says what to do. */
export class JournalUnreadable extends Error {
  override readonly name = 'JournalUnreadable';
}

export interface Left {
  readonly files: readonly string[];
  readonly records: readonly JournalRecord[];
  /**
   * Files before the newest that end in the middle of a record: a write failed there, or the medium lost it.
   */
  readonly damaged: readonly string[];
}

/**
 * Reads what a kill or a power cut left in the journal, in order. Empty after a clean stop. Changes nothing.
 * Rejects with `DiskFault`, and with `JournalUnreadable`.
 */
export const readJournal = async (disk: Disk, directory: string): Promise<Left> => {
  const files = await journalFiles(disk, directory);
  const records: JournalRecord[] = [];
  const damaged: string[] = [];
  for (const name of files) {
    const path = join(directory, name);
    const file = parseJournal((await disk.read(path)) ?? Buffer.alloc(0));
    if (!isReadable(file)) {
      throw new JournalUnreadable(
        `${path} has format ${file.format}: a newer version of Vigía was killed here. Start that version ` +
          'once more and stop it in order.',
      );
    }
    for (const record of file.records) records.push(record);
    if (file.tornBytes > 0 && name !== files.at(-1)) damaged.push(name);
  }
  return { files, records, damaged };
};
