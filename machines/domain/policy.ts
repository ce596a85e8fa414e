/**
 * Every duration and limit of the machines, in one place. A file can override it (see `src/config/`), so tests of the real
 * program divide times; the defaults are proved under a virtual clock. Sources: `docs/engineering/decisions/0002-numbers.md`.
 */
export interface Policy {
  /** From the permit to `open`; must exceed the client library's own timeouts (20 s connect + 60 s query). */
  readonly connectMs: number;
  /** From `open` until proven: own ping answered and the backlog received, or this long. */
  readonly verifyMs: number;
  /** From one ping to the next, start to start. */
  readonly pingEveryMs: number;
  /** How long an answer to a ping may take. */
  readonly pingDeadlineMs: number;
  /** From the first failed ping to the second try. */
  readonly pingAgainMs: number;
  /** So long messages may arrive without the client library telling of any: then it is deaf. */
  readonly deafMs: number;
  /** A deaf session gets a new socket at most this often. */
  readonly deafCureEveryMs: number;
  /** A pairing as a whole; the rotation of the QR does not restart it. */
  readonly pairingMs: number;
  /** From `paired` until we cut ourselves; WhatsApp normally sends 515 within a second. */
  readonly handoverMs: number;
  /** How long WhatsApp may take to confirm an unlink. */
  readonly unlinkMs: number;
  /** Failures are forgiven only after this long connected. */
  readonly stableMs: number;
  /** An exhausted session probes itself this often, ± 20 %. */
  readonly probeMs: number;
  /** Used when a temporary ban does not say when it ends. */
  readonly banMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Divides the floors of the verdict table (1 in production; tests of the real program shrink them). */
  readonly floorDivisor: number;
  /** Consecutive strikes until `exhausted`. */
  readonly maxStrikes: number;
  /** Three crashes of one session within this long quarantine it. */
  readonly crashWindowMs: number;
  readonly crashLimit: number;
  /** After a mass disappearance nothing is believed for this long. */
  readonly freezeMs: number;
  readonly gate: GatePolicy;
}

export interface GatePolicy {
  /** Restores between permit and open at the same time. */
  readonly places: number;
  /** Admissions per second once the burst is spent. */
  readonly perSecond: number;
  readonly burst: number;
  /** Admissions per second while the fleet is cut off. */
  readonly probesPerSecond: number;
  /** Live sessions lost within this long are looked at together. */
  readonly dropWindowMs: number;
  /** Failed attempts within this long are looked at together. */
  readonly attemptWindowMs: number;
  /** How many must be lost, or fail, before it can be called an outage of all. */
  readonly outageMin: number;
  /** One canary after WhatsApp refused our version: first wait, and the longest one. */
  readonly canaryMs: number;
  readonly canaryCapMs: number;
}

export const defaultPolicy: Policy = {
  connectMs: 90_000,
  verifyMs: 45_000,
  pingEveryMs: 25_000,
  pingDeadlineMs: 10_000,
  pingAgainMs: 5_000,
  deafMs: 300_000,
  deafCureEveryMs: 3_600_000,
  pairingMs: 180_000,
  handoverMs: 10_000,
  unlinkMs: 10_000,
  stableMs: 600_000,
  probeMs: 900_000,
  banMs: 86_400_000,
  backoffBaseMs: 2_000,
  backoffCapMs: 300_000,
  floorDivisor: 1,
  maxStrikes: 10,
  crashWindowMs: 600_000,
  crashLimit: 3,
  freezeMs: 60_000,
  gate: {
    places: 20,
    perSecond: 5,
    burst: 10,
    probesPerSecond: 1,
    dropWindowMs: 30_000,
    attemptWindowMs: 60_000,
    outageMin: 5,
    canaryMs: 300_000,
    canaryCapMs: 3_600_000,
  },
};
