import { basename, dirname, join, resolve } from 'node:path';
import { type Org, orgPattern } from '../../machines/domain/ports.ts';
import type { Disk } from '../disk/disk.ts';

/**
 * Names that the system, editors and copying tools make, not operators. They are skipped without a log line.
 */
const notOurs = (name: string): boolean =>
  name.startsWith('.') || name === 'lost+found' || /(?:\.tmp|~)$/iu.test(name);

/**
 * The organization that a directory with this name belongs to; `undefined` when the name is not valid for an
 * organization.
 */
export const parseOrg = (name: string): Org | undefined => (orgPattern.test(name) ? name : undefined);

/**
 * The only way from an id (of an organization or a pairing) to a path. `ending` is for files that are named
 * after an id. An invalid id is a bug of the caller: every name from outside goes through `parseOrg` first.
 */
export const pathOf = (parent: string, id: string, ending: '' | '.json' = ''): string => {
  if (parseOrg(id) === undefined) throw new Error(`not an id: ${escapeName(id)}`);
  const path = join(parent, id + ending);
  if (dirname(path) !== resolve(parent) || basename(path) !== id + ending)
    throw new Error(`id leaves its directory: ${escapeName(id)}`);
  return path;
};

const longestShownName = 100;
/** A name as it may appear in a log: one line, printable ASCII. Bytes that are not UTF-8 arrive as U+FFFD. */
export const escapeName = (name: string): string => {
  const escaped = name
    .slice(0, longestShownName)
    .replaceAll(/[^\x20-\x7e]|\\/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return name.length > longestShownName ? `${escaped}...` : escaped;
};

export interface SortedNames {
  readonly orgs: readonly Org[];
  /** Names that are no ids, and not known to be irrelevant. */
  readonly odd: readonly string[];
  /** Rejected names: on this disk the organization's own name leads to the same directory. */
  readonly sameAs: ReadonlyMap<string, Org>;
}

/**
 * Of two names that fold to one, a loaded name wins, otherwise the first by code unit, so that the choice
 * never changes.
 */
export const sortNames = (
  names: readonly string[],
  foldsCase: boolean,
  loaded: ReadonlySet<Org>,
): SortedNames => {
  const odd: string[] = [];
  const orgs: Org[] = [];
  for (const name of names) {
    const org = parseOrg(name);
    if (org !== undefined) orgs.push(org);
    else if (!notOurs(name)) odd.push(name);
  }
  const sameAs = new Map<string, Org>();
  if (!foldsCase) return { orgs, odd, sameAs };
  const ranked = orgs.sort((a, b) => Number(loaded.has(b)) - Number(loaded.has(a)) || (a < b ? -1 : 1));
  const firsts = new Map<string, Org>();
  for (const org of ranked) {
    const first = firsts.get(org.toLowerCase());
    if (first === undefined) firsts.set(org.toLowerCase(), org);
    else sameAs.set(org, first);
  }
  return { orgs: [...firsts.values()], odd, sameAs };
};

/** The organization whose directory a new one called `org` would share on a disk that folds case. */
export const foldsOnto = (org: Org, others: Iterable<Org>): Org | undefined => {
  for (const other of others) if (other !== org && other.toLowerCase() === org.toLowerCase()) return other;
  return undefined;
};

/** Tests the disk with a file that stays in `directory`. Called once, at start. Rejects with `DiskFault`. */
export const probeCaseFolding = async (disk: Disk, directory: string): Promise<boolean> => {
  await disk.write(join(directory, 'CaseProbe'), '');
  return (await disk.stat(join(directory, 'caseprobe'))) !== undefined;
};
