import type { DeviceId } from './credentials.ts';
import { matches, type Target } from './devices.ts';

/** What can go wrong before the server knows who connects, so for everybody at once. */
export type HandshakeFault =
  /** TCP reset as soon as the connection is accepted. */
  | { readonly kind: 'reset' }
  /** The upgrade is refused with this HTTP status. */
  | { readonly kind: 'refuse'; readonly status: number }
  /** TCP is accepted, the upgrade never answered. */
  | { readonly kind: 'hang' }
  /** Upgraded, then no Noise answer. */
  | { readonly kind: 'noise-silent' };

/** What can happen at a login, to one device, one phone or all. */
export type LoginFault =
  /** `<failure reason=…>` instead of success. */
  | { readonly kind: 'failure'; readonly reason: number; readonly attrs?: Readonly<Record<string, string>> }
  /** Neither success nor failure; pings are answered. */
  | { readonly kind: 'login-silent' }
  /** Neither success nor failure nor anything else. */
  | { readonly kind: 'login-dead' }
  /** Success, then no answer to anything. */
  | { readonly kind: 'mute' }
  /** Success and answers, but never `<ib><offline/>`. */
  | { readonly kind: 'half-login' }
  /** Success, and this right behind it. */
  | { readonly kind: 'after-success'; readonly sessionFault: SessionFault }
  /** This instead of success. */
  | { readonly kind: 'instead'; readonly sessionFault: SessionFault };

/** What can hit a connection that is open. */
export type SessionFault =
  /**
   * `<stream:error>`; without a code and a conflict it is the nameless one Baileys calls 500. The server
   * closes after it.
   */
  | {
      readonly kind: 'stream-error';
      readonly code?: number;
      readonly conflict?: 'replaced' | 'device_removed';
      readonly child?: string;
    }
  | { readonly kind: 'failure'; readonly reason: number; readonly attrs?: Readonly<Record<string, string>> }
  | { readonly kind: 'xmlstreamend' }
  | { readonly kind: 'downgrade' }
  | { readonly kind: 'cut'; readonly how: 'reset' | 'fin' | 'close' }
  /** Black hole: the TCP connection stays open, nothing is answered any more, not even a WebSocket close. */
  | { readonly kind: 'freeze' }
  /** Nothing is answered any more, but the transport lives (a close is answered). */
  | { readonly kind: 'mute' }
  /** Bytes no client can read. `bomb`: 2 MB that inflate to 2 GB. */
  | { readonly kind: 'garbage'; readonly what: 'undecryptable' | 'truncated' | 'bad-zlib' | 'bomb' };

export type Fault = HandshakeFault | LoginFault;

const doorKinds: ReadonlySet<string> = new Set<HandshakeFault['kind']>([
  'reset',
  'refuse',
  'hang',
  'noise-silent',
]);
const isHandshakeFault = (fault: Fault): fault is HandshakeFault => doorKinds.has(fault.kind);

interface Entry<F> {
  readonly target: Target;
  readonly fault: F;
  left: number;
}

/** The faults in force. The most precise target wins (device, phone, all), then the newest. */
export class Faults {
  #door: Entry<HandshakeFault>[] = [];
  #login: Entry<LoginFault>[] = [];

  /**
   * `times`: how often it strikes before it goes away by itself; for ever unless told. A door fault is always
   * for all.
   */
  set(target: Target, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    if (isHandshakeFault(fault)) this.#door.unshift({ target: 'all', fault, left: times });
    else this.#login.unshift({ target, fault, left: times });
  }

  clear(target?: Target): void {
    this.#door = target === undefined || target === 'all' ? [] : this.#door;
    this.#login = target === undefined ? [] : this.#login.filter((entry) => entry.target !== target);
  }

  atDoor(kinds: readonly HandshakeFault['kind'][]): HandshakeFault | undefined {
    const entry = this.#door.find(({ fault }) => kinds.includes(fault.kind));
    return entry && this.#spend(entry);
  }

  atLogin(id: DeviceId): LoginFault | undefined {
    const candidates = this.#login.filter(({ target }) => matches(target, id));
    const precision = ({ target }: Entry<LoginFault>): number => {
      if (target === 'all') return 0;
      return target.includes(':') ? 2 : 1;
    };
    const entry = candidates.sort((a, b) => precision(b) - precision(a))[0];
    return entry && this.#spend(entry);
  }

  #spend<F>(entry: Entry<F>): F {
    entry.left -= 1;
    if (entry.left <= 0) {
      this.#door = this.#door.filter((one) => one.left > 0);
      this.#login = this.#login.filter((one) => one.left > 0);
    }
    return entry.fault;
  }
}
