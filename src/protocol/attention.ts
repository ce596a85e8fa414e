/**
 * Whether a session needs a person now, and the one action that helps. This is the only place that decides
 * it: the API, the page and the CLI read the answer, and none derives it from reasons. Alerts name the same
 * actions, because both take their words from `reasonTexts` and `alertTexts`. They differ in one point: an
 * alert also fires for a failure that Vigía retries by itself.
 */
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import { alertTexts } from './alerts.ts';
import { reasonTexts } from './reasons.ts';
import type { Attention, AttentionAction } from './session.ts';

const actionOf: Readonly<Record<Lasting, AttentionAction>> = {
  revoked: 'pair',
  banned_temporarily: 'check_phone',
  locked: 'check_phone',
  wrong_account: 'pair',
  conflict: 'stop_other_program',
  older_copy: 'retry',
  creds_corrupt: 'pair',
  creds_lost: 'pair',
  storage: 'check_storage',
  crashed: 'retry',
  exhausted: 'retry',
  unknown: 'retry',
};
const isLasting = (reason: string): reason is Lasting => Object.hasOwn(actionOf, reason);

/** A failure that Vigía retries by itself at a known time needs no person. */
const ofFailure = ({ state, lastError, nextRetryAt }: SessionView): Attention | null => {
  if (state !== 'failed' || nextRetryAt !== null || lastError === null) return null;
  const { reason } = lastError;
  return isLasting(reason) ? { action: actionOf[reason], message: reasonTexts[reason].action } : null;
};

const mayNotReadOrWrite = ({ state, writable, credentials, lastError }: SessionView): boolean =>
  !writable ||
  (state === 'idle' && credentials === 'unreadable') ||
  (state === 'retrying' && lastError?.reason === 'storage');

/**
 * Null when no person is needed: it is well, Vigía retries it by itself, or an operator stopped it. A session
 * that was never linked needs none either, because an operator decides when it is paired.
 */
export const attentionOf = (view: SessionView): Attention | null => {
  if (view.desired === 'stopped' || view.state === 'pairing') return null;
  if (view.duplicateOf !== null)
    return {
      action: 'remove_duplicate',
      message: 'Two directories hold the same linked device. Remove one of them.',
    };
  if (mayNotReadOrWrite(view))
    return { action: 'check_storage', message: alertTexts.StorageUnwritable.action };
  if (view.liveness === 'deaf') return { action: 'restart', message: alertTexts.SessionDeaf.action };
  return ofFailure(view);
};
