import type { DeviceId } from '../credentials.ts';
import { matches, type Target } from '../devices.ts';
import { attr, type Stanza } from '../stanza.ts';
import { deviceIdOf, isGroup } from './address.ts';

/** What goes wrong with one stanza of a client. */
export type StanzaFault =
  /** A message: an ack with this error instead of a relay (463, 479, 400 …). */
  | { readonly kind: 'refuse'; readonly code: number }
  /** A message: relayed, never acknowledged. */
  | { readonly kind: 'silent' }
  /** A message: relayed at once, acknowledged later. */
  | { readonly kind: 'late-ack'; readonly ms: number }
  /** A message: acknowledged with another `phash`, as when a device of the recipient was missed. */
  | { readonly kind: 'phash' }
  /** A message or a receipt: acknowledged, never relayed. */
  | { readonly kind: 'lose' }
  /** A message or a receipt: as if it had never arrived. */
  | { readonly kind: 'drop' }
  /** A message: companions get it without its content (view once, or "absent from node"). */
  | { readonly kind: 'absent' }
  /** A message: relayed twice. */
  | { readonly kind: 'twice' }
  /** A message or a receipt: acknowledged at once, relayed later; what is sent after it may overtake it. */
  | { readonly kind: 'late'; readonly ms: number };

/** What goes wrong with a request: no answer (`mute`), or an error answer with this code. */
export type RequestFault = { readonly kind: 'mute' } | { readonly kind: 'error'; readonly code: number };

/** Which stanzas a fault hits. */
export interface StanzaTarget {
  readonly tag?: 'message' | 'receipt';
  readonly from?: Target;
  /** A phone, a device or a group. */
  readonly to?: Target;
  /** The id of one message. */
  readonly id?: string;
}

export interface HowOften {
  /** How many stanzas it hits before it goes away by itself; without end unless given. */
  readonly times?: number;
  /** The share of the stanzas that it hits, 0 to 1; all unless given. */
  readonly share?: number;
}

interface Entry {
  readonly fault: StanzaFault;
  readonly target: StanzaTarget;
  readonly share: number;
  left: number;
}

const reaches = (target: Target, jid: string): boolean =>
  isGroup(jid) ? target === 'all' || target === jid : matches(target, deviceIdOf(jid));

/** The faults of single stanzas and requests; the newest that fits is the one that strikes. */
export class StanzaFaults {
  #entries: Entry[] = [];
  readonly #requests = new Map<string, { readonly fault: RequestFault; left: number }>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  set(target: StanzaTarget, fault: StanzaFault, { times = Infinity, share = 1 }: HowOften = {}): void {
    this.#entries.unshift({ fault, target, share, left: times });
  }

  /** Hits requests of this `xmlns`, for example `usync` or `w:g2`. */
  setRequest(xmlns: string, fault: RequestFault, { times = Infinity }: HowOften = {}): void {
    this.#requests.set(xmlns, { fault, left: times });
  }

  clear(): void {
    this.#entries = [];
    this.#requests.clear();
  }

  at(stanza: Stanza, from: DeviceId): StanzaFault | undefined {
    const [to, id] = [attr(stanza, 'to') ?? '', attr(stanza, 'id') ?? ''];
    const entry = this.#entries.find(
      ({ target, share, left }) =>
        left > 0 &&
        (target.tag ?? 'message') === stanza.tag &&
        (target.id ?? id) === id &&
        matches(target.from ?? 'all', from) &&
        reaches(target.to ?? 'all', to) &&
        (share >= 1 || this.#random() < share),
    );
    if (entry) entry.left -= 1;
    return entry?.fault;
  }

  atRequest(xmlns: string): RequestFault | undefined {
    const entry = this.#requests.get(xmlns);
    if (!entry || entry.left <= 0) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}
