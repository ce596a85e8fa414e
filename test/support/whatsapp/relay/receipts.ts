import type { Device } from '../devices.ts';
import { attr, child, children, node, nowS, type Stanza } from '../stanza.ts';
import { bare, deviceIdOf, isGroup, keyOf, phoneOf, sideOf } from './address.ts';
import type { StanzaFault } from './faults.ts';
import type { MessageDeps } from './messages.ts';

/** Receipts that mean nothing to the sender of the message: they are for other devices, or for the server. */
const notRelayed: ReadonlySet<string> = new Set([
  'hist_sync',
  'peer_msg',
  'sender',
  'read-self',
  'played-self',
]);
/**
 * Receipts after which the message still waits: read and played come after the delivery, and a retry is
 * followed by an ack.
 */
const settlesNothing: ReadonlySet<string> = new Set(['retry', 'read', 'played']);

/** Takes the `<receipt>` stanzas of devices and puts them into the mailboxes of the message's sender. */
export class Receipts {
  readonly #deps: MessageDeps;

  constructor(deps: MessageDeps) {
    this.#deps = deps;
  }

  take(receipt: Stanza, by: Device, fault: StanzaFault | undefined): void {
    if (fault?.kind === 'drop') return;
    const [id = '', to = '', type] = [attr(receipt, 'id'), attr(receipt, 'to'), attr(receipt, 'type')];
    this.#deps.mailboxes.write(by, node('ack', { class: 'receipt', id, from: to, ...(type && { type }) }));
    const ids = [id, ...children(child(receipt, 'list')).map((item) => attr(item, 'id') ?? '')];
    if (!settlesNothing.has(type ?? ''))
      for (const one of ids)
        this.#deps.mailboxes.answered(by, 'message', { tag: 'receipt', attrs: { id: one, to } });
    if (fault?.kind === 'lose' || notRelayed.has(type ?? '')) return;
    if (fault?.kind === 'late') setTimeout(() => this.#relay(receipt, by, ids), fault.ms).unref();
    else this.#relay(receipt, by, ids);
  }

  #relay(receipt: Stanza, by: Device, ids: readonly string[]): void {
    const { to = '', participant = '', type, ...rest } = receipt.attrs as Partial<Record<string, string>>;
    const isRetry = type === 'retry';
    // A group receipt names the author of the message as `participant`.
    const author = isGroup(to) ? participant : to;
    const mine = sideOf(by, author.endsWith('@lid'));
    const shown = isRetry ? mine : bare(mine);
    const attrs = {
      ...(rest as Record<string, string>),
      t: nowS(),
      // An `inactive` receipt comes from a client that is not on a screen; the sender sees a plain delivery.
      ...(type && type !== 'inactive' && { type }),
      ...(isGroup(to) ? { from: to, participant: shown } : { from: shown }),
    };
    this.#note(author, by, type, ids);
    const devices = isRetry
      ? [this.#deps.bundles.find(deviceIdOf(author))]
      : this.#deps.bundles.devicesOf(phoneOf(author));
    for (const device of devices)
      if (device) this.#deps.mailboxes.put(device, node('receipt', attrs, receipt.content));
  }

  #note(author: string, by: Device, type: string | undefined, ids: readonly string[]): void {
    const kind = type === undefined || type === 'inactive' ? 'delivered' : type;
    for (const id of ids)
      for (const row of this.#deps.ledger.messages({ id, from: phoneOf(author) }))
        row.receipts.push({ by: keyOf(by), type: kind, at: Date.now() });
  }
}
