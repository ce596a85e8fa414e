/** What the simulation checks after every step. docs/engineering/SIMULATION.md describes each invariant. */
export const invariants = {
  'one login': 'at most one live connection per organization and per identity',
  'dead credentials': 'no login with credentials known dead',
  'ban respected': 'no attempt before a temporary ban ends',
  'verdict stands': 'only a person, other credentials or its own probe ends a verdict, also across restarts',
  'stop stands': 'a session that an operator stopped stays stopped',
  'no unasked QR': 'no pairing and no QR without an operator’s command',
  'identity kept': 'the identity on disk is never replaced or lost, except by pairing or logout',
  'whole copies': 'no login while the files of a directory are still being copied',
  'newest copy': 'an older copy never logs in beside a newer one, and the newer one never waits for it',
  'quiet undisturbed': 'a quiet healthy session is never restarted',
  'connected is true':
    'a session shown as connected has a live login, or the error is noticed within a minute',
  'never stuck': 'no login takes longer than its watchdogs allow',
  'gate rates': 'connections never exceed the gate’s rates, and none bypasses it',
  'never in step': 'sessions that failed alike do not wait equally long',
  'forgiven late':
    'failures are forgiven only after ten minutes connected, by a person, or with other credentials',
  'one alert': 'one alert per failure, one per outage',
  'verdict has a cause': 'each verdict has a cause in the simulation',
  'nothing left':
    'an idle or failed session has no socket, no actor, and no timer except a probe’s or a ban’s',
  'written down': 'a write that failed with the disk is done once the disk works',
  'back in time':
    'after the faults, every session that should run and can be restored is connected within the bound',
  'nothing thrown': 'no uncaught error and no unhandled rejection',
} as const;
export type Invariant = keyof typeof invariants;
export interface Violation {
  readonly invariant: Invariant;
  readonly message: string;
  /** Milliseconds since the run began. */
  readonly at: number;
}
