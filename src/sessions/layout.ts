import { dirname, join, resolve } from 'node:path';
import type { Org } from '../../machines/domain/ports.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { pathOf } from './ids.ts';

export const directoryMode = 0o700;
export const credentialsName = 'creds.json';
/** A creds.json has a few kilobytes; a larger file is not read. */
export const largestCredentialsBytes = 4 * 1024 * 1024;
/** The last credentials that logged in. The store keeps them beside `creds.json`. */
export const backupName = 'creds.json.bak';

/**
 * The path of everything. Besides Baileys' files, an organization's own directory holds only
 * `creds.json.bak` and damaged keys that were moved aside, so it stays what Baileys expects.
 */
export interface Layout {
  readonly root: string;
  readonly own: string;
  readonly orgs: string;
  readonly pairing: string;
  readonly identities: string;
  readonly archive: string;
  readonly quarantine: string;
  /** Keys that are durable, and not in the organizations' files yet. Empty after a clean stop. */
  readonly journal: string;
  readonly lock: string;
  readonly keys: string;
  /** Held while `keys` is read and replaced, because the command line writes it too. */
  readonly keysLock: string;
  readonly links: string;
  readonly firstKey: string;
  readonly whatsappVersion: string;
  readonly database: string;
  readonly organization: (org: Org) => string;
  readonly credentials: (org: Org) => string;
  readonly backup: (org: Org) => string;
  readonly record: (org: Org) => string;
  readonly identity: (fingerprint: string) => string;
  readonly quarantineOf: (org: Org) => string;
  readonly pairingOf: (id: string) => string;
  /** The future directory of the organization. */
  readonly pairingSession: (id: string) => string;
  /** `pairing.json`: names the organization of the pairing. */
  readonly pairingNote: (id: string) => string;
}

/** A fingerprint is hexadecimal, so it is a valid name. */
const identityPath = (directory: string, fingerprint: string): string => {
  if (!/^[0-9a-f]{1,64}$/u.test(fingerprint)) throw new Error('not a fingerprint');
  return join(directory, `${fingerprint}.json`);
};

export const layoutOf = (path: string): Layout => {
  const root = resolve(path);
  const own = join(root, '.vigia');
  const pairing = join(own, 'pairing');
  const orgs = join(own, 'orgs');
  const quarantine = join(own, 'quarantine');
  const identities = join(own, 'identities');
  const organization = (org: Org): string => pathOf(root, org);
  const pairingOf = (id: string): string => pathOf(pairing, id);
  return {
    root,
    own,
    orgs,
    pairing,
    identities,
    archive: join(own, 'archive'),
    quarantine,
    journal: join(own, 'journal'),
    lock: join(own, 'lock'),
    keys: join(own, 'keys.json'),
    keysLock: join(own, 'keys.lock'),
    links: join(own, 'links.json'),
    firstKey: join(own, 'first-key'),
    whatsappVersion: join(own, 'whatsapp-version.json'),
    database: join(own, 'state.lmdb'),
    organization,
    credentials: (org) => join(organization(org), credentialsName),
    backup: (org) => join(organization(org), backupName),
    record: (org) => pathOf(orgs, org, '.json'),
    identity: (fingerprint) => identityPath(identities, fingerprint),
    quarantineOf: (org) => pathOf(quarantine, org),
    pairingOf,
    pairingSession: (id) => join(pairingOf(id), 'session'),
    pairingNote: (id) => join(pairingOf(id), 'pairing.json'),
  };
};

/**
 * Creates the directories inside `.vigia/`, at start and under the lock. Later each writer makes its own
 * again (`makeInside`), but never `.vigia/` itself.
 */
export const prepareLayout = async (disk: Disk, layout: Layout): Promise<void> => {
  const { orgs, pairing, identities, archive, quarantine, journal } = layout;
  for (const path of [orgs, pairing, identities, archive, quarantine, journal]) await makeInside(disk, path);
  await disk.syncDirectory(layout.root);
};

/**
 * Creates one directory, durably, and never a directory above it: on an unmounted volume that would build a
 * second tree in the empty mount point. Rejects with `DiskFault` (`ENOENT` when the parent is missing).
 */
export const makeInside = async (disk: Disk, path: string): Promise<void> => {
  const parent = dirname(path);
  if ((await disk.stat(parent))?.kind !== 'directory') {
    throw new DiskFault(
      'makeDirectory',
      path,
      Object.assign(new Error('the directory above it is missing'), { code: 'ENOENT' }),
    );
  }
  await disk.makeDirectory(path, directoryMode);
  await disk.syncDirectory(parent);
};

const longestNumbering = 1_000;
/**
 * A path that does not exist yet, with and without `.json` after it: `<stem>-<time>`, then `<stem>-<time>-2`
 * and so on. The time has no colons, so that the name can be copied to any file system.
 */
export const freePath = async (
  disk: Disk,
  directory: string,
  stem: string,
  nowMs: number,
): Promise<string> => {
  const time = new Date(nowMs).toISOString().replaceAll(/[:.]/gu, '-');
  for (let n = 1; n <= longestNumbering; n += 1) {
    const path = join(directory, `${stem}-${time}${n === 1 ? '' : `-${n}`}`);
    if ((await disk.stat(path)) === undefined && (await disk.stat(`${path}.json`)) === undefined) return path;
  }
  throw new Error(`no free name for ${stem} in ${directory} after ${longestNumbering} tries`);
};
