import { isBehind } from '../../machines/domain/counters.ts';
import type { Found, Org, Stored } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';
import { DiskFault, type Stat } from '../disk/disk.ts';
import type { CountedCredentials } from './counters.ts';
import type { Identities } from './identities.ts';
import { largestCredentialsBytes } from './layout.ts';
import type { OnceLog } from './log-once.ts';
import {
  corruptAfterMs,
  type Observation,
  type Observations,
  type Remembered,
  settleMs,
} from './observations.ts';
import type { RecordRead } from './record-file.ts';
import type { Records } from './records.ts';
import type { Recover } from './recovery.ts';

export interface AssessDeps {
  readonly observations: Observations;
  readonly records: Records;
  /** Called for corrupt credentials of an organization without a socket. */
  readonly recover: Recover;
  readonly once: OnceLog;
  readonly log: WriteLog;
  readonly identities: Identities;
  /** Epoch milliseconds, by the clock of the files. */
  readonly now: () => number;
  /** A directory that changed within this time may still be copied. */
  readonly wholeAfterMs: number;
}
/** What is known of an organization besides its directory. */
export interface OrgFacts {
  /** The supervisor has it. */
  readonly loaded: boolean;
  /** It has a socket. */
  readonly live: boolean;
  /** It has a record. */
  readonly recorded: boolean;
}
/**
 * Decides what the directory of an organization is worth; `undefined` when it is not a session. Never
 * rejects.
 */
export type Assess = (org: Org, observation: Observation, facts: OrgFacts) => Promise<Found | undefined>;

type Assessment = { readonly stored: Stored } & Partial<
  Pick<CountedCredentials, 'fingerprint' | 'account' | 'counters'>
>;
type FileObservation = Extract<Observation, { kind: 'file' }>;

const absent: RecordRead = { kind: 'absent' };
const unsettled: Assessment = { stored: 'unsettled' };
/** Events that no longer apply once the credentials are sound. */
const passing: readonly LogEvent[] = [
  'credentials.corrupt',
  'credentials.unreadable',
  'credentials.not_a_file',
  'credentials.too_large',
];

const recordOf = async ({ records }: AssessDeps, org: Org, { recorded }: OrgFacts): Promise<RecordRead> =>
  recorded ? records.read(org) : absent;

/**
 * Tries to put the backup in place of credentials that are damaged or gone (`creds` undefined). When that
 * fails they stay as they are, and the next scan tries again.
 */
const recovered = async (
  deps: AssessDeps,
  org: Org,
  creds: Stat | undefined,
  directory: Stat,
  facts: OrgFacts,
): Promise<CountedCredentials | undefined> => {
  if (facts.live || (creds?.size ?? 0) > largestCredentialsBytes) return undefined;
  try {
    const restored = await deps.recover(org, creds, await recordOf(deps, org, facts));
    if (!restored) return undefined;
    const { classified } = restored;
    deps.observations.remember(org, restored.creds, classified);
    const { fingerprint, counters } = classified;
    await deps.identities.accept(fingerprint, { counters, inode: directory.ino });
    deps.log('credentials.restored_from_backup', { org });
    return classified;
  } catch (fault) {
    if (!(fault instanceof DiskFault)) throw fault;
    deps.once.log('credentials.backup_failed', org, { org, code: fault.code });
    return undefined;
  }
};

/**
 * A directory without creds.json, while its record knows the identity of its backup. It may be the middle of
 * a copy, so it must have been quiet.
 */
const recoveredMissing = async (
  deps: AssessDeps,
  org: Org,
  directory: Stat,
  facts: OrgFacts,
): Promise<CountedCredentials | undefined> => {
  // a time in the future says as little as a recent one, until it is far off
  if (!facts.recorded || Math.abs(deps.now() - directory.mtimeMs) < deps.wholeAfterMs) return undefined;
  const read = await recordOf(deps, org, facts);
  if (read.kind !== 'record' || read.record.fingerprint === '') return undefined;
  return recovered(deps, org, undefined, directory, facts);
};

const unreadable = ({ once }: AssessDeps, org: Org, fault: DiskFault): Assessment => {
  once.log('credentials.unreadable', org, { org, code: fault.code });
  return { stored: 'unreadable' };
};

/**
 * Whether no program is copying the directory any more: copying tools often write creds.json first, and a
 * login without the keys that follow cannot read its messages. Quiet for a while, by our own observation or
 * by the times of the files; or the directory that logged in before, or that an import made.
 */
