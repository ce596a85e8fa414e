/** The one action that a row offers, by what the session is and what the key may do. */
import type { Scope } from '../../protocol/scopes.ts';
import { isUnlinked } from './appearance.ts';
import type { Organization } from './organization.ts';

export type Help =
  /** A command that Vigía carries out here and now. */
  | {
      readonly kind: 'command';
      readonly label: 'retry' | 'check_phone' | 'stop_other_program' | 'session.restore';
      readonly method: 'session.retry' | 'session.restore';
      readonly force: boolean;
    }
  /** Opens the pairing dialog. */
  | { readonly kind: 'pair'; readonly label: 'pair' | 'showQr' | 'session.pair' }
  /** Opens the organization, where the whole advice stands. */
  | { readonly kind: 'open' };

export interface Circumstances {
  readonly may: (scope: Scope) => boolean;
  /** Commands that need WhatsApp are not offered during an outage. */
  readonly isOutage: boolean;
}
const open: Help = { kind: 'open' };
const retry: Help = { kind: 'command', label: 'retry', method: 'session.retry', force: false };
const restore: Help = { kind: 'command', label: 'session.restore', method: 'session.restore', force: false };
const solved: Help = { kind: 'command', label: 'check_phone', method: 'session.restore', force: true };
const otherStopped: Help = { ...retry, label: 'stop_other_program' };

const wantedOf = ({ look, session }: Organization): Help | undefined => {
  switch (session.attention?.action) {
    case 'pair':
      return { kind: 'pair', label: 'pair' };
    case 'retry':
      return retry;
    case 'check_phone':
      return solved;
    case 'stop_other_program':
      return otherStopped;
    case undefined:
      break;
    default:
      return open;
  }
  if (look === 'pair') return { kind: 'pair', label: 'showQr' };
  // an earlier login makes a ban worse
  if (look === 'wait' || look === 'held')
    return session.lastError?.reason === 'banned_temporarily' ? undefined : retry;
  if (look === 'stop') return restore;
  return look === 'none' && isUnlinked(session) ? { kind: 'pair', label: 'session.pair' } : undefined;
};
const isAllowed = (help: Help, may: Circumstances['may']): boolean => {
  if (help.kind === 'open') return true;
  return may(help.kind === 'pair' ? 'sessions:pair' : 'sessions:control');
};
/** Undefined when there is nothing to offer. What the key may not do is absent. */
export const helpOf = (one: Organization, { may, isOutage }: Circumstances): Help | undefined => {
  const wanted = wantedOf(one);
  const needs = one.look === 'bad';
  if (wanted === undefined || (isOutage && !needs)) return undefined;
  if (isOutage || !isAllowed(wanted, may)) return needs ? open : undefined;
  return wanted;
};
