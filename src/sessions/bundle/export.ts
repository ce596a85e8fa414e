import { join } from 'node:path';
import type { Org } from '../../../machines/domain/ports.ts';
import { type Disk, DiskFault } from '../../disk/disk.ts';
import type { Layout } from '../layout.ts';
import type { Records } from '../records.ts';
import { isAtRest } from './at-rest.ts';
import { ChangedMeanwhile, type Manifest, writeBundle } from './format.ts';
import { type BundleRefusal, refuseBundle } from './refusal.ts';
import { type Survey, surveyDirectory } from './survey.ts';

export interface ExportInput {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly records: Records;
  readonly now: () => number;
  readonly build: string;
  /** Masks most digits of an account's id. */
  readonly mask: (accountId: string) => string;
  /** A supervisor runs in this directory. */
  readonly supervised: boolean;
}
export interface Exported {
  readonly ok: true;
  readonly manifest: Manifest;
  /** Names of entries that are no regular files. They are not exported. */
  readonly leftOut: readonly string[];
  /** Throws `ChangedMeanwhile` or `DiskFault`; then the bytes written so far are worthless. */
  readonly content: () => AsyncGenerator<Buffer>;
}

const stopFirst = (org: Org): BundleRefusal =>
  refuseBundle(
    'running',
    `"${org}" may be running: a copy of credentials in use is worthless. Stop it first (vigia stop ${org}).`,
  );

const survey = async (disk: Disk, layout: Layout, org: Org): Promise<Survey | BundleRefusal> => {
  const directory = layout.organization(org);
  if ((await disk.stat(directory))?.kind !== 'directory')
    return refuseBundle('unknown_organization', `There is no directory ${directory}.`);
  try {
    return (
      (await surveyDirectory(disk, directory)) ??
      refuseBundle('not_restorable', `${directory} holds no linked device; vigia doctor shows what it holds.`)
    );
  } catch (fault) {
    if (!(fault instanceof DiskFault) || fault.code !== 'ENOENT') throw fault;
    return refuseBundle(
      'changed_meanwhile',
      `Files in ${directory} appear and disappear: another program works there. Stop it first.`,
    );
  }
};

/**
 * Copies one organization, and checks that its files did not change meanwhile: every file is read twice, and
 * must be equal both times. `creds.json` comes last. Rejects with `DiskFault`.
 */
export const exportSession = async (input: ExportInput, org: Org): Promise<Exported | BundleRefusal> => {
  const { disk, layout, records, supervised } = input;
  const directory = layout.organization(org);
  const record = await records.read(org);
  if (supervised && (await disk.stat(directory)) && !isAtRest(record)) return stopFirst(org);
  const seen = await survey(disk, layout, org);
  if ('ok' in seen) return seen;
  const { fingerprint, account, counters, credentialsChangedAt, newestChangeAt, files, leftOut } = seen;
  const kept = record.kind === 'record' ? record.record : undefined;
  const manifest: Manifest = {
    format: 1,
    org,
    fingerprint,
    account: input.mask(account.id),
    createdAt: input.now(),
    build: input.build,
    counters: { ...counters },
    credentialsChangedAt,
    newestChangeAt,
    lastConnectedAt: kept?.lastConnectedAt ?? null,
    recordRevision: kept?.revision ?? null,
    files: [...files],
  };
  const stillThat = async (): Promise<void> => {
    const again = await surveyDirectory(disk, directory);
    const isSame = again && JSON.stringify(again.files) === JSON.stringify(files);
    if (isSame && !(supervised && !isAtRest(await records.read(org)))) return;
    throw new ChangedMeanwhile(
      `"${org}" was started again, or its files changed, during the copy; the copy was discarded. Stop ` +
        'it and try again.',
    );
  };
  return {
    ok: true,
    manifest,
    leftOut,
    content: async function* () {
      yield* writeBundle(
        manifest,
        async ({ name }) => (await disk.read(join(directory, name))) ?? Buffer.alloc(0),
      );
      await stillThat();
    },
  };
};
