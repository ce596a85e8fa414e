import { basename, join } from 'node:path';
import { type AuthenticationCreds, initAuthCreds } from '@whiskeysockets/baileys';
import { versionOf } from '../../base/file-identity.ts';
import { DiskFault, type Stat } from '../../disk/disk.ts';
import { removeLeftovers } from '../../disk/replace-file.ts';
import { decode } from './key-file.ts';
import { credentialsName } from './ownership.ts';
import type { RefusalReason, StoreOptions, StoreRefusal } from './types.ts';

/** Corrupt only after 60 s unchanged: before that a program may still be writing (WHATSAPP-FACTS.md#being-written). */
const settledAfterMs = 60_000;

/** What lies in the directory, or what a pairing begins with. */
export interface Loaded {
  readonly kind: 'loaded';
  readonly creds: AuthenticationCreds;
  readonly fingerprint: string;
  readonly home: Stat;
  /** The file they were read from; none yet in a pairing. */
  readonly file?: { readonly stat: Stat; readonly bytes: Buffer };
}

export const refuse = (reason: RefusalReason, message: string): StoreRefusal => ({ kind: 'refused', reason, message });

/** Never makes a new identity: that would end in a QR code and overwrite the old one (WHATSAPP-FACTS.md#new-identity). */
const restore = async ({ disk, directory, identify, expectedFingerprint }: StoreOptions, home: Stat): Promise<Loaded | StoreRefusal> => {
  const path = join(directory, credentialsName);
  const before = await disk.stat(path);
  const bytes = await disk.read(path);
  const stat = await disk.stat(path);
  if (!bytes) return refuse('unpaired', `There is no ${path}: no phone is linked here. Pair the organization.`);
  if (!before || !stat || versionOf(before) !== versionOf(stat)) {
    return refuse('storage', `${path} changed while it was being read: somebody else is writing it. It is tried again.`);
  }
  const { stored, fingerprint } = identify(bytes);
  if (stored === 'corrupt') {
    return Math.abs(Date.now() - stat.mtimeMs) < settledAfterMs
      ? refuse(
          'storage',
          `${path} makes no sense and was changed less than a minute ago: somebody may still be writing it. It is tried again.`,
        )
      : refuse('creds_corrupt', `${path} is not a set of credentials (${bytes.length} bytes). Put a backup of it there, or pair anew.`);
  }
  if (stored === 'unpaired') return refuse('unpaired', `${path} is from a pairing that was never finished. Pair the organization.`);
  // Nothing is lost, and nothing is wrong with what lies there: the next scan reads who it is, so it is no lasting verdict.
  if (expectedFingerprint !== undefined && fingerprint !== expectedFingerprint) {
    return refuse(
      'storage',
      `${path} is of another device than it was at the last scan: it was replaced. It is taken up after the next scan.`,
    );
  }
  return { kind: 'loaded', creds: decode(bytes.toString('utf8')) as AuthenticationCreds, fingerprint, home, file: { stat, bytes } };
};

/** Keys of another identity must never lie beside new ones (WHATSAPP-FACTS.md#keys-of-one-identity): only an empty directory will do. */
const begin = async ({ disk, directory }: StoreOptions, home: Stat): Promise<Loaded | StoreRefusal> => {
  const names = await disk.list(directory);
  if (!names || names.length > 0) {
    return refuse(
      'storage',
      `${directory} already holds ${names?.length ?? 0} files. A pairing needs an empty directory: start a new one.`,
    );
  }
  return { kind: 'loaded', creds: initAuthCreds(), fingerprint: '', home };
};

export const load = async (options: StoreOptions): Promise<Loaded | StoreRefusal> => {
  const { disk, directory, mode } = options;
  try {
    const home = await disk.stat(directory);
    if (!home && mode === 'restore')
      return refuse('unpaired', `There is no directory ${directory}. Put it back, or pair the organization.`);
    if (home?.kind !== 'directory') return refuse('storage', `${directory} is ${home ? `a ${home.kind}` : 'missing'}, not a directory.`);
    await removeLeftovers(disk, directory);
    return await (mode === 'restore' ? restore(options, home) : begin(options, home));
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error;
    const { code, operation } = error;
    return refuse('storage', `Cannot ${operation} ${basename(error.path)} in ${directory}: ${code}. Check the disk and the permissions.`);
  }
};
