import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { FileChange } from '../store/types.ts';

/** Changes of one organization that become durable together: all of them, or none. */
export interface JournalRecord {
  /** The name of the organization's directory. */
  readonly org: string;
  /** The device whose credentials were in the directory. */
  readonly fingerprint: string;
  readonly changes: readonly FileChange[];
  /** Another copy of the same device took the place: earlier records are not for it. */
  readonly isNewCopy?: true;
}

/** The first line of every file of the journal. */
const format = 1;
export const header = `vigia-journal ${format}\n`;
const headerFormat = /^vigia-journal (\d{1,9})\n/u;
/** One component of a path. */
const plainName = z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/u);
const recordFormat = z.tuple([
  plainName,
  z.string(),
  z.boolean(),
  z.array(z.tuple([plainName, z.string().nullable()])),
]);

/** `<CRC-32 in hexadecimal> <JSON>` in a line: JSON has no line breaks of its own. */
export const lineOf = ({ org, fingerprint, changes, isNewCopy }: JournalRecord): string => {
  const json = JSON.stringify([
    org,
    fingerprint,
    isNewCopy === true,
    changes.map(({ name, content }) => [name, content]),
  ]);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
};

const jsonOf = (json: string) => {
  try {
    return recordFormat.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // one in four thousand million torn lines has the right sum
  }
};
const parseLine = (line: string): JournalRecord | undefined => {
  const json = line.slice(9);
  if (line.length < 10 || line[8] !== ' ' || crc32(json) !== Number.parseInt(line.slice(0, 8), 16))
    return undefined;
  const data = jsonOf(json);
  if (!data) return undefined;
  const [org, fingerprint, isNewCopy, changes] = data;
  return {
    org,
    fingerprint,
    changes: changes.map(([name, content]) => ({ name, content })),
    ...(isNewCopy ? { isNewCopy } : {}),
  };
};

export interface JournalFile {
  /** 0: the header itself never reached the disk. Any other number than ours: written by another version. */
  readonly format: number;
  readonly records: readonly JournalRecord[];
  /**
   * Bytes after the last whole record, without the zeros of a new file: an unacknowledged write torn by a
   * crash.
   */
  readonly tornBytes: number;
}

/** Files are created in their full size, filled with zeros. */
const endOf = (bytes: Buffer): number => bytes.findLastIndex((byte) => byte !== 0) + 1;

/** Reads up to the first record that is not whole. */
export const parseJournal = (bytes: Buffer): JournalFile => {
  const found = headerFormat.exec(bytes.subarray(0, 40).toString('latin1'));
  if (!found) return { format: 0, records: [], tornBytes: endOf(bytes) };
  if (Number(found[1]) !== format) return { format: Number(found[1]), records: [], tornBytes: 0 };
  const records: JournalRecord[] = [];
  let at = header.length;
  for (let end = bytes.indexOf(0x0a, at); end >= 0; end = bytes.indexOf(0x0a, at)) {
    const record = parseLine(bytes.toString('utf8', at, end));
    if (!record) break;
    records.push(record);
    at = end + 1;
  }
  return { format, records, tornBytes: endOf(bytes) - at };
};
export const isReadable = (file: JournalFile): boolean => file.format === format || file.format === 0;
