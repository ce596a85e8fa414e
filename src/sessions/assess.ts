import type { Found, Org, Stored } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';
import { DiskFault } from '../disk/disk.ts';
import type { Classified } from './credentials.ts';
import type { OnceLog } from './log-once.ts';
import {
  corruptAfterMs,
  largestCredentialsBytes,
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

type Assessment = { readonly stored: Stored } & Partial<Pick<Classified, 'fingerprint' | 'account'>>;

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

/** Tries to recover corrupt credentials. When that fails they stay corrupt, and the next scan tries again. */
const recovered = async (
  deps: AssessDeps,
  org: Org,
  { creds }: Remembered,
  facts: OrgFacts,
): Promise<Classified | undefined> => {
  if (facts.live || creds.size > largestCredentialsBytes) return undefined;
  try {
    const restored = await deps.recover(org, creds, await recordOf(deps, org, facts));
    if (!restored) return undefined;
    deps.observations.remember(org, restored.creds, restored.classified);
    deps.log('credentials.restored_from_backup', { org });
    return restored.classified;
  } catch (fault) {
    if (!(fault instanceof DiskFault)) throw fault;
    deps.once.log('credentials.backup_failed', org, { org, code: fault.code });
    return undefined;
  }
};

const unreadable = ({ once }: AssessDeps, org: Org, fault: DiskFault): Assessment => {
  once.log('credentials.unreadable', org, { org, code: fault.code });
  return { stored: 'unreadable' };
};

const assessFile = async (deps: AssessDeps, org: Org, facts: OrgFacts): Promise<Assessment> => {
  const { observations, once } = deps;
  const memory = observations.recall(org);
  if (!memory || (!memory.classified && memory.quietMs < settleMs)) return unsettled;
  const read = memory.classified ?? (await observations.read(org));
  if (!read) return unsettled;
  if (read instanceof DiskFault) return unreadable(deps, org, read);
  if (read.stored !== 'corrupt') {
    if (!memory.classified) for (const event of passing) once.forget(event, org);
    return read;
  }
  if (memory.unchangedMs < corruptAfterMs) return unsettled;
  const restored = await recovered(deps, org, memory, facts);
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
      return facts.loaded || facts.recorded ? { stored: 'absent' } : undefined;
    case 'notAFile':
      deps.once.log('credentials.not_a_file', org, { org, kind: observation.creds.kind });
      return { stored: 'corrupt' };
    case 'fault':
      return unreadable(deps, org, observation.fault);
    case 'file':
      return assessFile(deps, org, facts);
  }
};

export const createAssess =
  (deps: AssessDeps): Assess =>
  async (org, observation, facts) => {
    const assessment = await assessDirectory(deps, org, observation, facts);
    if (!assessment) return undefined;
    const { stored, fingerprint = '', account } = assessment;
    const read = facts.loaded ? absent : await recordOf(deps, org, facts);
    if (read.kind === 'unreadable') deps.once.log('record.unreadable', org, { org, code: read.code });
    return {
      org,
      stored,
      fingerprint,
      ...(account && { account }),
      ...(read.kind === 'record' && { record: read.record }),
      ...(read.kind === 'unreadable' && { recordUnreadable: true }),
    };
  };
