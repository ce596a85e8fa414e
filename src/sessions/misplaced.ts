/**
 * Credentials where no scan finds them: beside the directories of the organizations, one level too low, flat
 * in one file, or in a database of another program. They are reported, because an operator believes that they
 * run.
 */
import { join } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import { versionOf } from '../base/file-identity.ts';
import { type Disk, DiskFault, type Stat } from '../disk/disk.ts';
import { countCredentials } from './counters.ts';
import { escapeName } from './ids.ts';
import { credentialsName, type Layout, largestCredentialsBytes } from './layout.ts';

const isDatabase = (name: string): boolean => /\.(?:db|db3|sqlite3?)$/iu.test(name);
const isHidden = (name: string): boolean => name.startsWith('.');

/** A `creds.json`, or the file of a single-file store, which has the same object under `creds`. */
const holdsCredentials = (bytes: Buffer): boolean => {
  if (countCredentials(bytes).stored !== 'corrupt') return true;
  try {
    const { creds } = JSON.parse(bytes.toString('utf8')) as { readonly creds?: unknown };
    return creds !== undefined && countCredentials(Buffer.from(JSON.stringify(creds))).stored !== 'corrupt';
  } catch {
    return false; // not JSON, or not an object
  }
};

/** `empty`: directories without credentials that belong to no organization. Resolves with paths, escaped. */
export type FindMisplaced = (names: readonly string[], empty: readonly Org[]) => Promise<readonly string[]>;

export const createFindMisplaced = (disk: Disk, layout: Layout): FindMisplaced => {
  /** What was found in an entry, and its version: unchanged ones are not read again. */
  const seen = new Map<string, { readonly version: string; readonly found: readonly string[] }>();
  const inFile = async (name: string, stat: Stat): Promise<readonly string[]> => {
    if (isDatabase(name)) return [escapeName(name)];
    if (!name.endsWith('.json') || stat.size > largestCredentialsBytes) return [];
    const bytes = await disk.read(join(layout.root, name), largestCredentialsBytes);
    return bytes && holdsCredentials(bytes) ? [escapeName(name)] : [];
  };
  const inDirectory = async (name: string): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const inner of (await disk.list(join(layout.root, name))) ?? []) {
      const path = join(layout.root, name, inner);
      const stat = isDatabase(inner) ? undefined : await disk.stat(path);
      const isNested = stat?.kind === 'directory' && (await disk.stat(join(path, credentialsName)));
      if (!isHidden(inner) && (isDatabase(inner) || isNested))
        found.push(`${escapeName(name)}/${escapeName(inner)}`);
    }
    return found;
  };
  const inEntry = async (name: string, isEmpty: boolean): Promise<readonly string[]> => {
    try {
      const stat = await disk.stat(join(layout.root, name));
      if (!stat || (stat.kind !== 'file' && !(stat.kind === 'directory' && isEmpty))) return [];
      const version = versionOf(stat);
      const known = seen.get(name);
      if (known?.version === version) return known.found;
      const found = stat.kind === 'file' ? await inFile(name, stat) : await inDirectory(name);
      seen.set(name, { version, found });
      return found;
    } catch (fault) {
      if (fault instanceof DiskFault) return []; // no organization's, and it cannot be read
      throw fault;
    }
  };
  return async (names, empty) => {
    const directories = new Set(empty);
    const candidates = names.filter(
      (name) => !isHidden(name) && (directories.has(name) || name.endsWith('.json') || isDatabase(name)),
    );
    const present = new Set(candidates);
    for (const name of seen.keys()) if (!present.has(name)) seen.delete(name);
    const found: string[] = [];
    for (const name of candidates) found.push(...(await inEntry(name, directories.has(name))));
    return found;
  };
};
