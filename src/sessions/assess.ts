import type { Found, Org, Stored } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';
import { DiskFault } from '../disk/disk.ts';
import type { Classified } from './credentials.ts';
import type { Once } from './log-once.ts';
import {
  corruptAfterMs,
  largestCredentialsBytes,
  type Observation,
  type Observations,
  type RememberedObservation,
  settleMs,
} from './observations.ts';
import type { RecordRead } from './record-file.ts';
import type { Records } from './records.ts';
import type { Recover } from './recovery.ts';

export interface AssessDeps {
  readonly observations: Observations;
  readonly records: Records;
  /** For corrupt credentials of an organization without a socket. */
  readonly recover: Recover;
  readonly once: Once;
  readonly log: WriteLog;
}
export interface AssessContext {
  readonly loaded: boolean;
  readonly live: boolean;
  /** It has a record. */
  readonly recorded: boolean;
}
/** Says what an organization's directory is worth after the looks at it; undefined when it is not a session. Never rejects. */
export type Assess = (org: Org, observation: Observation, known: AssessContext) => Promise<Found | undefined>;

type Assessment = { readonly stored: Stored } & Partial<Pick<Classified, 'fingerprint' | 'account'>>;

const absent: RecordRead = { kind: 'absent' };
const unsettled: Assessment = { stored: 'unsettled' };
/** What is no longer so once credentials are sound. */
const passing: readonly LogEvent[] = ['credentials.corrupt', 'credentials.unreadable', 'credentials.not_a_file', 'credentials.too_large'];

export const createAssess = ({ observations, records, recover, once, log }: AssessDeps): Assess => {
  const recordOf = (org: Org, { recorded }: AssessContext): Promise<RecordRead> => (recorded ? records.read(org) : Promise.resolve(absent));

  const recovered = async (org: Org, { creds }: RememberedObservation, known: AssessContext): Promise<Classified | undefined> => {
    if (known.live || creds.size > largestCredentialsBytes) return undefined;
    try {
      const restored = await recover(org, creds, await recordOf(org, known));
      if (!restored) return undefined;
      observations.know(org, restored.creds, restored.classified);
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

  const assessFile = async (org: Org, known: AssessContext): Promise<Assessment> => {
    const memory = observations.recall(org);
    if (!memory || (!memory.classified && memory.quietMs < settleMs)) return unsettled;
    const read = memory.classified ?? (await observations.read(org));
    if (!read) return unsettled;
    if (read instanceof DiskFault) return unreadable(org, read);
    if (read.stored !== 'corrupt') {
      if (!memory.classified) for (const message of passing) once.forget(message, org);
      return read;
    }
    if (memory.unchangedMs < corruptAfterMs) return unsettled;
    const restored = await recovered(org, memory, known);
    if (restored) return restored;
    once.log(memory.creds.size > largestCredentialsBytes ? 'credentials.too_large' : 'credentials.corrupt', org, { org });
    return read;
  };

  const assess = async (org: Org, observation: Observation, known: AssessContext): Promise<Assessment | undefined> => {
    switch (observation.kind) {
      case 'nothing':
        return undefined;
      case 'symlink':
        once.log('directory.symlink', org, { org });
        return undefined;
      case 'empty':
        // Without a record it may be anything at all, and is none of our business.
        return known.loaded || known.recorded ? { stored: 'absent' } : undefined;
      case 'notAFile':
        once.log('credentials.not_a_file', org, { org, kind: observation.creds.kind });
        return { stored: 'corrupt' };
      case 'fault':
        return unreadable(org, observation.fault);
      case 'file':
        return assessFile(org, known);
    }
  };

  return async (org, observation, known) => {
    const assessment = await assess(org, observation, known);
    if (!assessment) return undefined;
    const { stored, fingerprint = '', account } = assessment;
    const kept = known.loaded ? absent : await recordOf(org, known);
    if (kept.kind === 'unreadable') once.log('record.unreadable', org, { org, code: kept.code });
    return {
      org,
      stored,
      fingerprint,
      ...(account && { account }),
      ...(kept.kind === 'record' && { record: kept.record }),
      ...(kept.kind === 'unreadable' && { recordUnreadable: true }),
    };
  };
};
