import type { Found, Org, Stored } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';
import { DiskFault } from '../disk/disk.ts';
import type { Classified } from './credentials.ts';
import type { Once } from './log-once.ts';
import { corruptAfterMs, type Look, type Looks, largestCredentialsBytes, type Remembered, settleMs } from './observations.ts';
import type { RecordRead } from './record-file.ts';
import type { Records } from './records.ts';
import type { Recover } from './recovery.ts';

export interface JudgeInput {
  readonly looks: Looks;
  readonly records: Records;
  /** For corrupt credentials of an organization without a socket. */
  readonly recover: Recover;
  readonly once: Once;
  readonly log: WriteLog;
}
export interface Standing {
  readonly loaded: boolean;
  readonly live: boolean;
  /** It has a record. */
  readonly recorded: boolean;
}
/** Says what an organization's directory is worth after the looks at it; undefined when it is not a session. Never rejects. */
export type Judge = (org: Org, look: Look, standing: Standing) => Promise<Found | undefined>;

type Judged = { readonly stored: Stored } & Partial<Pick<Classified, 'fingerprint' | 'account'>>;

const absent: RecordRead = { kind: 'absent' };
const unsettled: Judged = { stored: 'unsettled' };
/** What is no longer so once credentials are sound. */
const passing: readonly LogEvent[] = ['credentials.corrupt', 'credentials.unreadable', 'credentials.not_a_file', 'credentials.too_large'];

export const createJudge = ({ looks, records, recover, once, log }: JudgeInput): Judge => {
  const recordOf = (org: Org, { recorded }: Standing): Promise<RecordRead> => (recorded ? records.read(org) : Promise.resolve(absent));

  const recovered = async (org: Org, { creds }: Remembered, standing: Standing): Promise<Classified | undefined> => {
    if (standing.live || creds.size > largestCredentialsBytes) return undefined;
    try {
      const restored = await recover(org, creds, await recordOf(org, standing));
      if (!restored) return undefined;
      looks.know(org, restored.creds, restored.classified);
      log('credentials.restored_from_backup', { org });
      return restored.classified;
    } catch (fault) {
      if (!(fault instanceof DiskFault)) throw fault;
      once.log('credentials.backup_failed', org, { org, code: fault.code });
      return undefined; // it stays corrupt, and the next scan tries again
    }
  };

  const unreadable = (org: Org, fault: DiskFault): Judged => {
    once.log('credentials.unreadable', org, { org, code: fault.code });
    return { stored: 'unreadable' };
  };

  const judgeFile = async (org: Org, standing: Standing): Promise<Judged> => {
    const memory = looks.recall(org);
    if (!memory || (!memory.classified && memory.quietMs < settleMs)) return unsettled;
    const read = memory.classified ?? (await looks.read(org));
    if (!read) return unsettled;
    if (read instanceof DiskFault) return unreadable(org, read);
    if (read.stored !== 'corrupt') {
      if (!memory.classified) for (const message of passing) once.forget(message, org);
      return read;
    }
    if (memory.unchangedMs < corruptAfterMs) return unsettled;
    const restored = await recovered(org, memory, standing);
    if (restored) return restored;
    once.log(memory.creds.size > largestCredentialsBytes ? 'credentials.too_large' : 'credentials.corrupt', org, { org });
    return read;
  };

  const judge = async (org: Org, look: Look, standing: Standing): Promise<Judged | undefined> => {
    switch (look.kind) {
      case 'nothing':
        return undefined;
      case 'symlink':
        once.log('directory.symlink', org, { org });
        return undefined;
      case 'empty':
        // Without a record it may be anything at all, and is none of our business.
        return standing.loaded || standing.recorded ? { stored: 'absent' } : undefined;
      case 'notAFile':
        once.log('credentials.not_a_file', org, { org, kind: look.creds.kind });
        return { stored: 'corrupt' };
      case 'fault':
        return unreadable(org, look.fault);
      case 'file':
        return judgeFile(org, standing);
    }
  };

  return async (org, look, standing) => {
    const judged = await judge(org, look, standing);
    if (!judged) return undefined;
    const { stored, fingerprint = '', account } = judged;
    const kept = standing.loaded ? absent : await recordOf(org, standing);
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
