/** What the server has seen since it started. Times are epoch ms. */
export interface Stats {
  /** WebSocket connections whose TCP is open now, and those of them that are logged in. */
  readonly openConnections: number;
  readonly loggedIn: number;
  /**
   * The most connections that were open, and the most that were between TCP accept and success, at one
   * moment.
   */
  readonly peakOpen: number;
  readonly peakConnecting: number;
  readonly tcpAccepted: number;
  /** Upgrades answered with an HTTP error. */
  readonly refusedUpgrades: number;
  /** Logins that named a device, those answered with success, those answered with `<failure>`. */
  readonly loginAttempts: number;
  readonly logins: number;
  readonly failures: number;
  /** The most attempts in any window of 1000 ms. */
  readonly peakAttemptsPerSecond: number;
  /**
   * A login succeeded while an older connection of the same device was still open and neither side had ended
   * it.
   */
  readonly doubleLogins: number;
  /**
   * A login with credentials the server had already told were dead (401, 403, 406, or 402 before its end).
   */
  readonly deadLogins: number;
  /** Offers of a QR code (`pair-device`), and pairings completed. */
  readonly registrations: number;
  readonly pairings: number;
  /** `remove-companion-device` received. */
  readonly logouts: number;
  readonly preKeyUploads: number;
  /** Stanzas of the server that a client acknowledged. */
  readonly acks: number;
  /**
   * Frames or stanzas of a client that the server could not read: always 0 unless the fake server has a bug.
   */
  readonly unreadable: number;
}

type Counter = Exclude<
  keyof Stats,
  'openConnections' | 'loggedIn' | 'peakOpen' | 'peakConnecting' | 'peakAttemptsPerSecond'
>;

const attemptsKept = 100_000;
const windowMs = 1000;

/** Counts; the server's connections say when. */
export class Ledger {
  readonly #counts: Record<Counter, number> = {
    tcpAccepted: 0,
    refusedUpgrades: 0,
    loginAttempts: 0,
    logins: 0,
    failures: 0,
    doubleLogins: 0,
    deadLogins: 0,
    registrations: 0,
    pairings: 0,
    logouts: 0,
    preKeyUploads: 0,
    acks: 0,
    unreadable: 0,
  };
  readonly #attempts: number[] = [];
  #peakOpen = 0;
  #peakConnecting = 0;

  count(what: Counter): void {
    this.#counts[what] += 1;
  }

  attempt(at: number): void {
    this.count('loginAttempts');
    this.#attempts.push(at);
    if (this.#attempts.length > attemptsKept) this.#attempts.shift();
  }

  level(open: number, connecting: number): void {
    this.#peakOpen = Math.max(this.#peakOpen, open);
    this.#peakConnecting = Math.max(this.#peakConnecting, connecting);
  }

  /** Epoch ms of the login attempts, oldest first. */
  get attempts(): readonly number[] {
    return this.#attempts;
  }

  stats(openConnections: number, loggedIn: number): Stats {
    return {
      openConnections,
      loggedIn,
      peakOpen: this.#peakOpen,
      peakConnecting: this.#peakConnecting,
      peakAttemptsPerSecond: this.#peakPerSecond(),
      ...this.#counts,
    };
  }

  #peakPerSecond(): number {
    let peak = 0;
    let first = 0;
    for (const [last, at] of this.#attempts.entries()) {
      while (at - this.#attempts[first]! >= windowMs) first += 1;
      peak = Math.max(peak, last - first + 1);
    }
    return peak;
  }
}
