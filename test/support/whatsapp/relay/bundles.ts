import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { DeviceId } from '../credentials.ts';
import type { Device } from '../devices.ts';
import { attr, bytesOf, child, children, node, nowS, resultOf, type Stanza } from '../stanza.ts';
import { type DeviceKey, deviceIdOf, keyOf } from './address.ts';

interface Bundle {
  device: Device;
  /** registration, type, identity, skey: handed out every time. */
  fixed: readonly Stanza[];
  /** Handed out once each. */
  oneTime: Stanza[];
}

/** The count below which WhatsApp asks a device for new one-time keys; Baileys uploads 5 below 5. */
const lowBelow = 5;
/**
 * The count that a device gets before its first upload. 0 would be true, but makes Baileys generate 812 keys,
 * a second of each test.
 */
const countBeforeUpload = '5';

const identityOf = (fixed: readonly Stanza[]): string =>
  bytesOf(fixed.find(({ tag }) => tag === 'identity'))?.toString('hex') ?? '';

const keyIdOf = (key: Stanza): string => bytesOf(child(key, 'id'))?.toString('hex') ?? '';

/** The Signal keys that devices upload, and the devices of each phone. */
export class Bundles {
  readonly #bundles = new Map<DeviceKey, Bundle>();
  readonly #notify: (device: Device, notification: Stanza) => void;
  readonly #replaced: (device: Device) => void;
  #notifications = 0;

  constructor(deps: {
    /** Sends PreKeyLow. */
    readonly notify: (device: Device, notification: Stanza) => void;
    /** A device has uploaded another identity under the same number. */
    readonly replaced: (device: Device) => void;
  }) {
    this.#notify = deps.notify;
    this.#replaced = deps.replaced;
  }

  /** The linked devices of a phone that have uploaded keys. */
  devicesOf(phone: string): Device[] {
    return [...this.#bundles.values()]
      .map(({ device }) => device)
      .filter((device) => device.phone === phone && device.standing === 'linked');
  }

  find(id: DeviceId): Device | undefined {
    return this.devicesOf(id.phone).find(({ device }) => device === id.device);
  }

  /** The answer to a request of `xmlns="encrypt"`; undefined when it is an ordinary one. */
  answer(request: Stanza, device: Device): Stanza | undefined {
    if (attr(request, 'type') === 'set' && child(request, 'list')) this.#upload(request, device);
    if (attr(request, 'type') === 'set' && child(request, 'rotate')) this.#rotate(request, device);
    if (child(request, 'count')) {
      const held = this.#bundles.get(keyOf(device))?.oneTime.length;
      return resultOf(request, [
        node('count', { value: held === undefined ? countBeforeUpload : String(held) }),
      ]);
    }
    const wanted = attr(request, 'type') === 'get' ? child(request, 'key') : undefined;
    return (
      wanted &&
      resultOf(request, [
        node(
          'list',
          {},
          children(wanted).flatMap((user) => this.#handOut(user)),
        ),
      ])
    );
  }

  /** How many one-time keys of a device are left. */
  oneTimeKeys(id: DeviceId): number {
    return this.#bundles.get(keyOf(id))?.oneTime.length ?? 0;
  }

  #upload(request: Stanza, device: Device): void {
    const known = this.#bundles.get(keyOf(device));
    const fixed = ['registration', 'type', 'identity', 'skey']
      .map((tag) => child(request, tag))
      .filter((one) => one !== undefined);
    const isSame = known !== undefined && identityOf(known.fixed) === identityOf(fixed);
    if (known && !isSame) this.#replaced(device);
    const fresh = children(child(request, 'list'));
    const ids = new Set(fresh.map(keyIdOf));
    const kept = isSame ? known.oneTime.filter((key) => !ids.has(keyIdOf(key))) : [];
    const oneTime = [...kept, ...fresh];
    this.#bundles.set(keyOf(device), { device, fixed, oneTime });
  }

  #rotate(request: Stanza, device: Device): void {
    const known = this.#bundles.get(keyOf(device));
    const key = child(child(request, 'rotate'), 'skey');
    if (known && key) known.fixed = known.fixed.map((one) => (one.tag === 'skey' ? key : one));
  }

  #handOut(user: Stanza): Stanza[] {
    const jid = attr(user, 'jid') ?? '';
    const bundle = this.#bundles.get(keyOf(deviceIdOf(jid)));
    if (!bundle) return [];
    const once = bundle.oneTime.shift();
    const left = bundle.oneTime.length;
    if (once && left < lowBelow) this.#low(bundle.device, left);
    return [node('user', { jid }, [...bundle.fixed, ...(once ? [once] : [])])];
  }

  #low(device: Device, left: number): void {
    this.#notifications += 1;
    const attrs = { from: S_WHATSAPP_NET, type: 'encrypt', id: `low-${this.#notifications}`, t: nowS() };
    this.#notify(device, node('notification', attrs, [node('count', { value: String(left) })]));
  }
}
