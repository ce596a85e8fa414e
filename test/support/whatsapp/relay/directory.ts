import { attr, bytesOf, child, children, node, resultOf, type Stanza } from '../stanza.ts';
import { bare, lidJid, phoneJid, phoneOf } from './address.ts';
import type { Bundles } from './bundles.ts';

/**
 * Numbers that WhatsApp writes otherwise than people do: asked number → the phone that WhatsApp answers.
 * Brazil has the 9 behind the area code only in numbers of newer accounts, Mexico dropped the 1 behind 52,
 * Argentina has a 9 behind 54. The last four digits are zeros, so that no number belongs to a person.
 */
export const writtenOtherwise: Readonly<Record<string, string>> = {
  '5511990000000': '551190000000',
  '525500000000': '5215500000000',
  '541100000000': '5491100000000',
};

/** The phones that are on WhatsApp, and their ids: the answers to `usync`. */
export class Directory {
  /** Asked number → the phone that WhatsApp knows. Tests add their own. */
  readonly numbers = new Map<string, string>(Object.entries(writtenOtherwise));
  readonly #bundles: Bundles;
  readonly #withoutLid = new Set<string>();
  readonly #withoutPhone = new Set<string>();

  constructor(bundles: Bundles) {
    this.#bundles = bundles;
  }

  /** The phone has no LID for others until `showLid`: a mapping that appears later. */
  hideLid(phone: string): void {
    this.#withoutLid.add(phone);
  }
  showLid(phone: string): void {
    this.#withoutLid.delete(phone);
  }
  /** Others see only the LID, as of a stranger in a group. */
  hidePhone(phone: string): void {
    this.#withoutPhone.add(phone);
  }
  showPhone(phone: string): void {
    this.#withoutPhone.delete(phone);
  }
  knowsLid(phone: string): boolean {
    return !this.#withoutLid.has(phone);
  }
  showsPhone(phone: string): boolean {
    return !this.#withoutPhone.has(phone);
  }

  answer(request: Stanza): Stanza {
    const usync = child(request, 'usync');
    const users = children(child(usync, 'list')).map((user) => this.#user(user));
    return resultOf(request, [node('usync', { ...usync?.attrs }, [node('list', {}, users)])]);
  }

  #user(user: Stanza): Stanza {
    const typed = bytesOf(children(user).find(({ tag }) => tag === 'contact'));
    const asked = typed?.toString().replace('+', '') ?? '';
    const given = attr(user, 'jid');
    const jid = given === undefined ? phoneJid(this.numbers.get(asked) ?? asked) : bare(given);
    const phone = phoneOf(jid);
    const devices = this.#bundles.devicesOf(phone);
    const isKnown = devices.length > 0;
    return node('user', { jid }, [
      node('contact', { type: isKnown ? 'in' : 'out' }, typed),
      node('devices', {}, [
        node(
          'device-list',
          {},
          devices.map(({ device }) => node('device', { id: String(device), 'key-index': String(device) })),
        ),
      ]),
      ...(isKnown && this.knowsLid(phone) ? [node('lid', { val: lidJid(phone) })] : []),
    ]);
  }
}
