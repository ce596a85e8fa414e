import { randomBytes } from 'node:crypto';
import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { Device } from '../devices.ts';
import { attr, bytesOf, child, children, node, nowS, resultOf, type Stanza } from '../stanza.ts';
import { isGroup, lidJid, phoneJid, phoneOf } from './address.ts';
import type { Bundles } from './bundles.ts';
import type { Mailboxes } from './mailboxes.ts';

/** The query of the reach-out lock (`lib/Types/Mex.js` of Baileys). */
const reachoutQuery = '23983697327930364';

interface Lock {
  /** Epoch seconds; undefined: WhatsApp names no end. */
  readonly until: number | undefined;
}

/**
 * What WhatsApp allows an account: the reach-out lock (no messages to new contacts), and the tokens that a
 * contact gives (`tctoken`). Both are refused with 463.
 */
export class Accounts {
  /** Messages to a contact that never wrote need its token. */
  needsToken = false;
  readonly #bundles: Bundles;
  readonly #mailboxes: Mailboxes;
  readonly #locks = new Map<string, Lock>();
  readonly #tokens = new Map<string, Buffer>();
  /** `<from> <to>` of each 1:1 message that was relayed. */
  readonly #wrote = new Set<string>();
  #notifications = 0;

  constructor(bundles: Bundles, mailboxes: Mailboxes) {
    this.#bundles = bundles;
    this.#mailboxes = mailboxes;
  }

  /** Locks an account until then (epoch seconds), or without a named end, and pushes it to its devices. */
  restrict(phone: string, until?: number): void {
    this.#locks.set(phone, { until });
    this.#push(phone);
  }

  lift(phone: string): void {
    this.#locks.delete(phone);
    this.#push(phone);
  }

  /** True when a 1:1 message must be refused with 463. */
  refuses(message: Stanza, from: Device): boolean {
    const to = attr(message, 'to') ?? '';
    const peer = phoneOf(to);
    if (isGroup(to) || peer === from.phone || attr(message, 'category') === 'peer') return false;
    if (this.#wrote.has(`${peer} ${from.phone}`)) return false;
    if (this.#locks.has(from.phone)) return true;
    const token = this.#tokens.get(`${peer} ${from.phone}`);
    return this.needsToken && !(token && bytesOf(child(message, 'tctoken'))?.equals(token));
  }

  /** A 1:1 message was relayed: the recipient may answer. */
  relayed(from: string, to: string): void {
    if (!isGroup(to)) this.#wrote.add(`${from} ${phoneOf(to)}`);
  }

  /** The answer to a request of `xmlns="privacy"` or `w:mex`; undefined when it is another one. */
  answer(request: Stanza, device: Device): Stanza | undefined {
    const tokens = child(request, 'tokens');
    if (tokens && attr(request, 'type') === 'set') {
      for (const one of children(tokens)) this.#issue(device, one);
      return resultOf(request);
    }
    if (attr(child(request, 'query'), 'query_id') !== reachoutQuery) return undefined;
    const data = { xwa2_fetch_account_reachout_timelock: this.#lockOf(device.phone) };
    return resultOf(request, [node('result', {}, Buffer.from(JSON.stringify({ data })))]);
  }

  #issue(device: Device, asked: Stanza): void {
    const to = phoneOf(attr(asked, 'jid') ?? '');
    const token = randomBytes(16);
    this.#tokens.set(`${device.phone} ${to}`, token);
    const from = { from: phoneJid(device.phone), sender_lid: lidJid(device.phone) };
    this.#notify(to, 'privacy_token', from, [
      node('tokens', {}, [node('token', { type: 'trusted_contact', t: nowS() }, token)]),
    ]);
  }

  #lockOf(phone: string): Readonly<Record<string, unknown>> {
    const lock = this.#locks.get(phone);
    const ends = lock?.until === undefined ? {} : { time_enforcement_ends: String(lock.until) };
    return { is_active: lock !== undefined, enforcement_type: 'DEFAULT', ...ends };
  }

  #push(phone: string): void {
    const data = { xwa2_notify_account_reachout_timelock: this.#lockOf(phone) };
    const attrs = { op_name: 'NotificationUserReachoutTimelockUpdate' };
    this.#notify(phone, 'mex', { from: S_WHATSAPP_NET }, [
      node('update', attrs, Buffer.from(JSON.stringify({ data }))),
    ]);
  }

  #notify(phone: string, type: string, from: Record<string, string>, content: Stanza[]): void {
    this.#notifications += 1;
    const attrs = { ...from, type, id: `account-${this.#notifications}`, t: nowS() };
    for (const device of this.#bundles.devicesOf(phone))
      this.#mailboxes.put(device, node('notification', attrs, content));
  }
}
