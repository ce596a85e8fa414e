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

export const createAssess = ({ observations, records, recover, once, log }: AssessDeps): Assess => {
  const recordOf = async (org: Org, { recorded }: OrgFacts): Promise<RecordRead> =>
    recorded ? records.read(org) : absent;

  const recovered = async (
    org: Org,
    { creds }: Remembered,
    facts: OrgFacts,
  ): Promise<Classified | undefined> => {
    if (facts.live || creds.size > largestCredentialsBytes) return undefined;
    try {
      const restored = await recover(org, creds, await recordOf(org, facts));
      if (!restored) return undefined;
      observations.remember(org, restored.creds, restored.classified);
      log('credentials.restored_from_backup', { org });
      return restored.classified;
    } catch (fault) {
      if (!(fault instanceof DiskFault)) throw fault;
      once.log('credentials.backup_failed', org, { org, code: fault.code });
      return undefined; // it stays corrupt, and the next scan tries again
    }
  };

  const unreadable = (org: Org, fault: DiskFault): Assessment => {
    once.log('credentials.unreadable', org, { org, code: fault.code });
    return { stored: 'unreadable' };
  };

  const assessFile = async (org: Org, facts: OrgFacts): Promise<Assessment> => {
    const memory = observations.recall(org);
    if (!memory || (!memory.classified && memory.quietMs < settleMs)) return unsettled;
    const read = memory.classified ?? (await observations.read(org));
    if (!read) return unsettled;
    if (read instanceof DiskFault) return unreadable(org, read);
    if (read.stored !== 'corrupt') {
      if (!memory.classified) for (const event of passing) once.forget(event, org);
      return read;
    }
    if (memory.unchangedMs < corruptAfterMs) return unsettled;
    const restored = await recovered(org, memory, facts);
    if (restored) return restored;
    once.log(
      memory.creds.size > largestCredentialsBytes ? 'credentials.too_large' : 'credentials.corrupt',
      org,
      { org },
    );
    return read;
  };

  const assess = async (
    org: Org,
    observation: Observation,
    facts: OrgFacts,
  ): Promise<Assessment | undefined> => {
    switch (observation.kind) {
      case 'nothing':
        return undefined;
      case 'symlink':
        once.log('directory.symlink', org, { org });
        return undefined;
      case 'empty':
        // Without a record the directory may belong to any other program.
        return facts.loaded || facts.recorded ? { stored: 'absent' } : undefined;
      case 'notAFile':
        once.log('credentials.not_a_file', org, { org, kind: observation.creds.kind });
        return { stored: 'corrupt' };
      case 'fault':
        return unreadable(org, observation.fault);
      case 'file':
        return assessFile(org, facts);
    }
  };

  return async (org, observation, facts) => {
    const assessment = await assess(org, observation, facts);
    if (!assessment) return undefined;
    const { stored, fingerprint = '', account } = assessment;
    const read = facts.loaded ? absent : await recordOf(org, facts);
    if (read.kind === 'unreadable') once.log('record.unreadable', org, { org, code: read.code });
    return {
      org,
      stored,
      fingerprint,
      ...(account && { account }),
      ...(read.kind === 'record' && { record: read.record }),
      ...(read.kind === 'unreadable' && { recordUnreadable: true }),
    };
  };
};
