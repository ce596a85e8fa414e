import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { ArrivedMessage } from '../messages/port.ts';
import type { FileChange } from '../store/types.ts';

export interface JournalChange extends FileChange {
  /**
   * Digests (`digestOf`) of what the file may hold when this change is put into it; empty when there is no
   * file. Absent in records of an older format.
   */
  readonly bases?: readonly string[];
  /** Read from the journal of a process that was killed: the file may be another one since. */
  readonly isRecovered?: true;
}

/**
 * Changes of one organization, and messages whose decryption made them, become durable together: all, or
 * none.
 */
export interface JournalRecord {
  /** The name of the organization's directory. */
  readonly org: string;
  /** The device whose credentials were in the directory. */
  readonly fingerprint: string;
  readonly changes: readonly JournalChange[];
  /** Not yet in the database. Absent: none. */
  readonly messages?: readonly ArrivedMessage[];
  /** Another copy of the same device took the place: earlier records are not for it. */
  readonly isNewCopy?: true;
  /** Grows with every record, so that a block that is there twice undoes nothing. */
  readonly seq?: number;
}

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');
/**
 * Format 1 had no numbers, format 2 did not name what a file held before a change, and format 3 had no
 * messages. All are still read. Each record of format 4 has a field more, so that a build for format 3 reads
 * none of them and refuses the file: it would read only those without messages, and lose the others.
 * The second line of the header is the sum of the first: a damaged number is no newer version.
 */
const format = 4;
const firstLine = `vigia-journal ${format}`;
export const header = `${firstLine}\n${sumOf(firstLine)}\n`;
const headerFormat = /^(vigia-journal (\d{1,9}))\n(?:([0-9a-f]{8})\n)?/u;
/** One component of a path. */
const plainName = z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/u);
/** The attributes have the id, the chat and the sender. */
const messageFormat = z.tuple([
  z.record(z.string(), z.string()),
  z.int(),
  z.string(),
  z.string(),
  z.boolean(),
  z.number(),
]);
const recordFormat = z.tuple([
  plainName,
  z.string(),
  z.boolean(),
  z.array(z.tuple([plainName, z.string().nullable(), z.array(z.string()).optional()])),
  z.int().nonnegative().default(0),
  z.array(messageFormat).default([]),
]);

const fieldsOf = ({ attrs, enc, digest, plaintext, fromMe, at }: ArrivedMessage) =>
  [attrs, enc, digest, plaintext, fromMe, at] as const;
const messageOf = ([attrs, enc, digest, plaintext, fromMe, at]: z.infer<
  typeof messageFormat
>): ArrivedMessage => {
  const { id = '', from = '', participant } = attrs as Readonly<Record<string, string>>;
  const who = participant === undefined ? { id, from } : { id, from, participant };
  return { ...who, enc, digest, attrs, plaintext, fromMe, at };
};

/** `<CRC-32 in hexadecimal> <JSON>` in a line: JSON has no line breaks of its own. */
export const lineOf = (record: JournalRecord): string => {
  const { org, fingerprint, changes, messages = [], isNewCopy, seq = 0 } = record;
  const json = JSON.stringify([
    org,
    fingerprint,
    isNewCopy === true,
    changes.map(({ name, content, bases }) => (bases ? [name, content, bases] : [name, content])),
    seq,
    messages.map(fieldsOf),
  ]);
  return `${sumOf(json)} ${json}\n`;
};
/** Where a record may begin: what is before it is damaged. */
const beginning = /[0-9a-f]{8} \["/gu;

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
  const [org, fingerprint, isNewCopy, changes, seq, messages] = data;
  return {
    org,
    fingerprint,
    changes: changes.map(([name, content, bases]) => ({ name, content, ...(bases && { bases }) })),
    ...(messages.length > 0 && { messages: messages.map(messageOf) }),
    ...(isNewCopy ? { isNewCopy } : {}),
    seq,
  };
};

export interface JournalFile {
  /** The number in its header; 0 when the header is damaged. */
  readonly format: number;
  /** Nothing is behind the header. */
  readonly isEmpty: boolean;
  /** Every whole record, also behind a damaged place. */
  readonly records: readonly JournalRecord[];
  /** Places before the end of the content that are no whole record: bytes from `at` on. */
  readonly damage: readonly { readonly at: number; readonly bytes: number }[];
  /**
   * Bytes after the last line end, without the zeros of a new file: an unacknowledged write torn by a crash.
   */
  readonly tornBytes: number;
}

/** Files are created in their full size, filled with zeros. */
const endOf = (bytes: Buffer): number => bytes.findLastIndex((byte) => byte !== 0) + 1;

/**
 * Whole records inside a line that is none: its line end, or the one before it, is another byte now. The byte
 * before a beginning was that line end.
 */
const salvaged = (line: Buffer): readonly JournalRecord[] => {
  const starts = [...line.toString('latin1').matchAll(beginning)].map(({ index }) => index);
  return starts.flatMap((start, n) => {
    const end = (starts[n + 1] ?? line.length + 1) - 1;
    const record =
      parseLine(line.toString('utf8', start, end)) ?? parseLine(line.toString('utf8', start, end - 1));
    return record ? [record] : [];
  });
};

/**
 * Reads every whole record. Damage costs only the records that it hit: the next line end, or the next
 * beginning of a record, is where the reading goes on.
 */
export const parseJournal = (bytes: Buffer): JournalFile => {
  const [start = '', first = '', number, sum] =
    headerFormat.exec(bytes.subarray(0, 40).toString('latin1')) ?? [];
  const isSound = number !== undefined && (sum === undefined || sum === sumOf(first));
  const end = endOf(bytes);
  const records: JournalRecord[] = [];
  const damage: { at: number; bytes: number }[] = [];
  let tornBytes = 0;
  for (let at = start.length; at < end; ) {
    const lineEnd = bytes.indexOf(0x0a, at);
    const next = lineEnd < 0 ? end : lineEnd;
    const record = parseLine(bytes.toString('utf8', at, next));
    const some = record ? [record] : salvaged(bytes.subarray(at, next));
    for (const one of some) records.push(one);
    if (!record && lineEnd < 0 && some.length === 0) tornBytes = end - at;
    else if (!record) damage.push({ at, bytes: next - at });
    at = next + 1;
  }
  return { format: isSound ? Number(number) : 0, isEmpty: end <= start.length, records, damage, tornBytes };
};
/**
 * False: another version wrote it. A file with records that we understand is ours, whatever its header says,
 * and one without content holds nothing to lose: a damaged digit must not keep the program from starting.
 */
export const isReadable = ({ format: its, isEmpty, records }: JournalFile): boolean =>
  its <= format || isEmpty || records.length > 0;
