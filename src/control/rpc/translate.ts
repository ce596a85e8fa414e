/** Our words into the public ones: views become Sessions, epoch milliseconds become ISO 8601, reasons become sentences. */
import type { PairingUpdate, SessionView } from '../../../machines/domain/view.ts';
import type { Principal } from '../../keys/principal.ts';
import type { EventData } from '../../protocol/events.ts';
import { messageOfReason } from '../../protocol/reasons.ts';
import type { Session } from '../../protocol/session.ts';
import { sees } from '../access/authorize.ts';

/** Beyond it ISO 8601 needs a sign and six digits for the year, which most parsers refuse. */
const lastIsoMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** WhatsApp's own times arrive here too (the end of a ban): what lies outside 1970…9999 is shown as the nearest of them. */
export const iso = (ms: number): string => new Date(Math.min(Math.max(ms, 0), lastIsoMs)).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

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
  lastError: view.lastError && {
    reason: view.lastError.reason,
    message: messageOfReason(view.lastError.reason),
    ...(view.lastError.statusCode !== undefined && { statusCode: view.lastError.statusCode }),
    at: iso(view.lastError.at),
  },
  account: view.account && { id: view.account.id, name: view.account.name },
  duplicateOf: view.duplicateOf,
  pairing: view.pairing && { id: view.pairing.id, method: view.pairing.method, expiresAt: iso(view.pairing.expiresAt) },
});

/** As this key may see it: which other organization has the same identity is told only to who may see that one, too. */
export const sessionFor = (principal: Principal, view: SessionView): Session => sessionOf(discreet(principal, view));
const discreet = (principal: Principal, view: SessionView): SessionView =>
  view.duplicateOf === null || sees(principal, view.duplicateOf) ? view : { ...view, duplicateOf: null };

export const pairingDataOf = (update: PairingUpdate): EventData<'pairing.updated'> =>
  'expiresAt' in update ? { ...update, expiresAt: iso(update.expiresAt) } : { ...update };
