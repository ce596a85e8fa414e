/**
 * What arrived: entries with numbers without gaps, and what repeats, replies and media need. A message is
 * known by its chat, its sender and its id for seven days; a repeat changes nothing.
 */
import type { Org } from '../../machines/domain/ports.ts';
import { createSerialQueues } from '../base/serial-queue.ts';
import type { InboxItem } from '../protocol/messages.ts';
import { Days } from './days.ts';
import type { MessageEvent } from './events-port.ts';
import { InStates } from './in-states.ts';
import type { ArrivedMessage, Folded, StanzaRef, UnnumberedItem } from './ports.ts';
import { digestOf, InboxRow, type InState, PlainRow, readAs, SeenRow } from './rows.ts';
import { type InboxDeps, inboxRemoval, plainRemoval, refDigest, type TakenBefore, Taking } from './taking.ts';

/** A client that was away for this long still receives the content of an event that it missed. */
const resumableMs = 600_000;
/** Rows that one call of `expire` reads. */
const expiredAtOnce = 500;

export class Inbox implements TakenBefore {
  readonly #d: InboxDeps;
  readonly states: InStates;
  readonly seen: Days;
  readonly refs: Days;
  readonly media: Days;
  /** Changes of one organization's inbox, one after another: its numbers must have no gaps. */
  readonly #queues = createSerialQueues();

