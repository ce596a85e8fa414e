/**
 * What the simulation expects of an organization, from the operations on it and the events of the program.
 */
import type { SessionCommand } from '../../machines/domain/commands.ts';
import type { Lasting } from '../../machines/domain/disconnect.ts';
import type { Org } from '../../machines/domain/ports.ts';
import type { State } from '../../machines/domain/view.ts';

export interface Expectation {
  readonly org: Org;
  /** Fingerprint of the identity that its directory must hold; undefined when it may hold none. */
  held: string | undefined;
  /** A fault tore its credentials: the file may have any content. */
  isTorn: boolean;
  /** Identities that a phone scanned and that may replace the held one. */
  readonly pending: Set<string>;
  /** A logout was requested: its directory may go. */
  isLeaving: boolean;
  /** `no`: a stop was answered as durable. */
  mayRun: 'yes' | 'no' | 'unknown';
  /** Reported as durable, and not lifted since by an operator or by other credentials. */
  verdict:
    | {
        readonly reason: Lasting;
        readonly until: number | null;
        /** Of the clock that nothing sets. */
        saidAt: number;
        readonly saidWall: number;
      }
    | undefined;
  /** The last reported failure that fires an alert, and whether it has ended since. */
  alert: string | undefined;
  isAlertOver: boolean;
  /** Reasons that an operation of the simulation explains. */
  readonly causes: Set<Lasting>;
  /** When a fault or an operator last affected it. */
  touchedAt: number;
  state: State | undefined;
  stateSince: number;
  attempt: number;
  /** When it was last connected, and how long that lasted. */
  connectedAt: number;
  lastStableMs: number;
  /** When a person or other credentials last cleared its failures. */
  pardonedAt: number;
  /** Since when a session shown as connected has had no live login. */
  hollowSince: number | undefined;
  /** Since when a session that must not hold a socket has had one. */
  strayedSince: number | undefined;
  /** Permits granted and not yet used. */
  permits: number;
  /** Commands without an answer, so that the answer to an older one is not taken for the present state. */
  commands: number;
}

export const newExpectation = (org: Org): Expectation => ({
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

/** What an accepted command makes certain. `durable`: also across a restart. */
export const expectAfter = (t: Expectation, command: SessionCommand, durable: boolean): void => {
  if (command.type === 'session.stop' && durable) t.mayRun = 'no';
  if (command.type === 'session.restore' || command.type === 'session.retry')
    t.mayRun = durable ? 'yes' : 'unknown';
  if (command.type !== 'session.logout') return;
  t.isLeaving = false;
  t.held = undefined;
  t.mayRun = 'yes';
  t.verdict = undefined;
};
