/**
 * One organization in one file, which is checked completely before it is trusted. It has three parts: a
 * header line with the size and hash of the manifest, the manifest, and the contents of the files in the
 * order of the manifest.
 *
 *     vigia-bundle 1 <bytes of the manifest> <SHA-256 of the manifest>\n
 *     {"format":1,"org":"2",...,"files":[{"name":"pre-key-1.json","size":150,"sha256":"..."},...]}\n
 *     <150 bytes><...>
 *
 * Why it is no tar: `docs/engineering/decisions`. Export and import hold one file at a time in memory.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { credentialsName } from '../layout.ts';

const format = 1;
/** Far more than any session has, and still what a person can move. */
const mostFiles = 200_000;
const largestManifestBytes = 64 * 1024 * 1024;
export const largestFileBytes = 64 * 1024 * 1024;
const longestHeaderBytes = 128;
const longestNameBytes = 255;

/** One component of a path, not hidden: the file can only be created in the new directory itself. */
const isPlainName = (name: string): boolean =>
  /^[^./\\\0][^/\\\0]*$/u.test(name) && Buffer.byteLength(name) <= longestNameBytes;
const digest = z.string().regex(/^[0-9a-f]{64}$/u);
const count = z.number().int().nonnegative();
const epochMs = z.number().nonnegative();

const manifestFormat = z
  .object({
    format: z.literal(format),
    org: z.string(),
    /** The fingerprint of the linked device, as in the record. It cannot be used to log in. */
    fingerprint: digest,
    /** Masked. */
    account: z.string(),
    createdAt: epochMs,
    /** The version of Vigía that wrote it. */
    build: z.string(),
    /** Numbers that only grow: they tell an older copy from a newer one. */
    counters: z.record(z.string(), z.number()),
    /** Times of the files, by the clock of the file system. */
    credentialsChangedAt: epochMs,
    newestChangeAt: epochMs,
    /** From the record on the server that exported it. */
    lastConnectedAt: epochMs.nullable(),
    recordRevision: count.nullable(),
    files: z
      .array(
        z.object({ name: z.string().refine(isPlainName), size: count.max(largestFileBytes), sha256: digest }),
      )
      .max(mostFiles)
      .refine((files) => new Set(files.map(({ name }) => name)).size === files.length)
      .refine((files) => files.some(({ name }) => name === credentialsName)),
  })
  .readonly();
export type Manifest = z.infer<typeof manifestFormat>;
export type BundledFile = Manifest['files'][number];

/** The bytes are not a bundle, not a complete one, or not what was exported. The message is for a person. */
export class BundleDamaged extends Error {
  override readonly name = 'BundleDamaged';
}
/** The directory changed during the copy. The message is for a person. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** `read` reads each file again. Content that differs from the manifest throws `ChangedMeanwhile`. */
export async function* writeBundle(
  manifest: Manifest,
  read: (file: BundledFile) => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const text = Buffer.from(JSON.stringify(manifest));
  yield Buffer.from(`vigia-bundle ${format} ${text.length} ${sha256(text)}\n`);
  yield text;
  yield Buffer.from('\n');
  for (const file of manifest.files) {
    const content = await read(file);
    if (content.length !== file.size || sha256(content) !== file.sha256) {
      throw new ChangedMeanwhile(
        `${file.name} of "${manifest.org}" changed during the copy; nothing was written. Try again.`,
      );
    }
    yield content;
  }
}

/** Reads an exact number of bytes, or up to the end of a line, from chunks of any size. */
const takingFrom = (source: AsyncIterable<Uint8Array>) => {
  const chunks = source[Symbol.asyncIterator]();
  let held: Uint8Array = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const { done, value } = await chunks.next();
    if (done) return false;
    held = held.length === 0 ? value : Buffer.concat([held, value]);
    return true;
  };
  return {
    exactly: async (bytes: number): Promise<Buffer> => {
      const parts: Uint8Array[] = [];
      for (let missing = bytes; missing > 0; ) {
        if (held.length === 0 && !(await more()))
          throw new BundleDamaged('The bundle is cut short. Nothing was imported; copy it again.');
        const part = held.subarray(0, missing);
        parts.push(part);
        held = held.subarray(part.length);
        missing -= part.length;
      }
      return Buffer.concat(parts);
    },
    line: async (mostBytes: number): Promise<string | undefined> => {
      for (;;) {
        const end = held.indexOf(0x0a);
        if (end >= 0 && end <= mostBytes) {
          const line = Buffer.from(held.subarray(0, end)).toString('latin1');
          held = held.subarray(end + 1);
          return line;
        }
        if (held.length > mostBytes || !(await more())) return undefined;
      }
    },
    isAtEnd: async (): Promise<boolean> => {
      while (held.length === 0) if (!(await more())) return true;
      return false;
    },
    stop: async (): Promise<void> => void (await chunks.return?.()),
  };
};

const parseManifest = (bytes: Buffer): Manifest => {
  try {
    return manifestFormat.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new BundleDamaged(
      'The manifest of the bundle is not valid. Nothing was imported; export it again.',
      { cause },
    );
  }
};

export interface OpenBundle {
  readonly manifest: Manifest;
  /**
   * Each file is checked against the manifest. Throws `BundleDamaged` unless the bundle ends with the last
   * file.
   */
  files(): AsyncGenerator<{ readonly name: string; readonly content: Buffer }>;
}

/** Reads the bundle up to the end of the manifest. Throws `BundleDamaged`. */
export const openBundle = async (source: AsyncIterable<Uint8Array>): Promise<OpenBundle> => {
  const take = takingFrom(source);
  const header = /^vigia-bundle (\d{1,9}) (\d{1,9}) ([0-9a-f]{64})$/u.exec(
    (await take.line(longestHeaderBytes)) ?? '',
  );
  if (!header) throw new BundleDamaged('This is not a bundle of Vigía.');
  if (Number(header[1]) !== format) {
    throw new BundleDamaged(
      `The bundle has format ${header[1]}, and this version of Vigía reads format ${format}. Update ` +
        'Vigía here.',
    );
  }
  const length = Number(header[2]);
  if (length > largestManifestBytes)
    throw new BundleDamaged(`The manifest of the bundle is too large (${length} bytes).`);
  const text = await take.exactly(length);
  if (sha256(text) !== header[3])
    throw new BundleDamaged('The manifest of the bundle is damaged. Nothing was imported; copy it again.');
  const manifest = parseManifest(text);
  return {
    manifest,
    files: async function* () {
      if ((await take.exactly(1)).toString() !== '\n')
        throw new BundleDamaged('The bundle is damaged after its manifest. Nothing was imported.');
      for (const { name, size, sha256: expected } of manifest.files) {
        const content = await take.exactly(size);
        if (sha256(content) !== expected)
          throw new BundleDamaged(
            `${name} in the bundle is damaged. Nothing was imported; copy the bundle again.`,
          );
        yield { name, content };
      }
      if (!(await take.isAtEnd()))
        throw new BundleDamaged(
          'The bundle has more content than its manifest lists. Nothing was imported; copy it again.',
        );
      await take.stop();
    },
  };
};
