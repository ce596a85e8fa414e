/**
 * The simulated WhatsApp: the linked devices, their logins, and the rules. The newer login of a device ends
 * the older one. A device may be revoked, locked or banned for a time. The whole service may be down, silent,
 * busy, slow, or limit the rate of logins.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { ConnectionEnd } from '../../src/whatsapp/classify.ts';
import type { Clock } from './clock.ts';
import { type Rng, rngFor } from './rng.ts';
import type { SimulatedSocket } from './socket.ts';

export interface Device {
  readonly jid: string;
  state: 'linked' | 'revoked' | 'locked';
  /** By WhatsApp's own clock, which never jumps. */
  bannedUntil: number;
  /**
   * Another program with the same credentials: it logs in again `afterMs` after it was thrown out, `left`
   * times at most.
   */
  rival: { readonly afterMs: number; left: number } | undefined;
  /** Its next login gets a QR. */
  forgotten: boolean;
  /** Its next logins end with these status codes. */
  readonly oddCodes: number[];
  /** Nothing that it sends arrives, and it receives nothing. */
  isCutOff: boolean;
  socket: SimulatedSocket | undefined;
}

/**
 * `down`: refuses at once. `deaf`: never answers. `busy`: 503. `outdated`: 405. `hanging`: a login never
 * ends.
 */
export type Condition = 'normal' | 'down' | 'deaf' | 'busy' | 'outdated' | 'hanging';

/** The events of the simulated WhatsApp. */
export interface WhatsAppObserver {
  opened(socket: SimulatedSocket): void;
  loggedIn(socket: SimulatedSocket): void;
  closedByUs(socket: SimulatedSocket, wasHealthy: boolean): void;
  /** The client library stopped reporting messages, or reports them again. */
  deafened(socket: SimulatedSocket): void;
  /** A phone scanned the QR: the disk may hold the new identity from now on. */
  scanned(socket: SimulatedSocket, fingerprint: string): void;
  /** WhatsApp has our answer and knows the device. */
  deviceLinked(socket: SimulatedSocket, fingerprint: string): void;
}

/** More logins than this within ten seconds are refused while the rate is limited. */
const toleratedLogins = 8;
const toleranceMs = 10_000;

export class WhatsApp {
  readonly devices = new Map<string, Device>();
  readonly sockets = new Set<SimulatedSocket>();
  condition: Condition = 'normal';
  conditionSince = 0;
  /** Longest answer to a login, in milliseconds. */
  slowMs = 800;
  limitsRate = false;
  /** Some logins never receive the end of their backlog. */
  forgetsBacklog = false;
  #logins: number[] = [];
  readonly #sockets = new Map<Org, number>();

  readonly clock: Clock;
  readonly #seed: number;
  readonly #rng: Rng;
  readonly observer: WhatsAppObserver;
  constructor(clock: Clock, seed: number, observer: WhatsAppObserver) {
    this.clock = clock;
    this.#seed = seed;
    this.#rng = rngFor(seed, 'whatsapp');
    this.observer = observer;
  }

  link(jid: string): Device {
    const device: Device = {
      jid,
      state: 'linked',
      bannedUntil: 0,
      rival: undefined,
      forgotten: false,
      oddCodes: [],
      isCutOff: false,
      socket: undefined,
    };
    this.devices.set(jid, device);
    return device;
  }

  /** Every connection has its own random numbers, so that leaving an operation out changes nothing here. */
  rngOf(org: Org): Rng {
    const nth = (this.#sockets.get(org) ?? 0) + 1;
    this.#sockets.set(org, nth);
    return rngFor(this.#seed, `connection ${nth} of ${org}`);
  }

  setCondition(condition: Condition): void {
    if (this.condition !== condition) this.conditionSince = this.clock.mono;
    this.condition = condition;
    if (condition === 'deaf' || condition === 'normal') return;
    if (condition === 'hanging' || condition === 'outdated') return; // open connections stay open
    for (const socket of this.sockets) {
      if (!socket.isLoggedIn) continue;
      const ending: ConnectionEnd =
        condition === 'busy'
          ? { reason: 'server_busy', statusCode: 503 }
          : { reason: 'network', statusCode: 428 };
      this.clock.add('simulation', this.#rng.between(0, 3_000), () => {
        if (this.condition === condition) socket.end(ending);
      });
    }
  }

  heal(): void {
    this.condition = 'normal';
    this.slowMs = 800;
    this.limitsRate = false;
    this.forgetsBacklog = false;
    for (const device of this.devices.values()) {
      device.rival = undefined;
      device.forgotten = false;
      device.oddCodes.length = 0;
      device.isCutOff = false;
    }
  }

  /** Whether anything sent on this socket arrives. */
  reaches(socket: SimulatedSocket): boolean {
    return this.condition !== 'deaf' && !socket.isDead && !(socket.device?.isCutOff ?? false);
  }

  /** How a login ends; undefined when it succeeds. */
  judge(socket: SimulatedSocket): ConnectionEnd | 'qr' | undefined {
    const { device, clock } = this;
    if (this.condition === 'busy') return { reason: 'server_busy', statusCode: 503 };
    if (this.condition === 'outdated') return { reason: 'outdated', statusCode: 405 };
    this.#logins = [...this.#logins.filter((at) => at > clock.mono - toleranceMs), clock.mono];
    if (this.limitsRate && this.#logins.length > toleratedLogins)
      return { reason: 'network', statusCode: 429 };
    const known = device(socket);
    if (!known || known.state === 'revoked') return { reason: 'revoked', statusCode: 401 };
    if (known.state === 'locked') return { reason: 'locked', statusCode: 403 };
    if (known.bannedUntil > clock.mono)
      return {
        reason: 'banned_temporarily',
        statusCode: 402,
        until: clock.wall() + known.bannedUntil - clock.mono,
      };
    if (known.forgotten) {
      known.forgotten = false;
      return 'qr';
    }
    const odd = known.oddCodes.shift();
    return odd === undefined ? undefined : { reason: 'unknown', statusCode: odd };
  }

  readonly device = (socket: SimulatedSocket): Device | undefined => this.devices.get(socket.jid ?? '');

  /** The newer login ends the older one. */
  logIn(socket: SimulatedSocket): void {
    const device = this.device(socket);
    if (!device) return;
    const older = device.socket;
    device.socket = socket;
    if (older && older !== socket) older.end({ reason: 'conflict', statusCode: 440 });
    this.observer.loggedIn(socket);
    this.rivalLogsIn(device);
  }

  /** The other program logs in with the same credentials. */
  rivalLogsIn(device: Device): void {
    const { rival } = device;
    if (!rival || rival.left <= 0) return;
    rival.left -= 1;
    this.clock.add('simulation', rival.afterMs, () => {
      if (device.rival === rival && this.condition === 'normal')
        device.socket?.end({ reason: 'conflict', statusCode: 440 });
    });
  }

  /** The process has ended, and the system closes its sockets. */
  cutAll(): void {
    for (const socket of [...this.sockets]) socket.die();
  }
}
