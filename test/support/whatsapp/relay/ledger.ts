import { attr, type Stanza } from '../stanza.ts';
import type { DeviceKey } from './address.ts';

/** One copy of a message for one device. */
export interface Delivery {
  readonly to: DeviceKey;
  /** SHA-256 of the ciphertexts, hex. */
  readonly digest: string;
  /** Epoch ms. */
  readonly at: number;
  /**
   * `received`: the device sent a receipt. `refused`: it answered with an error, so WhatsApp forgets this
   * copy although the device could not read it.
   */
  state: 'waiting' | 'received' | 'refused' | 'lost';
}

export interface Receipt {
  readonly by: DeviceKey;
  /** `delivered` stands for a receipt without a type. */
  readonly type: string;
  readonly at: number;
}

/** A message that a device gave to the server. */
export interface RelayedMessage {
  readonly id: string;
  readonly from: DeviceKey;
  /** The jid that the sender wrote. */
  readonly to: string;
  /** Epoch ms of the first stanza. */
  readonly at: number;
  /** How many stanzas with this id the sender wrote; answers to retry receipts are counted in `resends`. */
  stanzas: number;
  resends: number;
  /** What the server answered: `yes` for an ack without an error, the code of an ack with one. */
  acked: 'no' | 'yes' | number;
  readonly deliveries: Delivery[];
  readonly receipts: Receipt[];
}

/** Which messages a question is about. A phone means all its devices. */
export interface Which {
  readonly id?: string;
  readonly from?: string;
  /** The recipient as the sender wrote it, without the device. */
  readonly to?: string;
}

const stanzasKept = 10_000;

/** What was relayed: the judge of tests, because it knows nothing of the rows of the program. */
export class RelayLedger {
  /** By id: two devices may use the same one. */
  readonly #messages = new Map<string, RelayedMessage[]>();
  readonly #stanzas: { readonly by: DeviceKey; readonly at: number; readonly stanza: Stanza }[] = [];

  /** The row of a message, made at its first stanza. */
  message(id: string, from: DeviceKey, to: string): RelayedMessage {
    const sameId = this.#messages.get(id) ?? [];
    const known = sameId.find((row) => row.from === from);
    if (known) return known;
    const row: RelayedMessage = {
      ...{ id, from, to, at: Date.now(), stanzas: 0, resends: 0, acked: 'no' as const },
      deliveries: [],
      receipts: [],
    };
    this.#messages.set(id, [...sameId, row]);
    return row;
  }

  /** Writes down every stanza of a client that is no request; the newest 10,000 are kept. */
  record(by: DeviceKey, stanza: Stanza): void {
    this.#stanzas.push({ by, at: Date.now(), stanza });
    if (this.#stanzas.length > stanzasKept) this.#stanzas.shift();
  }

  /** Oldest first. */
  messages({ id, from, to }: Which = {}): RelayedMessage[] {
    const rows = id === undefined ? [...this.#messages.values()].flat() : (this.#messages.get(id) ?? []);
    return rows.filter(
      (row) =>
        (from === undefined || row.from === from || row.from.startsWith(`${from}:`)) &&
        (to === undefined || row.to === to),
    );
  }

  /** The stanzas with this tag that a device or a phone sent; for example all its receipts. */
  stanzas(tag: string, by?: string): Stanza[] {
    return this.#stanzas
      .filter((one) => one.stanza.tag === tag)
      .filter((one) => by === undefined || one.by === by || one.by.startsWith(`${by}:`))
      .map(({ stanza }) => stanza);
  }

  /** How many retry receipts a device, a phone or all devices sent. */
  retries(by?: string): number {
    return this.stanzas('receipt', by).filter((stanza) => attr(stanza, 'type') === 'retry').length;
  }
}
