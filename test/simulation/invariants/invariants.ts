/** What the simulation checks after every step; docs/engineering/SIMULATION.md says each at length. */
export const invariants = {
  'one login': 'at most one live connection per organization and per identity',
  'dead credentials': 'no login with credentials known dead',
  'ban respected': 'no attempt before a temporary ban ends',
  'verdict stands': 'nothing but a person, other credentials or its own probe ends a verdict, also across restarts',
  'stop stands': 'what an operator stopped stays stopped',
  'no unasked QR': 'no pairing and no QR without an operator’s command',
  'identity kept': 'the identity on disk is never replaced or lost, except by pairing or logout',
  'quiet undisturbed': 'a quiet healthy session is never restarted',
  'connected is true': 'what is shown as connected has a live login, or is noticed within a minute',
  'never stuck': 'no login takes longer than its watchdogs allow',
  'gate rates': 'connection attempts never exceed the gate’s rates, and none goes past it',
  'never in step': 'sessions that failed alike do not wait equally long',
  'forgiven late': 'failures are forgiven only after ten minutes connected, by a person, or with other credentials',
  'one alert': 'one alert per failure, one per outage',
  'verdict has a cause': 'no verdict that the world gave no cause for',
  'nothing left': 'no socket, no actor, and no timer but a probe’s or a ban’s, of what is idle or failed',
  'written down': 'what an organization is and wants is on the disk, once the disk works',
  'back in time': 'once faults cease, whatever is to run and can be restored is connected within the bound',
  'nothing thrown': 'nothing is thrown that nobody caught',
} as const;
export type Invariant = keyof typeof invariants;
export interface Violation {
  readonly invariant: Invariant;
  readonly message: string;
  /** Milliseconds since the run began. */
  readonly at: number;
}
