import { type DeviceId, seededNoiseKey } from './credentials.ts';

/**
 * Who a fault, a strike or a question is about: everybody, all devices of a phone, or one device
 * (`<phone>:<device>`).
 */
export type Target = 'all' | (string & {});

export type Standing = 'linked' | 'revoked' | 'unknown';

/** What the server has told a device: that its credentials are dead, for ever or until a moment. */
export interface Verdict {
  readonly reason: number;
  /** Epoch ms; absent = for ever. */
  readonly untilMs?: number;
}

export interface Device extends DeviceId {
  readonly noiseKey: string;
  name: string;
  standing: Standing;
  reported?: Verdict;
  preKeys?: number;
  /**
   * Epoch ms of each attempt that got as far as naming the device, and of each success; the newest
   * `timesKept`.
   */
  readonly attempts: number[];
  readonly logins: number[];
}

const timesKept = 1000;

export function remember(times: number[], at: number): void {
  times.push(at);
  if (times.length > timesKept) times.shift();
}

export const matches = (target: Target, { phone, device }: DeviceId): boolean =>
  target === 'all' || target === phone || target === `${phone}:${device}`;

/**
 * The devices the server knows, by static Noise key: the key is what proves who logs in, the number is only a
 * claim.
 */
export class Devices {
  readonly #byKey = new Map<string, Device>();

  link(id: DeviceId, noiseKey: Uint8Array, name: string): Device {
    const key = Buffer.from(noiseKey).toString('hex');
    const device: Device = {
      phone: id.phone,
      device: id.device,
      noiseKey: key,
      name,
      standing: 'linked',
      attempts: [],
      logins: [],
    };
    this.#byKey.set(key, device);
    return device;
  }

  /**
   * The device of a login: known, seeded (its key is derivable from its number), or a stranger that is
   * remembered as such.
   */
  recognise(id: DeviceId, noiseKey: Buffer, acceptSeeded: boolean): Device {
    const known = this.#byKey.get(noiseKey.toString('hex'));
    if (known) return known;
    const device = this.link(id, noiseKey, '');
    if (!acceptSeeded || !seededNoiseKey(id).equals(noiseKey)) device.standing = 'unknown';
    return device;
  }

  matching(target: Target): Device[] {
    return [...this.#byKey.values()].filter((device) => matches(target, device));
  }

  /**
   * The devices of a target; one that was only seeded and never seen is made known first (a bare phone means
   * its device 1).
   */
  ensure(target: Target): Device[] {
    const known = this.matching(target);
    if (known.length > 0 || target === 'all') return known;
    const [phone = '', device = '1'] = target.split(':');
    const id = { phone, device: Number(device) };
    return [this.link(id, seededNoiseKey(id), '')];
  }

  /** The next free companion number of a phone. */
  nextDevice(phone: string): number {
    return 1 + Math.max(0, ...this.matching(phone).map(({ device }) => device));
  }
}
