import { join } from 'node:path';
import type { Org } from '../../../machines/domain/ports.ts';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import { replaceFile } from '../../disk/replace-file.ts';
import type { Archive } from '../archive.ts';
import { aheadOf } from '../counters.ts';
import { type Classified, classify } from '../credentials.ts';
import { createIdentities } from '../identities.ts';
import { escapeName, parseOrg } from '../ids.ts';
import { credentialsName, largestCredentialsBytes } from '../layout.ts';
import { makePairing, putInPlace, readPairing, removePairing } from '../pairing-directory.ts';
import { checkDestination, type DestinationDeps, destinationVersion } from './destination.ts';
import { BundleDamaged, type Manifest, openBundle } from './format.ts';
import { type BundleRefusal, refuseBundle } from './refusal.ts';

export interface ImportInput extends DestinationDeps {
  readonly archive: Archive;
  readonly now: () => number;
  /** Id of the directory under `.vigia/pairing/` in which the import is prepared; never used before. */
  readonly id: string;
}
export interface Imported {
  readonly ok: true;
  readonly org: Org;
  readonly manifest: Manifest;
  /** Nothing was done: the destination already held exactly this device. */
  readonly same: boolean;
  /** The new path of what the destination held before. */
  readonly archived: string | undefined;
}

/** Another program wrote to the destination after it was checked. */
class DestinationChanged extends Error {}

/** Bytes that are being written at once; a single file may be larger. */
const batchBytes = 4 * 1024 * 1024;
const batchFiles = 32;

const readChecked = async (source: AsyncIterable<Uint8Array>): Promise<Manifest> => {
  const bundle = await openBundle(source);
  let credentials: Classified = classify(Buffer.alloc(0));
  for await (const { name, content } of bundle.files())
    if (name === credentialsName) credentials = classify(content);
  if (credentials.stored !== 'restorable' || credentials.fingerprint !== bundle.manifest.fingerprint) {
    throw new BundleDamaged('The credentials in the bundle do not match its manifest. Nothing was imported.');
  }
  return bundle.manifest;
};

/**
 * Reads the whole bundle before anything is changed: every byte must match the manifest, and so must the
 * credentials.
 */
export const checkBundle = async (
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly ok: true; readonly manifest: Manifest } | BundleRefusal> => {
  try {
    return { ok: true, manifest: await readChecked(source) };
  } catch (error) {
    if (error instanceof BundleDamaged) return refuseBundle('bundle_damaged', error.message);
    throw error;
  }
};

/**
 * Makes everything durable, `creds.json` last: with it the directory is complete and ready to be moved into
 * place.
 */
const unpack = async (
  disk: Disk,
  directory: string,
  source: AsyncIterable<Uint8Array>,
  expected: Manifest,
): Promise<void> => {
  const bundle = await openBundle(source);
  if (JSON.stringify(bundle.manifest) !== JSON.stringify(expected))
    throw new BundleDamaged('The bundle was replaced while it was read. Nothing was imported.');
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

/** The running supervisor may have been faster: it moves a complete import into a free place by itself. */
const wasPutInPlace = async (
  { disk, layout, id }: ImportInput,
  org: Org,
  manifest: Manifest,
): Promise<boolean> => {
  if ((await readPairing(disk, layout, id)).session) return false;
  const creds = await disk.read(layout.credentials(org), largestCredentialsBytes);
  return creds !== undefined && classify(creds).fingerprint === manifest.fingerprint;
};

/**
 * Puts the device of a checked bundle in place of `org` (by default the organization in the bundle). The
 * import is prepared in `.vigia/pairing/` and moved into place in one step; the previous directory is
 * archived.
 *
 * A crash at any moment leaves the old directory, or the new one, or the old one archived and the new one
 * ready for the next start or scan. Records do not change: a stopped session stays stopped. Every byte is
 * checked again. Rejects with `DiskFault`.
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
      `The bundle is for "${escapeName(org)}", which is not a valid id of an organization. Choose ` +
        'another one with --org.',
    );
  const destination = await checkDestination(input, org, manifest);
  if (!destination.ok) return destination;
  if (destination.same) return { ok: true, org, manifest, same: true, archived: undefined };

  const identities = createIdentities({ disk, layout, log: () => undefined });
  const known = await identities.read(manifest.fingerprint);
  const [ahead] = known ? aheadOf(known.counters, manifest.counters) : [];
  if (ahead !== undefined && !input.force) {
    return refuseBundle(
      'older_copy',
      `The bundle is an older copy than the last known one of its device: its ${ahead} is ` +
        `${manifest.counters[ahead] ?? 0}, and ${known?.counters[ahead] ?? 0} is known. Contacts would see ` +
        'messages that cannot be decrypted.',
    );
  }

  const begun: { swap?: true; archived?: string | undefined } = {};
  try {
    await unpack(
      disk,
      await makePairing(disk, layout, { org, id, startedAt: now(), imported: true }),
      source(),
      manifest,
    );
    if (
      (await destinationVersion(disk, layout, org)) !== destination.seen &&
      !(await wasPutInPlace(input, org, manifest))
    ) {
      throw new DestinationChanged(
        `"${org}" changed while the bundle was read. Nothing was imported; try again.`,
      );
    }
    // the scan need not wait until it is quiet, and an operator who forced an older copy has chosen it
    const inode = (await disk.stat(layout.pairingSession(id)))?.ino ?? 0;
    await identities.accept(manifest.fingerprint, { counters: manifest.counters, inode });
    begun.swap = true;
    if (destination.seen !== '') begun.archived = await archive.setAside(layout.organization(org), org);
    await putInPlace(disk, layout, id, org);
    await removePairing(disk, layout, id);
  } catch (error) {
    const isThere =
      begun.swap === true &&
      error instanceof DiskFault &&
      (await wasPutInPlace(input, org, manifest).catch(() => false));
    // Once the place may be free, the prepared import must stay: the next scan finishes it.
    // the first fault is the one to report
    if (isThere || !begun.swap) await removePairing(disk, layout, id).catch(() => undefined);
    if (error instanceof BundleDamaged) return refuseBundle('bundle_damaged', error.message);
    if (error instanceof DestinationChanged) return refuseBundle('changed_meanwhile', error.message);
    if (!isThere) throw error;
  }
  return { ok: true, org, manifest, same: false, archived: begun.archived };
};
