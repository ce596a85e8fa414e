/** The changes of one transaction of an inbox: what arrives, what is kept of it, and what leaves for it. */
import type { Org } from '../../machines/domain/ports.ts';
import type { TableChange } from '../database/table.ts';
import type { InboxItem } from '../protocol/messages.ts';
import type { Days } from './days.ts';
import type { MessageEventSink } from './events-port.ts';
import { counted } from './hours.ts';
import type { InStates } from './in-states.ts';
import type { MessagesPolicy } from './policy.ts';
import type { ArrivedMessage, Folded, StanzaRef, UnnumberedItem } from './ports.ts';
import type { Recipients } from './recipients.ts';
import { digestOf, InboxRow, type InState, PlainRow, plainId, readAs } from './rows.ts';
import type { MessageTable } from './table.ts';

export interface InboxDeps {
  readonly table: MessageTable;
  readonly policy: MessagesPolicy;
  readonly recipients: Recipients;
  readonly sink: MessageEventSink;
  readonly fold: (org: Org, arrived: ArrivedMessage) => readonly Folded[];
  /** The id for clients of a message that was sent from here; undefined for any other. */
  readonly sentId: (org: Org, whatsappId: string) => string | undefined;
  readonly now: () => number;
  /** Entries that were removed before every receiver had them. */
  readonly onDropped: (org: Org, count: number) => void;
}
/** What the inbox has already. */
export interface TakenBefore {
  readonly states: InStates;
  readonly seen: Days;
  readonly refs: Days;
  readonly media: Days;
  /** Whether a receiver may still read the content. */
  isWaitedFor(row: InboxRow): boolean;
}

export const refDigest = ({ id, from, participant, enc, digest }: StanzaRef): string =>
  digestOf(id, from, participant ?? null, enc, digest);
/** WhatsApp's id of a message within its chat, for what refers to it. */
export const nameInChat = (chat: string, whatsappId: string): string => digestOf('in', chat, whatsappId);
const bytesOf = (value: unknown): number => JSON.stringify(value).length;

/** The message that an entry is about; a change is known by the stanza that brought it. */
const seenIdOf = (item: UnnumberedItem, { key }: Folded): string => {
  if (item.type === 'message.received' || item.type === 'message.sent_elsewhere') return item.message.id;
  const { id, remoteJid, participant, fromMe } = key;
  return digestOf(item.type, remoteJid, fromMe ? '' : (participant ?? remoteJid), id);
};
const peopleOf = (item: UnnumberedItem) => {
  if (item.type === 'message.changed') return item.change;
  return item.type === 'message.unreadable' ? item.unreadable : item.message;
};
const aboutOf = (item: UnnumberedItem): readonly string[] => {
  const { chat, contact } = peopleOf(item);
  return [
    ...new Set([chat.id, contact.phone, contact.lid].flatMap((id) => (id === null ? [] : plainId(id)))),
  ];
};
const filenameOf = (item: UnnumberedItem): string | null =>
  item.type === 'message.received' || item.type === 'message.sent_elsewhere'
    ? (item.message.document?.filename ?? null)
    : null;

export const inboxRemoval = (org: Org, seq: number, about: readonly string[]): readonly TableChange[] => [
  { key: ['inbox', org, seq] },
  ...about.map((id) => ({ key: ['about', org, id, 'in', seq] })),
];
export const plainRemoval = (org: Org, n: number, about: readonly string[]): readonly TableChange[] => [
  { key: ['plain', org, n] },
  ...about.map((id) => ({ key: ['about', org, id, 'plain', n] })),
];

export class Taking {
  readonly changes: TableChange[] = [];
  state: InState;
  /** Entries that leave before every receiver had them. */
  dropped = 0;
  readonly #d: InboxDeps;
  readonly #inbox: TakenBefore;
  readonly #org: Org;
  /** What this transaction adds, by name. */
  readonly #added = new Map<string, string>();
  /** The first that this transaction does not remove. */
  #first = { inbox: 0, plain: 0 };

