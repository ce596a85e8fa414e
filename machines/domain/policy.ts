/**
 * Every duration and limit of the machines, in one place. A file can override it (see `src/config/`), so that
 * tests of the real program use shorter times. The defaults are tested under a virtual clock. Sources:
 * `docs/engineering/decisions/0002-numbers.md`.
 */
export interface Policy {
  /**
   * From the permit to `open`. It must exceed the client library's own timeouts (20 s connect + 60 s query).
   */
  readonly connectMs: number;
  /**
   * From `open` until proven. An own ping that is unanswered by then fails the attempt. A backlog that has
   * not arrived by then counts as received.
   */
  readonly verifyMs: number;
  /** From one ping to the next, start to start. */
  readonly pingEveryMs: number;
  /** How long an answer to a ping may take. */
  readonly pingDeadlineMs: number;
  /** From the first failed ping to the second try. */
  readonly pingAgainMs: number;
  /**
   * Messages have arrived for this long, and the client library has reported none: then the session is deaf.
   */
  readonly deafMs: number;
  /** A deaf session gets a new socket at most this often. */
  readonly deafCureEveryMs: number;
  /** A session whose sent messages are not acknowledged gets a new socket at most this often. */
  readonly muteCureEveryMs: number;
  /** A whole pairing; a new QR code does not restart it. */
  readonly pairingMs: number;
  /** From `paired` until Vigía closes the connection itself; WhatsApp normally sends 515 within a second. */
  readonly handoverMs: number;
  /** Within this WhatsApp must confirm an unlink. */
  readonly unlinkMs: number;
  /** Failures are forgiven after this long connected, not before. */
  readonly stableMs: number;
  /** An exhausted session tries by itself this often, ± 20 %. */
  readonly probeMs: number;
  /** Used when a temporary ban does not say when it ends. */
  readonly banMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Divides the floors of the verdict table: 1 in production, more in tests of the real program. */
  readonly floorDivisor: number;
  /** Consecutive strikes until `exhausted`. */
  readonly maxStrikes: number;
  /** `crashLimit` crashes of one session within this time quarantine it. */
  readonly crashWindowMs: number;
  readonly crashLimit: number;
  /** After a mass disappearance, no disappearance is acted on for this long. */
  readonly freezeMs: number;
  /**
   * A directory that changed within this time may still be copied, and does not log in. Copying tools pause
   * between two files.
   */
  readonly copyQuietMs: number;
  readonly gate: GatePolicy;
}

export interface GatePolicy {
  /** Slots: the most restores between permit and `open` at the same time. */
  readonly places: number;
  /** Admissions per second once the burst is spent. */
  readonly perSecond: number;
  readonly burst: number;
  /** Admissions per second while the fleet is cut off. */
  readonly probesPerSecond: number;
  /** Live sessions lost within this time are counted together. */
  readonly dropWindowMs: number;
  /** Failed attempts within this time are counted together. */
  readonly attemptWindowMs: number;
  /** The fewest losses or failures that can be an outage. */
  readonly outageMin: number;
  /** Between two canaries while WhatsApp refuses our version: the first wait, and the longest. */
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
  muteCureEveryMs: 600_000,
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
  copyQuietMs: 5_000,
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
