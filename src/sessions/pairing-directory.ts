import { join } from 'node:path';
import { z } from 'zod';
import type { Org } from '../../machines/domain/ports.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { replaceFile } from '../disk/replace-file.ts';
import { type Classified, classify } from './credentials.ts';
import { parseOrg } from './ids.ts';
import { credentialsName, type Layout, largestCredentialsBytes, makeInside } from './layout.ts';

/**
 * `pairing.json` names the organization of the pairing. It is written before anything can be linked in
 * `session/`.
 */
const noteFormat = z.object({
  org: z.string(),
  id: z.string(),
  startedAt: z.number(),
  /**
   * An import, not a pairing: it never replaces an organization, and does not change what the operator wants.
   */
  imported: z.literal(true).exactOptional(),
});
export type PairingNote = z.infer<typeof noteFormat>;

/**
 * The content of `.vigia/pairing/<id>/`. `credentials` is absent when none were written; `session` is false
 * after the move.
 */
export interface PairingDirectory {
  readonly id: string;
  readonly note: PairingNote | undefined;
  readonly session: boolean;
  readonly credentials: Classified | undefined;
}

/**
 * What to do with a pairing that no session runs any more. `finish`: a device was linked, so it takes its
 * place. `remove`: no device was ever linked. `archive`: neither is certain.
 */
export const fateOf = ({ note, credentials }: PairingDirectory): 'finish' | 'remove' | 'archive' => {
  if (note && credentials?.stored === 'restorable') return 'finish';
  return !credentials || (credentials.stored === 'unpaired' && !credentials.half) ? 'remove' : 'archive';
};

const largestNoteBytes = 64 * 1024;
const parseNote = (bytes: Buffer | undefined, id: string): PairingNote | undefined => {
  if (!bytes) return undefined;
  try {
    const note = noteFormat.safeParse(JSON.parse(bytes.toString('utf8'))).data;
    return note && note.id === id && parseOrg(note.org) !== undefined ? note : undefined;
  } catch {
    return undefined; // not JSON: no note
  }
};

/** Rejects with `DiskFault`: an unreadable file must not be mistaken for a missing one. */
export const readPairing = async (disk: Disk, layout: Layout, id: string): Promise<PairingDirectory> => {
  if ((await disk.stat(layout.pairingOf(id)))?.kind === 'symlink')
    throw new DiskFault(
      'read',
      layout.pairingOf(id),
      Object.assign(new Error('a symlink'), { code: 'ELOOP' }),
    );
  const session = (await disk.stat(layout.pairingSession(id)))?.kind === 'directory';
  const creds = session
    ? await disk.read(join(layout.pairingSession(id), credentialsName), largestCredentialsBytes)
    : undefined;
  const note = parseNote(await disk.read(layout.pairingNote(id), largestNoteBytes), id);
  return { id, note, session, credentials: creds && classify(creds) };
};

/** Writes the note before the directory that it explains. Resolves with the path of `session/`. */
export const makePairing = async (disk: Disk, layout: Layout, note: PairingNote): Promise<string> => {
  await makeInside(disk, layout.pairing); // removed by hand since the start
  await makeInside(disk, layout.pairingOf(note.id));
  await replaceFile(disk, layout.pairingNote(note.id), `${JSON.stringify(note)}\n`);
  await makeInside(disk, layout.pairingSession(note.id));
  return layout.pairingSession(note.id);
};

/** Makes the move out of the pairing's directory durable at both ends. */
export const syncPlaces = async (disk: Disk, layout: Layout, id: string): Promise<void> => {
  await disk.syncDirectory(layout.root);
  if (await disk.stat(layout.pairingOf(id))) await disk.syncDirectory(layout.pairingOf(id));
};

/** Moves `session/` to the directory of the organization. Rejects with `ENOTEMPTY` when that exists. */
export const putInPlace = async (disk: Disk, layout: Layout, id: string, org: Org): Promise<void> => {
  await disk.rename(layout.pairingSession(id), layout.organization(org));
  await syncPlaces(disk, layout, id);
};

const deepestLevel = 4; // pairing/<id>/session/<file>, and one to spare
const removeTree = async (disk: Disk, path: string): Promise<void> => {
  for (const name of (await disk.list(path)) ?? []) {
    const entry = join(path, name);
    if ((await disk.stat(entry))?.kind === 'directory') await removeTree(disk, entry);
    else await disk.remove(entry);
  }
  await disk.removeDirectory(path);
};

/** Whether it holds more directories than a pairing ever has: then it is not ours, and is not removed. */
export const isForeign = async (disk: Disk, path: string, level = 0): Promise<boolean> => {
  if (level > deepestLevel) return true;
  for (const name of (await disk.list(path)) ?? []) {
    const entry = join(path, name);
    const isDirectory = (await disk.stat(entry))?.kind === 'directory';
    if (isDirectory && (await isForeign(disk, entry, level + 1))) return true;
  }
  return false;
};

/**
 * Removes the directory with its content, durably. Only for a pairing without a linked device, or after its
 * `session/` was moved.
 */
export const removePairing = async (disk: Disk, layout: Layout, id: string): Promise<void> => {
  if ((await disk.stat(layout.pairingOf(id))) === undefined) return;
  await removeTree(disk, layout.pairingOf(id));
  await disk.syncDirectory(layout.pairing);
};
