import { join } from 'node:path';
import type { Org } from '../../../machines/domain/ports.ts';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import { replaceFile } from '../../disk/replace-file.ts';
import type { Archive } from '../archive.ts';
import { type Classified, classify } from '../credentials.ts';
import { escapeName, parseOrg } from '../ids.ts';
import { credentialsName } from '../layout.ts';
import { makePairing, putInPlace, readPairing, removePairing } from '../pairing-directory.ts';
import { placeOf, type StandingInput, standingOf } from './destination.ts';
import { BundleDamaged, type Manifest, openBundle } from './format.ts';
import { type BundleRefusal, refuseBundle } from './refusal.ts';

export interface ImportInput extends StandingInput {
  readonly archive: Archive;
  readonly now: () => number;
  /** Of the place where it is put together; an id as of a pairing, never used before. */
  readonly id: string;
}
export interface Imported {
  readonly ok: true;
  readonly org: Org;
  readonly manifest: Manifest;
  /** Nothing was done: exactly this lay there. */
  readonly same: boolean;
  /** Where what lay there before went. */
  readonly archived: string | undefined;
}

/** Somebody was there between the first look and the last. */
class PlaceTaken extends Error {}

/** So many bytes are on their way to the disk at once; a single file may be larger. */
const batchBytes = 4 * 1024 * 1024;
const batchFiles = 32;

const believed = async (source: AsyncIterable<Uint8Array>): Promise<Manifest> => {
  const bundle = await openBundle(source);
  let credentials: Classified = classify(Buffer.alloc(0));
  for await (const { name, content } of bundle.files()) if (name === credentialsName) credentials = classify(content);
  if (credentials.stored !== 'restorable' || credentials.fingerprint !== bundle.manifest.fingerprint) {
    throw new BundleDamaged('The credentials in the bundle are not those that its manifest names. Nothing was imported.');
  }
  return bundle.manifest;
};

/** Reads all of it once, before anything is touched: every byte of it is what was written, and its credentials are what it names. */
export const checkBundle = async (
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly ok: true; readonly manifest: Manifest } | BundleRefusal> => {
  try {
    return { ok: true, manifest: await believed(source) };
  } catch (error) {
    if (error instanceof BundleDamaged) return refuseBundle('bundle_damaged', error.message);
    throw error;
  }
};

/** Everything durable, `creds.json` last: with it the directory is whole, and anybody may put it in place. */
const unpack = async (disk: Disk, directory: string, source: AsyncIterable<Uint8Array>, expected: Manifest): Promise<void> => {
  const bundle = await openBundle(source);
  if (JSON.stringify(bundle.manifest) !== JSON.stringify(expected))
    throw new BundleDamaged('The bundle was exchanged while it was read. Nothing was imported.');
  let creds: Buffer | undefined;
  let batch: Promise<unknown>[] = [];
  let bytes = 0;
  for await (const { name, content } of bundle.files()) {
    if (name === credentialsName) {
      creds = content;
      continue;
    }
    batch.push(disk.write(join(directory, name), content));
    bytes += content.length;
    if (batch.length < batchFiles && bytes < batchBytes) continue;
    await Promise.all(batch);
    [batch, bytes] = [[], 0];
  }
  await Promise.all(batch);
  await disk.syncDirectory(directory);
  await replaceFile(disk, join(directory, credentialsName), creds ?? Buffer.alloc(0));
};

/** The running supervisor may have been first: what is whole and in nobody's way it puts in place itself. */
const wasPutInPlace = async ({ disk, layout, id }: ImportInput, org: Org, manifest: Manifest): Promise<boolean> => {
  if ((await readPairing(disk, layout, id)).session) return false;
  const creds = await disk.read(layout.credentials(org));
  return creds !== undefined && classify(creds).fingerprint === manifest.fingerprint;
};

/**
 * Puts the device of a checked bundle into the place of `org` (by default that of its own organization). It is put together in
 * `.vigia/pairing/`, and moved into place in one step; what lay there is archived. A crash at any moment leaves the old one, or
 * the new one, or the old one archived and the new one about to be put in place by the next start or scan. Records are left
 * alone: what was stopped stays stopped. Every byte is checked again. Rejects with `DiskFault`.
 */
export const importSession = async (
  input: ImportInput,
  manifest: Manifest,
  source: () => AsyncIterable<Uint8Array>,
  as?: Org,
): Promise<Imported | BundleRefusal> => {
  const { disk, layout, archive, id, now } = input;
  const org = as ?? manifest.org;
  if (parseOrg(org) === undefined)
    return refuseBundle(
      'bundle_damaged',
      `The bundle is of "${escapeName(org)}", which no organization may be called. Name another one with --org.`,
    );
  const standing = await standingOf(input, org, manifest);
  if (!standing.ok) return standing;
  if (standing.same) return { ok: true, org, manifest, same: true, archived: undefined };

  const begun: { swap?: true; archived?: string | undefined } = {};
  try {
    await unpack(disk, await makePairing(disk, layout, { org, id, startedAt: now(), imported: true }), source(), manifest);
    if ((await placeOf(disk, layout, org)) !== standing.seen && !(await wasPutInPlace(input, org, manifest))) {
      throw new PlaceTaken(`"${org}" was written to while the bundle was read. Nothing was imported; try again.`);
    }
    begun.swap = true;
    if (standing.seen !== '') begun.archived = await archive.setAside(layout.organization(org), org);
    await putInPlace(disk, layout, id, org);
    await removePairing(disk, layout, id);
  } catch (error) {
    const isThere = begun.swap === true && error instanceof DiskFault && (await wasPutInPlace(input, org, manifest).catch(() => false));
    // Once the place may be free, what is put together here must stay: the next scan finishes it.
    if (isThere || !begun.swap) await removePairing(disk, layout, id).catch(() => undefined); // the first fault is the one to report
    if (error instanceof BundleDamaged) return refuseBundle('bundle_damaged', error.message);
    if (error instanceof PlaceTaken) return refuseBundle('changed_meanwhile', error.message);
    if (!isThere) throw error;
  }
  return { ok: true, org, manifest, same: false, archived: begun.archived };
};
