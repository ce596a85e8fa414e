import { join } from 'node:path';
import type { Disk } from '../../disk/disk.ts';
import { journalFiles } from './journal-files.ts';
import { isReadable, type JournalRecord, parseJournal } from './record.ts';

/** Another version of the program wrote the journal. The message says what to do. */
export class JournalUnreadable extends Error {
  override readonly name = 'JournalUnreadable';
}

/** A file that lost something, and the path of the copy that is kept as evidence, once there is one. */
export interface DamagedFile {
  readonly name: string;
  readonly content: Buffer;
  /** Bytes that belong to no whole record. */
  readonly lostBytes: number;
}
export interface Left {
  readonly files: readonly string[];
  /** In the order in which they were written, each once. */
  readonly records: readonly JournalRecord[];
  readonly damaged: readonly DamagedFile[];
  /** Messages of a journal that was moved aside: they are still true, and in no file any more. */
  readonly messages?: readonly JournalRecord[];
}
export const nothingLeft: Left = { files: [], records: [], damaged: [] };

/** A block that the disk wrote twice, or in another place, changes neither the order nor the content. */
const inOrder = (records: readonly JournalRecord[]): readonly JournalRecord[] => {
  const numbered = new Map<number, JournalRecord>();
  for (const record of records) if (record.seq) numbered.set(record.seq, record);
  // records of format 1 have no number, and are older than all that have one
  const old = records.filter(({ seq }) => !seq);
  return [...old, ...[...numbered.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))];
};

/**
 * Reads what a kill or a power cut left in the journal, in order. Empty after a clean stop. Changes nothing.
 * Torn bytes at the end of the newest file are a write that was never acknowledged. Anywhere else they, and
 * damage in any file, are a loss. Rejects with `DiskFault`, and with `JournalUnreadable`.
 */
export const readJournal = async (disk: Disk, directory: string): Promise<Left> => {
  const files = await journalFiles(disk, directory);
  const records: JournalRecord[] = [];
  const damaged: DamagedFile[] = [];
  for (const name of files) {
    const path = join(directory, name);
    const content = (await disk.read(path)) ?? Buffer.alloc(0);
    const file = parseJournal(content);
    if (!isReadable(file)) {
      throw new JournalUnreadable(
        `${path} has format ${file.format}: a newer version of Vigía was killed here. Start that version ` +
          'once more and stop it in order.',
      );
    }
    for (const record of file.records) records.push(record);
    const torn = name === files.at(-1) ? 0 : file.tornBytes;
    const lostBytes = file.damage.reduce((sum, { bytes }) => sum + bytes, torn);
    if (lostBytes > 0) damaged.push({ name, content, lostBytes });
  }
  return { files, records: inOrder(records), damaged };
};
