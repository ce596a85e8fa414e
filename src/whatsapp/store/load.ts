import { basename, join } from 'node:path';
import { type AuthenticationCreds, initAuthCreds } from '@whiskeysockets/baileys';
import { isSameFile, versionOf } from '../../base/file-identity.ts';
import { sha256 } from '../../base/sha256.ts';
import { DiskFault, type Stat } from '../../disk/disk.ts';
import { removeLeftovers } from '../../disk/replace-file.ts';
import type { DirectoryMemory } from './one-writer.ts';
import { credentialsName, type KnownFile } from './ownership.ts';
import type { RefusalReason, StoreOptions, StoreRefusal } from './types.ts';

/**
 * Corrupt only after 60 s unchanged: before that a program may still be writing
 * (WHATSAPP-FACTS.md#being-written).
 */
const settledAfterMs = 60_000;

/** What the directory holds, or what a pairing begins with. */
export interface Loaded {
  readonly kind: 'loaded';
  readonly creds: AuthenticationCreds;
  readonly fingerprint: string;
  readonly home: Stat;
  /** The file that the credentials were read from; none yet in a pairing. */
  readonly file?: KnownFile;
}

export const refuse = (reason: RefusalReason, message: string): StoreRefusal => ({
  kind: 'refused',
  reason,
  message,
});

const missing = (path: string): StoreRefusal =>
  refuse('unpaired', `There is no ${path}: no phone is linked here. Pair the organization.`);

interface Content {
  readonly kind: 'content';
  readonly creds: AuthenticationCreds;
  readonly file: KnownFile;
}
/** The reader of the credentials checked the fields that the library uses. */
const contentOf = (creds: object, file: KnownFile): Content => ({
  kind: 'content',
  creds: creds as AuthenticationCreds,
  file,
});

const judgeCorrupt = (path: string, because: string, stat: Stat): StoreRefusal =>
  Math.abs(Date.now() - stat.mtimeMs) < settledAfterMs
    ? refuse(
        'storage',
        `${path} is not a set of credentials and was changed less than a minute ago: another program may ` +
          'still be writing it. Vigía tries again.',
      )
    : refuse(
        'creds_corrupt',
        `${path} is not a set of credentials: ${because}. Put a backup of it there, or pair again.`,
      );

/** Reads a file that no scan vouches for: it must not change meanwhile, and it must be restorable. */
const examine = async ({ disk, identify }: StoreOptions, path: string): Promise<Content | StoreRefusal> => {
  const before = await disk.stat(path);
  const bytes = await disk.read(path);
  const stat = await disk.stat(path);
  if (!bytes) return missing(path);
  if (!before || !stat || versionOf(before) !== versionOf(stat)) {
    return refuse(
      'storage',
      `${path} changed while it was being read: another program is writing it. It is tried again.`,
    );
  }
  const { stored, fingerprint, creds, because = 'it cannot be read' } = identify(bytes);
  if (stored === 'corrupt' || !creds) return judgeCorrupt(path, because, stat);
  if (stored === 'unpaired')
    return refuse('unpaired', `${path} is from a pairing that was never finished. Pair the organization.`);
  return contentOf(creds, { stat, digest: sha256(bytes), fingerprint });
};

/** The same bytes as the scan read are whole, settled and restorable: the scan found that out. */
const readScanned = async (
  { disk, identify, scanned }: StoreOptions,
  path: string,
): Promise<Content | undefined> => {
  const bytes = scanned && (await disk.read(path));
  const isSame = bytes && sha256(bytes) === scanned.digest;
  const creds = isSame ? identify(bytes).creds : undefined;
  return creds && scanned ? contentOf(creds, scanned) : undefined;
};

/**
 * Never creates a new identity: that would end in a QR code and overwrite the old one
 * (WHATSAPP-FACTS.md#new-identity).
 */
const restore = async (options: StoreOptions, home: Stat): Promise<Loaded | StoreRefusal> => {
  const { directory, expectedFingerprint } = options;
  const path = join(directory, credentialsName);
  const content = (await readScanned(options, path)) ?? (await examine(options, path));
  if (content.kind === 'refused') return content;
  const { creds, file } = content;
  // nothing is lost, and nothing is wrong with the file: the next scan reads whose it is, so this is no
  // lasting verdict
  if (expectedFingerprint !== undefined && file.fingerprint !== expectedFingerprint) {
    return refuse(
      'storage',
      `${path} belongs to another device than at the last scan: it was replaced. It is restored after ` +
        'the next scan.',
    );
  }
  return { kind: 'loaded', creds, fingerprint: file.fingerprint, home, file };
};

/**
 * Keys of another identity must never lie beside new ones (WHATSAPP-FACTS.md#keys-of-one-identity): only an
 * empty directory will do.
 */
const begin = async ({ disk, directory }: StoreOptions, home: Stat): Promise<Loaded | StoreRefusal> => {
  const names = await disk.list(directory);
  if (!names || names.length > 0) {
    return refuse(
      'storage',
      `${directory} already holds ${names?.length ?? 0} files. A pairing needs an empty directory: start ` +
        'a new one.',
    );
  }
  return { kind: 'loaded', creds: initAuthCreds(), fingerprint: '', home };
};

/**
 * Only a killed process leaves temporary files, so once for each directory is enough: a store of this process
 * removes its own.
 */
const removeLeftoversOnce = async (
  { disk, directory }: StoreOptions,
  home: Stat,
  memory: DirectoryMemory,
): Promise<void> => {
  if (isSameFile(memory.tidied, home)) return;
  await removeLeftovers(disk, directory);
  memory.tidied = home;
};

export const load = async (
  options: StoreOptions,
  memory: DirectoryMemory,
): Promise<Loaded | StoreRefusal> => {
  const { disk, directory, mode } = options;
  try {
    const home = await disk.stat(directory);
    if (!home && mode === 'restore')
      return refuse('unpaired', `There is no directory ${directory}. Put it back, or pair the organization.`);
    if (home?.kind !== 'directory') {
      const found = home ? `a ${home.kind}` : 'missing';
      return refuse('storage', `${directory} is ${found}, not a directory.`);
    }
    await removeLeftoversOnce(options, home, memory);
    return await (mode === 'restore' ? restore(options, home) : begin(options, home));
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    const { code, operation } = error;
    const name = basename(error.path);
    return refuse(
      'storage',
      `Cannot ${operation} ${name} in ${directory}: ${code}. Check the disk and the permissions.`,
    );
  }
};
