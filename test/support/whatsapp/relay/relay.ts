import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { DeviceId } from '../credentials.ts';
import type { Device } from '../devices.ts';
import type { Link } from '../link.ts';
import { attr, child, node, resultOf, type Stanza } from '../stanza.ts';
import { Accounts } from './accounts.ts';
import { keyOf } from './address.ts';
import { Bundles } from './bundles.ts';
import { Directory } from './directory.ts';
import { StanzaFaults } from './faults.ts';
import { Groups } from './groups.ts';
import { RelayLedger } from './ledger.ts';
import { Mailboxes } from './mailboxes.ts';
import { Messages } from './messages.ts';
import { Receipts } from './receipts.ts';
import { Reuploads } from './reupload.ts';

/**
 * Relays messages between the devices of a fake server (option `relay`): key bundles, device lists, groups,
 * acks, receipts, retries, and a queue per device. Its state lives as long as the `FakeWhatsApp`, through
 * `close` and `listen`.
 *
 * A test starts from credentials and key stores of its own: a client whose key store was emptied under the
 * same credentials uploads the same key ids with other keys, and its messages become unreadable.
 */
export class Relay {
  readonly ledger = new RelayLedger();
  readonly faults = new StanzaFaults();
  /** Called with each stanza from a device, before it is taken, and with each that waited for one. */
  readonly watchers = new Set<(direction: 'from' | 'to', device: DeviceId, stanza: Stanza) => void>();
  readonly mailboxes = new Mailboxes((to, stanza) => this.#watched('to', to, stanza));
  readonly bundles = new Bundles({
    notify: (device, notification) => this.mailboxes.put(device, notification),
    replaced: (device) => this.mailboxes.empty(device),
  });
  readonly directory = new Directory(this.bundles);
  readonly groups = new Groups((phones, notification) => {
    for (const device of phones.flatMap((phone) => this.bundles.devicesOf(phone)))
      this.mailboxes.put(device, notification);
  });
  readonly accounts = new Accounts(this.bundles, this.mailboxes);
  readonly reuploads = new Reuploads(this.mailboxes);
  /** Names for `media_conn`, of `MediaHost`s. */
  readonly mediaHosts: string[] = [];
  readonly messages = new Messages(this);
  readonly #receipts = new Receipts(this);

  online(device: Device, link: Link): void {
    this.mailboxes.online(device, link);
  }

  offline(device: Device, link: Link): void {
    this.mailboxes.offline(device, link);
  }

  /** Sends what waited and returns how much; called when the client has asked for it. */
  replay(device: Device): number {
    return this.mailboxes.replay(device);
  }

  /** How many messages wait for a device. */
  waiting(id: DeviceId): number {
    return this.mailboxes.waiting(id).filter(({ tag }) => tag === 'message').length;
  }

  /**
   * The answer to a request of a client; `silence` for none at all, undefined when it is not for the relay.
   */
  answer(request: Stanza, device: Device): Stanza | 'silence' | undefined {
    const xmlns = attr(request, 'xmlns') ?? '';
    const fault = this.faults.atRequest(xmlns);
    if (fault?.kind === 'mute') return 'silence';
    if (fault) {
      const attrs = { id: attr(request, 'id') ?? '', type: 'error', from: S_WHATSAPP_NET };
      const text = fault.code === 429 ? 'rate-overlimit' : 'refused';
      return node('iq', attrs, [node('error', { code: String(fault.code), text })]);
    }
    if (xmlns === 'encrypt') return this.bundles.answer(request, device);
    if (xmlns === 'usync') return this.directory.answer(request);
    if (xmlns === 'w:g2') return this.groups.answer(request, device);
    if (child(request, 'media_conn') && this.mediaHosts.length > 0) {
      const hosts = this.mediaHosts.map((hostname) => node('host', { hostname }));
      const attrs = { auth: 'test', ttl: '3600', auth_ttl: '3600', max_buckets: '12' };
      return resultOf(request, [node('media_conn', attrs, hosts)]);
    }
    return this.accounts.answer(request, device);
  }

  /** Takes a stanza that is no request. */
  take(stanza: Stanza, device: Device): void {
    this.#watched('from', device, stanza);
    this.ledger.record(keyOf(device), stanza);
    if (stanza.tag === 'message') this.messages.take(stanza, device, this.faults.at(stanza, device));
    else if (attr(stanza, 'type') === 'server-error') this.reuploads.take(stanza, device);
    else if (stanza.tag === 'receipt') this.#receipts.take(stanza, device, this.faults.at(stanza, device));
    else if (stanza.tag === 'ack') this.mailboxes.answered(device, attr(stanza, 'class') ?? '', stanza);
  }

  #watched(direction: 'from' | 'to', device: DeviceId, stanza: Stanza): void {
    for (const watcher of this.watchers) watcher(direction, device, stanza);
  }
}
