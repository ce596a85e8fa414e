/**
 * What lies on disk after a kill: every file must make sense, and every identity must still be the one it
 * was.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Files of a write that the kill interrupted; the next start removes them, and nobody ever reads them. */
const temporary = /^\..*\.tmp~$/su;
/** A file of the journal, which has sums of its own, and a torn end by design. */
const journal = /^\d{10}\.log$/u;
/** Text by design, empty by design, and the database's own, which the next start checks as it opens them. */
const notJson = new Set(['first-key', 'CaseProbe', 'keys.lock', 'data.mdb', 'lock.mdb']);

export interface Files {
  readonly read: number;
  /** Temporary files that the kill left behind. */
  readonly leftovers: number;
}

/** Rejects with a sentence when a file is empty, cut short, or of two writes at once. */
export const readEverything = async (root: string): Promise<Files> => {
  let read = 0;
  let leftovers = 0;
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || notJson.has(entry.name) || journal.test(entry.name)) continue;
    if (temporary.test(entry.name)) {
      leftovers += 1;
      continue;
    }
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    try {
      JSON.parse(text);
    } catch (cause) {
      throw new Error(`${relative(root, path)} does not parse after the kill (${text.length} characters)`, {
        cause,
      });
    }
    read += 1;
  }
  return { read, leftovers };
};

interface Pair {
  readonly public: { readonly data: string };
}
interface Stored {
  readonly noiseKey: Pair;
  readonly signedIdentityKey: Pair;
  readonly registrationId: number;
  readonly me?: { readonly id: string };
}

/** What makes a linked device the one it is, from its public halves only. */
export const identityOf = async (directory: string): Promise<string> => {
  const stored = JSON.parse(await readFile(join(directory, 'creds.json'), 'utf8')) as Stored;
  const { noiseKey, signedIdentityKey, registrationId, me } = stored;
  return [me?.id, noiseKey.public.data, signedIdentityKey.public.data, registrationId].join(' ');
};
