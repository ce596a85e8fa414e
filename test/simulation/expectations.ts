/** What the simulation itself knows of an organization, from what it did to it and from what the program was heard to say. */
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { Org } from '../../machines/domain/ports.ts';
import type { State } from '../../machines/domain/view.ts';

export interface Expectations {
  readonly org: Org;
  /** Fingerprint of the identity that must lie in its directory; undefined when none need be there. */
  held: string | undefined;
  /** Somebody else spoilt its credentials: what lies there may be anything. */
  isTorn: boolean;
  /** Identities a phone was asked to link, and which may take the place of the held one. */
  readonly pending: Set<string>;
  /** A logout was asked for: its directory may go. */
  isLeaving: boolean;
  /** `no`: an operator was told, durably, that it is stopped. */
  mayRun: 'yes' | 'no' | 'unknown';
  /** Said durably, and not lifted since by an operator or by other credentials. */
  verdict: { readonly reason: Lasting; readonly until: number | null; saidAt: number } | undefined;
  /** The alert-worthy failure that was said last, and whether something ended it since. */
  alert: string | undefined;
  isAlertOver: boolean;
  /** Reasons for which the world gave cause. */
  readonly causes: Set<Lasting>;
  /** When the world or an operator last did something to it. */
  touchedAt: number;
  state: State | undefined;
  stateSince: number;
  attempt: number;
  /** When it was connected last, and for how long it stayed so. */
  connectedAt: number;
  lastStableMs: number;
  /** When a person or other credentials last gave it a clean slate. */
  pardonedAt: number;
  /** Since when a session shown as connected has had no live login. */
  hollowSince: number | undefined;
  /** Since when a session that must not hold a socket has had one. */
  strayedSince: number | undefined;
  /** Permits granted and not yet used. */
  permits: number;
  /** Counts commands, so that the answer to an older one is not taken for the present truth. */
  commands: number;
}

export const newExpectations = (org: Org): Expectations => ({
  org,
  held: undefined,
  isTorn: false,
  pending: new Set(),
  isLeaving: false,
  mayRun: 'yes',
  verdict: undefined,
  alert: undefined,
  isAlertOver: true,
  causes: new Set(),
  touchedAt: 0,
  state: undefined,
  stateSince: 0,
  attempt: 0,
  connectedAt: 0,
  lastStableMs: 0,
  pardonedAt: 0,
  hollowSince: undefined,
  strayedSince: undefined,
  permits: 0,
  commands: 0,
});