const isWhole = async (
  deps: AssessDeps,
  { directory, creds }: FileObservation,
  { quietMs, hasChanged }: Remembered,
  { fingerprint, counters }: CountedCredentials,
): Promise<boolean> => {
  if (quietMs >= deps.wholeAfterMs) return true;
  const age = deps.now() - Math.max(directory.mtimeMs, creds.mtimeMs);
  if (!hasChanged && age >= deps.wholeAfterMs) return true;
  const known = await deps.identities.read(fingerprint, 'again');
  if (known?.inode !== directory.ino || isBehind(counters, known.counters)) return false;
  return !hasChanged || !isBehind(known.counters, counters);
};

/** The identity of credentials that must not log in yet: an older copy beside them has to wait for them. */
const provisional = ({ stored, fingerprint, counters, account }: CountedCredentials): Assessment =>
  stored === 'restorable'
    ? { stored: 'unsettled', fingerprint, counters, ...(account && { account }) }
    : unsettled;

const assessUnquiet = async (deps: AssessDeps, org: Org, memory: Remembered): Promise<Assessment> => {
  if (memory.unchangedMs < settleMs) return unsettled;
  const read = await deps.observations.read(org, () => false);
  return read === undefined || read instanceof DiskFault ? unsettled : provisional(read);
};

const assessFile = async (
  deps: AssessDeps,
  org: Org,
  observation: FileObservation,
  facts: OrgFacts,
): Promise<Assessment> => {
  const { observations, once } = deps;
  const memory = observations.recall(org);
  if (!memory) return unsettled;
  if (!memory.classified && memory.quietMs < settleMs) return assessUnquiet(deps, org, memory);
  const read = memory.classified ?? (await observations.read(org));
  if (!read) return unsettled;
  if (read instanceof DiskFault) return unreadable(deps, org, read);
  if (read.stored !== 'corrupt') {
    if (!memory.classified) for (const event of passing) once.forget(event, org);
    if (read.stored !== 'restorable' || observations.isWhole(org)) return read;
    if (!facts.live && !(await isWhole(deps, observation, memory, read))) return provisional(read);
    observations.noteWhole(org);
    return read;
  }
  if (memory.unchangedMs < corruptAfterMs) return unsettled;
  const restored = await recovered(deps, org, memory.creds, observation.directory, facts);
  if (restored) return restored;
  const isTooLarge = memory.creds.size > largestCredentialsBytes;
  if (isTooLarge) once.log('credentials.too_large', org, { org });
  else once.log('credentials.corrupt', org, { org, why: read.because ?? null });
  return read;
};

const assessDirectory = async (
  deps: AssessDeps,
  org: Org,
  observation: Observation,
  facts: OrgFacts,
): Promise<Assessment | undefined> => {
  switch (observation.kind) {
    case 'nothing':
      return undefined;
    case 'symlink':
      deps.once.log('directory.symlink', org, { org });
      return undefined;
    case 'empty':
      // Without a record the directory may belong to any other program.
      if (!facts.loaded && !facts.recorded) return undefined;
      return (await recoveredMissing(deps, org, observation.directory, facts)) ?? { stored: 'absent' };
    case 'notAFile':
      deps.once.log('credentials.not_a_file', org, { org, kind: observation.creds.kind });
      return { stored: 'corrupt' };
    case 'fault':
      return unreadable(deps, org, observation.fault);
    case 'file':
      return assessFile(deps, org, observation, facts);
  }
};

const isKnownToBeBehind = async (
  { identities }: AssessDeps,
  { fingerprint, counters }: Assessment,
): Promise<boolean> => {
  const known = fingerprint && (await identities.read(fingerprint));
  return Boolean(known && counters && isBehind(counters, known.counters));
};

export const createAssess =
  (deps: AssessDeps): Assess =>
  async (org, observation, facts) => {
    const assessment = await assessDirectory(deps, org, observation, facts);
    if (!assessment) return undefined;
    const { stored, fingerprint = '', account, counters } = assessment;
    const digest = fingerprint === '' ? undefined : deps.observations.recall(org)?.digest;
    const behind = stored === 'restorable' && !facts.live && (await isKnownToBeBehind(deps, assessment));
    const read = facts.loaded ? absent : await recordOf(deps, org, facts);
    if (read.kind === 'unreadable') deps.once.log('record.unreadable', org, { org, code: read.code });
    return {
      org,
      stored,
      fingerprint,
      ...(fingerprint !== '' && counters && { counters }),
      ...(digest !== undefined && { digest }),
      ...(behind && { behind }),
      ...(account && { account }),
      ...(read.kind === 'record' && { record: read.record }),
      ...(read.kind === 'unreadable' && { recordUnreadable: true }),
    };
  };
