/**
 * The simulated WhatsApp: who is linked, who is logged in, and its rules. The newer login of a device throws out the older one,
 * a device may be revoked, locked or banned for a time, and the whole of it may be down, deaf, busy, slow, or tired of us.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { ConnectionEnd } from '../../src/whatsapp/classify.ts';
import type { Clock } from './clock.ts';
import { type Rng, rngFor } from './rng.ts';
import type { Link } from './socket.ts';

export interface Device {
  readonly jid: string;
  state: 'linked' | 'revoked' | 'locked';
  /** By WhatsApp's own clock, which never jumps. */
  bannedUntil: number;
  /** Somebody else holds the same credentials, and logs in again so long after being thrown out; at most so often. */
  rival: { readonly afterMs: number; left: number } | undefined;
  /** Its next login is shown a QR. */
  forgotten: boolean;
  /** Its next logins end with these numbers. */
  readonly oddCodes: number[];
  /** Nothing that it sends arrives, and nothing reaches it. */
  isCutOff: boolean;
  link: Link | undefined;
}

/** `down`: refuses at once. `deaf`: nothing is ever answered. `busy`: 503. `outdated`: 405. `hanging`: a login never ends. */
export type Weather = 'fair' | 'down' | 'deaf' | 'busy' | 'outdated' | 'hanging';

/** What the simulated WhatsApp tells whoever keeps watch. */
export interface Witness {
  dialled(link: Link): void;
  loggedIn(link: Link): void;
  hungUpByUs(link: Link, wasHealthy: boolean): void;
  /** Our own library stopped telling of messages, or tells of them again. */
  deafened(link: Link): void;
  /** A phone scanned; from now on the new identity may lie on the disk. */
  scanned(link: Link, fingerprint: string): void;
  /** WhatsApp has our answer and knows the device. */
  deviceLinked(link: Link, fingerprint: string): void;
}

/** More logins than this within ten seconds are refused while it is tired of us. */
const toleratedLogins = 8;
const toleranceMs = 10_000;

export class WhatsApp {
  readonly devices = new Map<string, Device>();
  readonly links = new Set<Link>();
  weather: Weather = 'fair';
  weatherSince = 0;
  /** Longest answer to a login, in milliseconds. */
  slowMs = 800;
  limitsRate = false;
  /** Some logins never get the end of their backlog. */
  forgetsBacklog = false;
  #logins: number[] = [];
  readonly #links = new Map<Org, number>();

  readonly clock: Clock;
  readonly #seed: number;
  readonly #rng: Rng;
  readonly witness: Witness;
  constructor(clock: Clock, seed: number, witness: Witness) {
    this.clock = clock;
    this.#seed = seed;
    this.#rng = rngFor(seed, 'whatsapp');
    this.witness = witness;
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
      link: undefined,
    };
    this.devices.set(jid, device);
    return device;
  }

  /** Every connection throws its own, so that what is left out elsewhere changes nothing here. */
  rngOf(org: Org): Rng {
    const nth = (this.#links.get(org) ?? 0) + 1;
    this.#links.set(org, nth);
    return rngFor(this.#seed, `connection ${nth} of ${org}`);
  }

  setWeather(weather: Weather): void {
    if (this.weather !== weather) this.weatherSince = this.clock.mono;
    this.weather = weather;
    if (weather === 'deaf' || weather === 'fair') return;
    if (weather === 'hanging' || weather === 'outdated') return; // those who are in stay in
    for (const link of this.links) {
      if (!link.isLoggedIn) continue;
      const ending: ConnectionEnd =
        weather === 'busy' ? { reason: 'server_busy', statusCode: 503 } : { reason: 'network', statusCode: 428 };
      this.clock.add('world', this.#rng.between(0, 3_000), () => {
        if (this.weather === weather) link.end(ending);
      });
    }
  }

  heal(): void {
    this.weather = 'fair';
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

  /** Does anything sent on this link arrive? */
  hears(link: Link): boolean {
    return this.weather !== 'deaf' && !link.isDead && !(link.device?.isCutOff ?? false);
  }

  /** What a login comes to; undefined when it succeeds. */
  judge(link: Link): ConnectionEnd | 'qr' | undefined {
    const { device, clock } = this;
    if (this.weather === 'busy') return { reason: 'server_busy', statusCode: 503 };
    if (this.weather === 'outdated') return { reason: 'outdated', statusCode: 405 };
    this.#logins = [...this.#logins.filter((at) => at > clock.mono - toleranceMs), clock.mono];
    if (this.limitsRate && this.#logins.length > toleratedLogins) return { reason: 'network', statusCode: 429 };
    const known = device(link);
    if (!known || known.state === 'revoked') return { reason: 'revoked', statusCode: 401 };
    if (known.state === 'locked') return { reason: 'locked', statusCode: 403 };
    if (known.bannedUntil > clock.mono)
      return { reason: 'banned_temporarily', statusCode: 402, until: clock.wall() + known.bannedUntil - clock.mono };
    if (known.forgotten) {
      known.forgotten = false;
      return 'qr';
    }
    const odd = known.oddCodes.shift();
    return odd === undefined ? undefined : { reason: 'unknown', statusCode: odd };
  }

  readonly device = (link: Link): Device | undefined => this.devices.get(link.jid ?? '');

  /** The newer login throws out the older one. */
  logIn(link: Link): void {
    const device = this.device(link);
    if (!device) return;
    const older = device.link;
    device.link = link;
    if (older && older !== link) older.end({ reason: 'conflict', statusCode: 440 });
    this.witness.loggedIn(link);
    this.provoke(device);
  }

  /** Somebody else logs in with the same credentials. */
  provoke(device: Device): void {
    const { rival } = device;
    if (!rival || rival.left <= 0) return;
    rival.left -= 1;
    this.clock.add('world', rival.afterMs, () => {
      if (device.rival === rival && this.weather === 'fair') device.link?.end({ reason: 'conflict', statusCode: 440 });
    });
  }

  /** The process is gone, and the system closed its sockets. */
  cutAll(): void {
    for (const link of [...this.links]) link.die();
  }
}
