/** An organization as the overview shows it, made once for each Session. */
import type { Session } from '../../client/client.ts';
import { type Look, lookOf } from './appearance.ts';

export interface Organization {
  readonly id: string;
  /** The name in WhatsApp, or the id. */
  readonly name: string;
  readonly hasName: boolean;
  /** `+51900555014`; empty when it was never linked. */
  readonly number: string;
  readonly look: Look;
  readonly sinceMs: number;
  readonly nextMs: number | undefined;
  readonly session: Session;
  /** Lower case, for the search. */
  readonly text: string;
}

/** From `34600111222:5@s.whatsapp.net`. An account without a number (`…@lid`) has none to show. */
export const numberOf = (account: Session['account']): string => {
  const found = /^(\d{7,15})(?::\d+)?@s\.whatsapp\.net$/.exec(account?.id ?? '')?.[1];
  return found === undefined ? '' : `+${found}`;
};
const withoutAccents = (text: string): string =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
export const searchText = withoutAccents;

const made = new WeakMap<Session, Organization>();
export const organizationOf = (session: Session): Organization => {
  const known = made.get(session);
  if (known) return known;
  const { orgId, account, since, nextRetryAt, pairing } = session;
  const name = account?.name ?? orgId;
  const number = numberOf(account);
  const next = nextRetryAt ?? pairing?.expiresAt ?? null;
  const organization: Organization = {
    id: orgId,
    name,
    hasName: account?.name != null && account.name !== orgId,
    number,
    look: lookOf(session),
    sinceMs: Date.parse(since),
    nextMs: next === null ? undefined : Date.parse(next),
    session,
    text: withoutAccents(`${name} ${orgId} ${number}`),
  };
  made.set(session, organization);
  return organization;
};
