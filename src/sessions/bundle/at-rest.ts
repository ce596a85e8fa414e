import type { Lasting } from '../../../machines/domain/disconnect.ts';
import type { RecordRead } from '../record-file.ts';

/** Whether a session with this verdict may open a socket without being told: a probe, the end of a ban, its twin that goes. */
const comesBackByItself: Readonly<Record<Lasting, boolean>> = {
  revoked: false,
  banned_temporarily: true,
  locked: false,
  conflict: true,
  creds_corrupt: false,
  creds_lost: false,
  storage: true,
  crashed: false,
  exhausted: true,
  unknown: false,
  wrong_account: false,
};

/**
 * Whether a supervisor at work leaves the directory of this organization alone: it was stopped, or failed for good. The record is
 * durable before a stop is answered, so what it says is so. Without a record nothing was ever said, and it may be taken up any moment.
 */
export const isAtRest = (read: RecordRead): boolean => {
  if (read.kind !== 'record') return false;
  const { desired, verdict } = read.record;
  return desired === 'stopped' || (verdict !== undefined && !comesBackByItself[verdict.reason]);
};
