import type { Lasting } from '../../../machines/domain/disconnect.ts';
import type { RecordRead } from '../record-file.ts';

/**
 * Whether a session with this verdict may open a socket without a command: for a probe, after a ban, or when
 * its duplicate goes.
 */
const comesBackByItself: Readonly<Record<Lasting, boolean>> = {
  revoked: false,
  banned_temporarily: true,
  locked: false,
  conflict: true,
  older_copy: false,
  creds_corrupt: false,
  creds_lost: false,
  storage: true,
  crashed: false,
  exhausted: true,
  unknown: false,
  wrong_account: false,
};

/**
 * Whether a running supervisor leaves the directory of this organization alone: it was stopped, or it failed
 * permanently. The record is durable before a stop is answered, so it can be trusted. Without a record the
 * session may start at any moment.
 */
export const isAtRest = (read: RecordRead): boolean => {
  if (read.kind !== 'record') return false;
  const { desired, verdict } = read.record;
  return desired === 'stopped' || (verdict !== undefined && !comesBackByItself[verdict.reason]);
};
