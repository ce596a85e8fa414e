import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { DeviceId } from '../credentials.ts';
import type { Device } from '../devices.ts';
import type { Link } from '../link.ts';
import { attr, node, type Stanza } from '../stanza.ts';
import { bare, type DeviceKey, keyOf } from './address.ts';

interface Waiting {
  readonly stanza: Stanza;
  /** How often it was written to a connection. */
  tries: number;
  /** Called when the device has answered it; `error`: the code of an ack with an error. */
  readonly answered: (error: string | undefined) => void;
}

interface Mailbox {
  device: Device;
  link?: Link;
  /** New stanzas go out at once, because the backlog of this connection has been sent. */
  isLive: boolean;
  readonly waiting: Waiting[];
}

/**
 * What waits for each device, in order, until the device answers it. It outlives connections and a restart of
 * the server (`close`, then `listen`), as WhatsApp's own queue does.
 */
export class Mailboxes {
  readonly #boxes = new Map<DeviceKey, Mailbox>();
  readonly #sent: (to: DeviceId, stanza: Stanza) => void;

  /** `sent` is called with each stanza that is written to a connection. */
  constructor(sent: (to: DeviceId, stanza: Stanza) => void = () => undefined) {
    this.#sent = sent;
  }

  #box(device: Device): Mailbox {
    const known = this.#boxes.get(keyOf(device));
    if (known) return known;
    const box: Mailbox = { device, isLive: false, waiting: [] };
    this.#boxes.set(keyOf(device), box);
    return box;
  }

  online(device: Device, link: Link): void {
    Object.assign(this.#box(device), { device, link, isLive: false });
  }

  offline(device: Device, link: Link): void {
    const box = this.#box(device);
    if (box.link !== link) return;
    box.isLive = false;
    delete box.link;
  }

  /** Writes to the present connection of the device and keeps nothing. */
  write(id: DeviceId, stanza: Stanza): void {
    this.#boxes.get(keyOf(id))?.link?.sendStanza(stanza);
  }

  /** Keeps the stanza until the device answers it. */
  put(device: Device, stanza: Stanza, answered: Waiting['answered'] = () => undefined): void {
    const box = this.#box(device);
    const one: Waiting = { stanza, tries: 0, answered };
    box.waiting.push(one);
    if (box.isLive) this.#send(box, one, false);
  }

  /** Sends the backlog and returns its length. From here on the connection gets new stanzas at once. */
  replay(device: Device): number {
    const box = this.#box(device);
    const { length } = box.waiting;
    box.isLive = true;
    if (length > 0) {
      const messages = box.waiting.filter(({ stanza }) => stanza.tag === 'message').length;
      const preview = { count: String(length), message: String(messages) };
      box.link?.sendStanza(node('ib', { from: S_WHATSAPP_NET }, [node('offline_preview', preview)]));
    }
    for (const one of box.waiting) this.#send(box, one, true);
    return length;
  }

  /**
   * The device has answered a stanza: the oldest that was sent and fits is forgotten. A younger one with the
   * same id stays, because it is a resend that this answer does not mean.
   */
  answered(device: Device, tag: string, answer: Stanza): void {
    const { waiting } = this.#box(device);
    const [id, to] = [attr(answer, 'id'), bare(attr(answer, 'to') ?? '')];
    const at = waiting.findIndex(
      ({ stanza, tries }) =>
        tries > 0 &&
        stanza.tag === tag &&
        attr(stanza, 'id') === id &&
        bare(attr(stanza, 'from') ?? '') === to,
    );
    if (at < 0) return;
    const [one] = waiting.splice(at, 1);
    one?.answered(attr(answer, 'error'));
  }

  /** The device was linked with other keys: nothing that waited can be read. */
  empty(device: Device): void {
    this.#box(device).waiting.length = 0;
  }

  /** The stanzas that wait for a device. */
  waiting(id: DeviceId): Stanza[] {
    return this.#boxes.get(keyOf(id))?.waiting.map(({ stanza }) => stanza) ?? [];
  }

  #send(box: Mailbox, one: Waiting, isOffline: boolean): void {
    one.tries += 1;
    const offline = isOffline ? { offline: String(one.tries - 1) } : {};
    if (!box.link) return;
    box.link.sendStanza({ ...one.stanza, attrs: { ...one.stanza.attrs, ...offline } });
    this.#sent(box.device, one.stanza);
  }
}
