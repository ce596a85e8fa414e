import type { Org } from '../../../machines/domain/ports.ts';
import { inBatches } from '../../base/batches.ts';
import { isSameFile, versionOf } from '../../base/file-identity.ts';
import { type Disk, DiskFault, type Stat } from '../../disk/disk.ts';
import { classify } from '../credentials.ts';
import { escapeName, foldsOnto, parseOrg } from '../ids.ts';
import { credentialsName, type Layout, largestCredentialsBytes } from '../layout.ts';
import { readPairing } from '../pairing-directory.ts';
import type { Records } from '../records.ts';
import { isAtRest } from './at-rest.ts';
import { compareCopies } from './compare.ts';
import type { Manifest } from './format.ts';
import { type BundleRefusal, refuseBundle } from './refusal.ts';
import { surveyDirectory } from './survey.ts';

export interface DestinationDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly records: Records;
  /** A supervisor runs in this directory. */
  readonly supervised: boolean;
  readonly force: boolean;
  readonly wait: (ms: number) => Promise<void>;
}
/** The destination as it was checked. It must still be the same when the bundle is moved there. */
export interface Destination {
  readonly ok: true;
  /** The destination already holds exactly this device. */
  readonly same: boolean;
  /** Version of the directory and its creds.json; '' when there is none. */
  readonly seen: string;
}

/** Another directory with credentials of this device. Reads all directories; an unreadable one is skipped. */
const holderOf = async (
  { disk, layout, wait }: DestinationDeps,
  fingerprint: string,
  except: Org,
): Promise<Org | undefined> => {
  let holder: Org | undefined;
  const orgs = ((await disk.list(layout.root)) ?? []).filter(
    (name) => parseOrg(name) !== undefined && name !== except,
  );
  await inBatches(orgs, wait, async (org) => {
    try {
      // a scan also skips a symlink
      if ((await disk.stat(layout.organization(org)))?.kind !== 'directory') return;
      const stat = await disk.stat(layout.credentials(org));
      if (holder !== undefined || stat?.kind !== 'file' || stat.size > largestCredentialsBytes) return;
      const bytes = await disk.read(layout.credentials(org));
      if (bytes && classify(bytes).fingerprint === fingerprint) holder = org;
    } catch (fault) {
      if (!(fault instanceof DiskFault)) throw fault;
    }
  });
  return holder;
};

/** On a disk that folds case the destination may be the directory of another organization. */
const otherSpelling = async ({ disk, layout }: DestinationDeps, org: Org): Promise<Org | undefined> => {
  const other = foldsOnto(
    org,
    ((await disk.list(layout.root)) ?? []).filter((name) => parseOrg(name) !== undefined),
  );
  if (other === undefined) return undefined;
  const [mine, theirs] = [
    await disk.stat(layout.organization(org)),
    await disk.stat(layout.organization(other)),
  ];
  return isSameFile(mine, theirs) ? other : undefined;
};

const isBeingPaired = async ({ disk, layout, supervised }: DestinationDeps, org: Org): Promise<boolean> => {
  if (!supervised) return false;
  for (const id of ((await disk.list(layout.pairing)) ?? []).filter((name) => parseOrg(name) !== undefined)) {
    const { note } = await readPairing(disk, layout, id);
    if (note?.org === org && !note.imported) return true;
  }
  return false;
};

export const destinationVersion = async (disk: Disk, layout: Layout, org: Org): Promise<string> => {
  const directory = await disk.stat(layout.organization(org));
  const creds = directory?.kind === 'directory' ? await disk.stat(layout.credentials(org)) : undefined;
  const sign = (stat: Stat | undefined): string => (stat ? versionOf(stat) : '');
  return directory ? `${sign(directory)}/${sign(creds)}` : '';
};

/**
 * Decides whether the device of the bundle may replace the organization, and if not, why. Changes nothing.
 * Rejects with `DiskFault`.
 */
export const checkDestination = async (
  input: DestinationDeps,
  org: Org,
  manifest: Manifest,
): Promise<Destination | BundleRefusal> => {
  const { disk, layout, records, supervised, force } = input;
  const spelled = await otherSpelling(input, org);
  if (spelled !== undefined)
    return refuseBundle(
      'name_taken',
      `"${org}" and the existing "${escapeName(spelled)}" are the same directory on this disk.`,
    );
  const holder = await holderOf(input, manifest.fingerprint, org);
  if (holder !== undefined) {
    return refuseBundle(
      'identity_elsewhere',
      `"${holder}" already has this linked device, and two logins of one device end each other. Move ` +
        `"${holder}" out first.`,
    );
  }
  if (await isBeingPaired(input, org))
    return refuseBundle('pairing', `A pairing of "${org}" is in progress. End it first (vigia stop ${org}).`);
  const directory = layout.organization(org);
  const seen = await destinationVersion(disk, layout, org);
  const stat = await disk.stat(directory);
  if (!stat) return { ok: true, same: false, seen };
  const record = await records.read(org);
  if (supervised && !isAtRest(record))
    return refuseBundle('running', `"${org}" may be running. Stop it first (vigia stop ${org}).`);
  if (stat.kind !== 'directory')
    return force
      ? { ok: true, same: false, seen }
      : refuseBundle('occupied', `${directory} is a ${stat.kind}.`);

  const here = await surveyDirectory(disk, directory);
  if (!here) {
    const names = (await disk.list(directory)) ?? [];
    if (names.length === 0 || force) return { ok: true, same: false, seen };
    const what = names.includes(credentialsName)
      ? 'credentials that cannot log in'
      : `${names.length} files and no credentials`;
    return refuseBundle('occupied', `"${org}" holds ${what}.`);
  }
  if (here.fingerprint !== manifest.fingerprint) {
    return force
      ? { ok: true, same: false, seen }
      : refuseBundle('another_identity', `"${org}" holds another linked device than the bundle.`);
  }
  const lastConnectedAt = record.kind === 'record' ? (record.record.lastConnectedAt ?? null) : null;
  const compared = compareCopies({ ...here, counters: { ...here.counters }, lastConnectedAt }, manifest);
  if (compared.is === 'older' && !force) {
    return refuseBundle(
      'older_copy',
      `The bundle is an older copy than what "${org}" holds: ${compared.because}. Contacts would see ` +
        'messages that cannot be decrypted.',
    );
  }
  return { ok: true, same: compared.is === 'same', seen };
};
