import type { Device } from '../devices.ts';
import { sha256 } from '../keys.ts';
import { attr, bytesOf, child, children, node, nowS, type Stanza } from '../stanza.ts';
import type { Accounts } from './accounts.ts';
import { bare, deviceIdOf, isGroup, keyOf, sideOf } from './address.ts';
import type { Bundles } from './bundles.ts';
import type { Directory } from './directory.ts';
import type { StanzaFault } from './faults.ts';
import type { Group, Groups } from './groups.ts';
import type { Delivery, RelayedMessage, RelayLedger } from './ledger.ts';
import type { Mailboxes } from './mailboxes.ts';

export interface MessageDeps {
  readonly accounts: Accounts;
  readonly bundles: Bundles;
  readonly directory: Directory;
  readonly groups: Groups;
  readonly mailboxes: Mailboxes;
  readonly ledger: RelayLedger;
}

/** A copy of a message: for which device, with which ciphertexts. */
interface Copy {
  readonly device: Device;
  readonly encs: readonly Stanza[];
}

const reachoutLocked: StanzaFault = { kind: 'refuse', code: 463 };
/** `phash` of no device list. */
const otherPhash = '2:AAAAAAAA';

/** A companion gets the message without its content, and asks its phone for it; the phone has it. */
const absent = ({ device, encs }: Copy): Copy => ({
  device,
  encs: device.device === 0 ? encs : [node('unavailable', {})],
});

/** Takes the `<message>` stanzas of devices and puts a copy into the mailbox of each recipient. */
export class Messages {
  /** 1:1 messages are delivered under the LID, as in migrated chats, whatever the sender wrote. */
  lidAddressing = false;
  readonly #deps: MessageDeps;

  constructor(deps: MessageDeps) {
    this.#deps = deps;
  }

  take(message: Stanza, from: Device, given: StanzaFault | undefined): void {
    if (given?.kind === 'drop') return;
    const fault = this.#deps.accounts.refuses(message, from) ? reachoutLocked : given;
    const id = attr(message, 'id') ?? '';
    const row = this.#deps.ledger.message(id, keyOf(from), bare(attr(message, 'to') ?? ''));
    if (this.#isForOneDevice(message)) row.resends += 1;
    else row.stanzas += 1;
    this.#acknowledge(message, from, row, fault);
    if (fault?.kind === 'refuse' || fault?.kind === 'lose') return;
    this.#relay(message, from, row, fault);
    this.#deps.accounts.relayed(from.phone, attr(message, 'to') ?? '');
    if (fault?.kind === 'twice') this.#relay(message, from, row, undefined);
  }

  /**
   * A message for one device, which is its child `enc`: a resend after a retry receipt, or a `peer` message
   * to the own phone. Baileys adds `participants` to a resend too; they hold the same, and are not relayed.
   */
  #isForOneDevice(message: Stanza): boolean {
    if (attr(message, 'participant') !== undefined) return true;
    return !isGroup(attr(message, 'to') ?? '') && child(message, 'enc') !== undefined;
  }

  #acknowledge(message: Stanza, from: Device, row: RelayedMessage, fault: StanzaFault | undefined): void {
    if (fault?.kind === 'silent') return;
    const attrs = {
      ...{ class: 'message', id: row.id, from: attr(message, 'to') ?? '', t: nowS() },
      ...(fault?.kind === 'refuse' && { error: String(fault.code) }),
      ...(fault?.kind === 'phash' && { phash: otherPhash }),
    };
    const write = (): void => {
      if (row.acked !== 'yes') row.acked = fault?.kind === 'refuse' ? fault.code : 'yes';
      this.#deps.mailboxes.write(from, node('ack', attrs));
    };
    if (fault?.kind === 'late-ack') setTimeout(write, fault.ms).unref();
    else write();
  }

  #relay(message: Stanza, from: Device, row: RelayedMessage, fault: StanzaFault | undefined): void {
    const put = (): void => {
      for (const copy of this.#copies(message, from))
        this.#give(fault?.kind === 'absent' ? absent(copy) : copy, message, from, row);
    };
    if (fault?.kind === 'late') setTimeout(put, fault.ms).unref();
    else put();
  }

  #copies(message: Stanza, from: Device): Copy[] {
    const { bundles, groups } = this.#deps;
    const to = attr(message, 'to') ?? '';
    const group = groups.find(to);
    const shared = children(message).filter(({ tag }) => tag === 'enc');
    if (this.#isForOneDevice(message)) {
      const device = bundles.find(deviceIdOf(attr(message, 'participant') ?? to));
      return device ? [{ device, encs: shared }] : [];
    }
    const own = new Map(
      children(child(message, 'participants')).map((one) => [
        keyOf(deviceIdOf(attr(one, 'jid') ?? '')),
        children(one).filter(({ tag }) => tag === 'enc'),
      ]),
    );
    const devices = group
      ? group.members.flatMap((phone) => bundles.devicesOf(phone))
      : [...own.keys()].map((key) => bundles.find(deviceIdOf(key))).filter((one) => one !== undefined);
    return devices
      .filter((device) => keyOf(device) !== keyOf(from))
      .map((device) => ({ device, encs: [...(own.get(keyOf(device)) ?? []), ...shared] }));
  }

  #give({ device, encs }: Copy, message: Stanza, from: Device, row: RelayedMessage): void {
    const identity = child(message, 'device-identity');
    const digest = sha256(...encs.map((enc) => bytesOf(enc) ?? Buffer.alloc(0))).toString('hex');
    const delivery: Delivery = { to: keyOf(device), digest, at: Date.now(), state: 'waiting' };
    row.deliveries.push(delivery);
    this.#deps.mailboxes.put(
      device,
      node('message', this.#attrsFor(device, message, from), [...encs, ...(identity ? [identity] : [])]),
      (error) => {
        delivery.state = error === undefined ? 'received' : 'refused';
      },
    );
  }

  /** The attributes as the recipient sees them. */
  #attrsFor(device: Device, message: Stanza, from: Device): Record<string, string> {
    const to = attr(message, 'to') ?? '';
    const group = this.#deps.groups.find(to);
    const isLid = this.#isByLid(to, group);
    const isOwn = device.phone === from.phone && !group;
    const [sender, other] = [sideOf(from, isLid), bare(sideOf(from, !isLid))];
    const showsOther = isLid
      ? this.#deps.directory.showsPhone(from.phone)
      : this.#deps.directory.knowsLid(from.phone);
    const otherName = `${group ? 'participant' : 'sender'}_${isLid ? 'pn' : 'lid'}`;
    const [edit, category] = [attr(message, 'edit'), attr(message, 'category')];
    return {
      ...{ id: attr(message, 'id') ?? '', t: nowS(), type: attr(message, 'type') ?? 'text' },
      ...{ notify: from.name || 'Test', addressing_mode: isLid ? 'lid' : 'pn' },
      ...(edit !== undefined && { edit }),
      ...(category !== undefined && { category }),
      ...(group ? { from: to, participant: sender } : { from: sender }),
      ...(showsOther && { [otherName]: other }),
      ...(isOwn && { recipient: bare(attr(message, 'recipient') ?? to) }),
    };
  }

  #isByLid(to: string, group: Group | undefined): boolean {
    return group ? group.addressing === 'lid' : to.endsWith('@lid') || this.lidAddressing;
  }
}