  constructor(deps: InboxDeps) {
    this.#d = deps;
    this.states = new InStates(deps.table);
    this.seen = new Days(deps.table, 'seen');
    this.refs = new Days(deps.table, 'ref');
    this.media = new Days(deps.table, 'media');
  }
  /**
   * Resolves when the messages are durable and announced. Rejects when the disk refuses; then call it again
   * with the same messages.
   */
  take(org: Org, arrived: readonly ArrivedMessage[]): Promise<void> {
    return this.#add(org, (taking) => {
      for (const one of arrived) taking.add(one, this.#d.fold(org, one));
    });
  }
  /** Adds an entry that no readable message brought. As `take`. */
  note(org: Org, item: UnnumberedItem, key: Folded['key']): Promise<void> {
    return this.#add(org, (taking) => taking.addFolded({ items: [item], media: [], quoted: null, key }, 0));
  }
  /** Announces what became durable before this start, and was not announced. */
  async announceDue(): Promise<void> {
    for (const org of this.states.orgs()) await this.#serially(org, () => this.#announce(org));
  }
  row(org: Org, seq: number): InboxRow | undefined {
    return readAs(InboxRow, this.#d.table.get(['inbox', org, seq]));
  }
  page(org: Org, after: number, limit: number): { items: readonly InboxItem[]; last: number } {
    const rows = this.#d.table.range({
      atLeast: ['inbox', org, after + 1],
      below: ['inbox', org, '\uffff'],
      limit,
    });
    const items = rows.flatMap(([, value]) => readAs(InboxRow, value)?.item ?? []);
    return { items, last: this.states.of(org).seq };
  }
  plain(org: Org, n: number): PlainRow | undefined {
    return readAs(PlainRow, this.#d.table.get(['plain', org, n]));
  }
  /** The padded plaintext of the very same ciphertext. */
  find(org: Org, ref: StanzaRef): Uint8Array | undefined {
    const n = this.refs.find(org, refDigest(ref))?.[1];
    const row = typeof n === 'number' ? this.plain(org, n) : undefined;
    return row && Buffer.from(row.plaintext, 'base64');
  }
  known(org: Org, messageId: string): SeenRow | undefined {
    return readAs(SeenRow, this.seen.find(org, messageId)?.[1]);
  }
  /** Whether a receiver may still read the content. */
  isWaitedFor({ at, eventId }: InboxRow): boolean {
    const { now, policy, sink } = this.#d;
    const age = now() - at;
    if (age >= 0 && age < Math.max(policy.keepMs, resumableMs)) return true;
    return age < 0 || sink.isNeeded(eventId);
  }
  /** Removes what no receiver waits for, and what is too old. A part at a time, the oldest first. */
  async expire(org: Org): Promise<void> {
    await this.#serially(org, async () => {
      const { table, now, policy } = this.#d;
      const first = { atLeast: ['inbox', org], below: ['inbox', org, '\uffff'], limit: expiredAtOnce };
      const rows = table.range(first).flatMap(([[, , seq], value]) => {
        const row = readAs(InboxRow, value);
        return row === undefined ? [] : [{ seq: Number(seq), row }];
      });
      const isOld = (row: InboxRow | PlainRow) => now() - row.at >= policy.receivedMs;
      const left = rows.filter(({ row }) => isOld(row) || !this.isWaitedFor(row));
      const dropped = left.filter(({ row }) => this.#d.sink.isNeeded(row.eventId)).length;
      const plain = table
        .range({ atLeast: ['plain', org], below: ['plain', org, '\uffff'], limit: expiredAtOnce })
        .flatMap(([[, , n], value]) => {
          const row = readAs(PlainRow, value);
          return row === undefined || !isOld(row) ? [] : [{ n: Number(n), row }];
        });
      await this.#remove(org, left, plain);
      if (dropped > 0) this.#d.onDropped(org, dropped);
    });
  }
  /** Removes the entries and the plaintexts of these numbers. Resolves with the number of entries. */
  async forget(org: Org, seqs: readonly number[], ns: readonly number[]): Promise<number> {
    return this.#serially(org, async () => {
      const entries = seqs.flatMap((seq) => {
        const row = this.row(org, seq);
        return row === undefined ? [] : [{ seq, row }];
      });
      const plain = ns.flatMap((n) => {
        const row = this.plain(org, n);
        return row === undefined ? [] : [{ n, row }];
      });
      await this.#remove(org, entries, plain);
      // what a repeat is known by stays, without the names in it
      const seen = plain.flatMap(({ row }) => row.ids.map((id) => this.seen.find(org, id)?.[0]));
      const media = plain.flatMap(({ row }) => row.media.map((id) => this.media.find(id)?.[0]));
      await this.#d.table.write([
        ...seen.flatMap((key) => (key === undefined ? [] : { key, value: 1 })),
        ...media.flatMap((key) => (key === undefined ? [] : { key })),
      ]);
      return entries.length;
    });
  }
  /** Removes all content of an organization. Its numbers go on. */
  async erase(org: Org): Promise<void> {
    await this.#serially(org, async () => {
      const media = [];
      for (const [, value] of this.#d.table.range({
        atLeast: ['plain', org],
        below: ['plain', org, '\uffff'],
      }))
        media.push(...(readAs(PlainRow, value)?.media ?? []).map((id) => this.media.find(id)?.[0]));
      await this.#d.table.write(media.flatMap((key) => (key === undefined ? [] : { key })));
      for (const kind of ['inbox', 'plain', 'about', 'chat', 'number'])
        await this.#d.table.clear({ atLeast: [kind, org], below: [kind, org, '\uffff'] });
      for (const days of [this.refs, this.seen]) await days.clear(org);
      await this.#save(org, { ...this.states.of(org), bytes: 0, plainBytes: 0 });
    });
  }

  #serially<T>(org: Org, work: () => Promise<T>): Promise<T> {
    return this.#queues.run(org, work);
  }
  #add(org: Org, fill: (taking: Taking) => void): Promise<void> {
    return this.#serially(org, async () => {
      const taking = new Taking(this.#d, this, org);
      fill(taking);
      if (taking.changes.length > 0) await this.#save(org, taking.state, taking.changes);
      if (taking.dropped > 0) this.#d.onDropped(org, taking.dropped);
      await this.#announce(org);
    });
  }
  async #save(org: Org, state: InState, changes: Taking['changes'] = []): Promise<void> {
    await this.#d.table.write([...changes, { key: ['in', org], value: state }]);
    this.states.set(org, state);
  }
  async #remove(
    org: Org,
    entries: readonly { readonly seq: number; readonly row: InboxRow }[],
    plain: readonly { readonly n: number; readonly row: PlainRow }[],
  ): Promise<void> {
    if (entries.length + plain.length === 0) return;
    const sum = (rows: readonly { readonly row: { readonly bytes: number } }[]) =>
      rows.reduce((total, { row }) => total + row.bytes, 0);
    const state = this.states.of(org);
    const bytes = Math.max(0, state.bytes - sum(entries));
    const plainBytes = Math.max(0, state.plainBytes - sum(plain));
    await this.#save(org, { ...state, bytes, plainBytes }, [
      ...entries.flatMap(({ seq, row }) => inboxRemoval(org, seq, row.about)),
      ...plain.flatMap(({ n, row }) => plainRemoval(org, n, row.about)),
    ]);
  }
  async #announce(org: Org): Promise<void> {
    const { announced, seq } = this.states.of(org);
    const events: MessageEvent[] = [];
    for (let n = announced + 1; n <= seq; n += 1) {
      const row = this.row(org, n);
      if (row === undefined) continue;
      const { eventId, at, item, linked } = row;
      events.push({ id: eventId, at, ref: { type: item.type, org, seq: n } });
      if (linked === undefined) continue;
      const linkId = `evt_${digestOf(org, 'contact.linked', linked.phone, linked.lid)}`;
      events.push({ id: linkId, at, ref: { type: 'contact.linked', org, contact: linked } });
    }
    if (events.length > 0) await this.#d.sink.announce(events);
    // written with the next change: after a crash the same announcements change nothing
    this.states.set(org, { ...this.states.of(org), announced: seq });
  }
}
