/**
 * Translates internal values to those of the protocol: views to Sessions, epoch milliseconds to ISO 8601,
 * reasons to messages.
 */
import type { LastError, PairingUpdate, SessionView } from '../../../machines/domain/view.ts';
import type { Principal } from '../../keys/principal.ts';
import { attentionOf } from '../../protocol/attention.ts';
import type { EventData } from '../../protocol/events.ts';
import { messageOfReason } from '../../protocol/reasons.ts';
import type { Session } from '../../protocol/session.ts';
import { canSee } from '../access/authorize.ts';

/** After this time ISO 8601 needs a sign and six digits for the year, which most parsers reject. */
const lastIsoMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/**
 * WhatsApp's own times come here too, such as the end of a ban. A time outside 1970…9999 is moved to the
 * nearest end of that span.
 */
export const iso = (ms: number): string => new Date(Math.min(Math.max(ms, 0), lastIsoMs)).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

const lastErrorOf = ({ reason, statusCode, at }: LastError): Session['lastError'] => ({
  reason,
  message: messageOfReason(reason),
  statusCode,
  at: iso(at),
});

export const sessionOf = (view: SessionView): Session => ({
  orgId: view.org,
  state: view.state,
  step: view.step,
  desired: view.desired,
  credentials: view.credentials,
  liveness: view.liveness,
  revision: view.revision,
  since: iso(view.since),
  attempt: view.attempt,
  maxAttempts: view.maxAttempts,
  nextRetryAt: isoOrNull(view.nextRetryAt),
  lastConnectedAt: isoOrNull(view.lastConnectedAt),
  lastError: view.lastError && lastErrorOf(view.lastError),
  account: view.account && { id: view.account.id, name: view.account.name },
  duplicateOf: view.duplicateOf,
  pairing: view.pairing && {
    id: view.pairing.id,
    method: view.pairing.method,
    expiresAt: iso(view.pairing.expiresAt),
  },
  attention: attentionOf(view),
});

/** The session as this key may see it: without the name of another organization that it may not see. */
export const sessionFor = (principal: Principal, view: SessionView): Session => {
  const isVisible = view.duplicateOf === null || canSee(principal, view.duplicateOf);
  const session = sessionOf(view);
  return isVisible ? session : { ...session, duplicateOf: null };
};

export const pairingDataOf = (update: PairingUpdate): EventData<'pairing.updated'> =>
  'expiresAt' in update ? { ...update, expiresAt: iso(update.expiresAt) } : { ...update };