  constructor(deps: InboxDeps, inbox: TakenBefore, org: Org) {
    this.#d = deps;
    this.#inbox = inbox;
    this.#org = org;
    this.state = inbox.states.of(org);
  }
  /** A ciphertext that was taken before adds nothing. */
  add(arrived: ArrivedMessage, folded: readonly Folded[]): void {
    const org = this.#org;
    const ref = refDigest(arrived);
    if (this.#added.has(ref) || this.#inbox.refs.find(org, ref) !== undefined) return;
    this.#added.set(ref, '');
    const n = this.state.plainN + 1;
    const about = [...new Set(folded.flatMap(({ items }) => items.flatMap(aboutOf)))];
    const quoted = folded.length === 1 ? (folded[0]?.quoted ?? null) : null;
    const row = {
      ...{ plaintext: arrived.plaintext, quoted, at: this.#d.now(), about },
      ids: folded.flatMap((one) => one.items.map((item) => seenIdOf(item, one))),
      media: folded.flatMap(({ media }) => media.map(({ mediaId }) => mediaId)),
    };
    const bytes = bytesOf(row);
    this.changes.push(
      { key: ['plain', org, n], value: { ...row, bytes } },
      { key: this.#inbox.refs.key(this.#d.now(), org, ref), value: n },
      ...about.map((id) => ({ key: ['about', org, id, 'plain', n], value: 1 })),
    );
    this.state = { ...this.state, plainN: n, plainBytes: this.state.plainBytes + bytes };
    for (const one of folded) this.addFolded(one, n);
    while (this.#isBeyond(this.state.plainBytes)) if (!this.#removeOldestPlain()) break;
  }
  /** `n`: the plaintext that holds it; 0: none. */
  addFolded(folded: Folded, n: number): void {
    for (const item of folded.items) this.#addItem(item, folded, n);
  }

  #addItem(item: UnnumberedItem, folded: Folded, n: number): void {
    const { now, recipients } = this.#d;
    const org = this.#org;
    const id = seenIdOf(item, folded);
    if (this.#added.has(id) || this.#inbox.seen.find(org, id) !== undefined) return;
    this.#added.set(id, id);
    const seq = this.state.seq + 1;
    const about = aboutOf(item);
    const { chat, contact } = peopleOf(item);
    const name = nameInChat(chat.id, folded.key.id);
    const isMessage = item.type === 'message.received' || item.type === 'message.sent_elsewhere';
    const row = {
      item: this.#linked(item, seq),
      at: now(),
      eventId: `evt_${digestOf(org, id, item.type)}`,
      ...(item.type === 'message.received' && recipients.isLink(org, contact) && { linked: contact }),
      about,
    };
    const bytes = bytesOf(row);
    this.changes.push(
      { key: ['inbox', org, seq], value: { ...row, bytes } },
      { key: this.#inbox.seen.key(now(), org, id), value: { key: folded.key, n } },
      ...about.map((one) => ({ key: ['about', org, one, 'in', seq], value: 1 })),
      ...folded.media.map((source) => ({
        key: this.#inbox.media.key(now(), source.mediaId),
        value: { org, source, filename: filenameOf(item), key: folded.key, n },
      })),
    );
    if (isMessage && !this.#added.has(name) && this.#inbox.seen.find(org, name) === undefined) {
      // the first: senders choose ids, and none takes the place of another's message
      this.#added.set(name, id);
      this.changes.push({ key: this.#inbox.seen.key(now(), org, name), value: id });
    }
    this.state = { ...this.state, seq, bytes: this.state.bytes + bytes };
    if (item.type === 'message.received') {
      this.changes.push(...recipients.noted(org, [contact.phone, contact.lid], 'heardAt'));
      this.state = { ...this.state, hours: counted(this.state.hours, now(), 1), lastAt: now() };
    }
    while (this.#isBeyond(this.state.bytes)) if (!this.#removeOldest()) break;
  }
  /** Names the message that a reply or a change is about, if it is known here. */
  #linked(item: UnnumberedItem, seq: number): InboxItem {
    if (item.type === 'message.unreadable') return { ...item, seq };
    if (item.type === 'message.changed') {
      const { chat, whatsappId, messageId } = item.change;
      return {
        ...item,
        seq,
        change: { ...item.change, messageId: messageId ?? this.#idOf(chat.id, whatsappId) },
      };
    }
    const { chat, replyTo } = item.message;
    if (replyTo === null) return { ...item, seq };
    const id = replyTo.id ?? this.#idOf(chat.id, replyTo.whatsappId);
    return { ...item, seq, message: { ...item.message, replyTo: { ...replyTo, id } } };
  }
  #idOf(chat: string, whatsappId: string): string | null {
    const name = nameInChat(chat, whatsappId);
    const id = this.#added.get(name) ?? this.#inbox.seen.find(this.#org, name)?.[1];
    if (typeof id === 'string') return id;
    return this.#d.sentId(this.#org, whatsappId) ?? null;
  }
  #isBeyond(bytes: number): boolean {
    const { policy } = this.#d;
    const before = this.#inbox.states.of(this.#org);
    const more = this.state.bytes + this.state.plainBytes - before.bytes - before.plainBytes;
    return bytes > policy.bytes || (bytes > 0 && this.#inbox.states.bytes() + more > policy.bytesOfAll);
  }
  #oldest(kind: 'inbox' | 'plain'): readonly [number, unknown] | undefined {
    const [first] = this.#d.table.range({
      atLeast: [kind, this.#org, this.#first[kind]],
      below: [kind, this.#org, '\uffff'],
      limit: 1,
    });
    if (first === undefined) return undefined;
    const n = Number(first[0][2]);
    this.#first = { ...this.#first, [kind]: n + 1 };
    return [n, first[1]];
  }
  /** False when none is left. */
  #removeOldest(): boolean {
    const oldest = this.#oldest('inbox');
    if (oldest === undefined) return false;
    const [seq, value] = oldest;
    const row = readAs(InboxRow, value);
    this.changes.push(...inboxRemoval(this.#org, seq, row?.about ?? []));
    this.state = { ...this.state, bytes: Math.max(0, this.state.bytes - (row?.bytes ?? 0)) };
    if (row !== undefined && this.#inbox.isWaitedFor(row)) this.dropped += 1;
    return true;
  }
  #removeOldestPlain(): boolean {
    const oldest = this.#oldest('plain');
    if (oldest === undefined) return false;
    const row = readAs(PlainRow, oldest[1]);
    this.changes.push(...plainRemoval(this.#org, oldest[0], row?.about ?? []));
    this.state = { ...this.state, plainBytes: Math.max(0, this.state.plainBytes - (row?.bytes ?? 0)) };
    return true;
  }
}
