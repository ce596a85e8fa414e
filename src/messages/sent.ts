/**
 * The rows of sent messages. Each change is one transaction with its announcement, which is repeated after a
 * crash until it was made.
 */
import type { Org } from '../../machines/domain/ports.ts';
import { isOpen, type SendFact, type SendState, stateAfter } from '../../machines/sending.ts';
import type { TableChange, TableKey } from '../database/table.ts';
import type { SentMessage } from '../protocol/messages.ts';
import type { Announcer } from './announcer.ts';
import { counted } from './hours.ts';
import type { OutStates } from './out-states.ts';
import { BodyRow, DueRow, digestOf, plainId, readAs, SentRow, sentIdOf, within } from './rows.ts';
import type { MessageTable } from './table.ts';

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

export const publicMessage = (org: Org, waId: string, row: SentRow): SentMessage => ({
  id: sentIdOf(waId),
  whatsappId: waId,
  orgId: org,
  to: row.to,
  contact: row.contact,
  type: row.type,
  state: row.state,
  error: row.error,
  createdAt: iso(row.createdAt),
  sentAt: isoOrNull(row.sentAt),
  deliveredAt: isoOrNull(row.deliveredAt),
  readAt: isoOrNull(row.readAt),
  revision: row.revision,
});

/** What `forget` knows it by. */
const aboutOf = ({ to, contact: { phone, lid } }: Pick<SentRow, 'to' | 'contact'>): readonly string[] => [
  ...new Set([to, phone, lid].flatMap((id) => (id === null ? [] : plainId(id)))),
];

export interface Changed {
  readonly row: SentRow;
  readonly previousState: SendState;
}
export type Over = Partial<Omit<SentRow, 'state' | 'revision'>>;
export interface SentDeps {
  readonly table: MessageTable;
  readonly states: OutStates;
  readonly announcer: Announcer;
  readonly now: () => number;
}

/** Rows that one call reads, when it skips some. */
const readAtOnce = 1_000;

export class Sent {
  readonly #d: SentDeps;
  readonly #waits = new Map<string, Set<(row: SentRow) => void>>();

  constructor(deps: SentDeps) {
    this.#d = deps;
  }
  get(org: Org, waId: string): SentRow | undefined {
    return readAs(SentRow, this.#d.table.get(['sent', org, waId]));
  }
  body(org: Org, waId: string): BodyRow | undefined {
    return readAs(BodyRow, this.#d.table.get(['body', org, waId]));
  }
  /** The id that was stored with a key of idempotency. */
  byKey(org: Org, key: string): string | undefined {
    const waId = this.#d.table.get(['key', org, key]);
    return typeof waId === 'string' ? waId : undefined;
  }
  /** The messages of before this start that were not finished. */
  *open(): Iterable<{ readonly org: Org; readonly waId: string; readonly row: SentRow }> {
    for (const [[, org, waId]] of this.#d.table.range(within('open'))) {
      const row = this.get(String(org), String(waId));
      if (row !== undefined && isOpen(row.state)) yield { org: String(org), waId: String(waId), row };
    }
  }
  /** Resolves when the message is durable. */
  async insert(org: Org, waId: string, row: SentRow, body: BodyRow): Promise<void> {
    const { table, states } = this.#d;
    const { n } = row;
    const key = (...name: TableKey) => ({ key: name, value: waId });
    try {
      await table.write([
        { key: ['sent', org, waId], value: row },
        { key: ['body', org, waId], value: body },
        { key: ['open', org, waId], value: 1 },
        key('order', org, n),
        key('key', org, row.key),
        ...aboutOf(row).map((id) => key('about', org, id, 'out', n)),
        states.add(org, { bytes: row.bytes }),
      ]);
    } catch (error) {
      states.add(org, { bytes: -row.bytes });
      throw error;
    }
  }
  /**
   * Applies a fact. Undefined when it changes nothing. Resolves when the change is durable, and rejects when
   * the disk refuses it; then nothing was changed. `also`: further changes of the same transaction.
   */
  async apply(
    org: Org,
    waId: string,
    fact: SendFact,
    over: Over = {},
    also: readonly TableChange[] = [],
  ): Promise<Changed | undefined> {
    const before = this.get(org, waId);
    const state = before && stateAfter(before.state, fact);
    if (before === undefined || state === undefined) return undefined;
    const row: SentRow = { ...before, error: null, ...over, state, revision: before.revision + 1 };
    const isAnnounced = state !== 'sending';
    const due = { at: this.#d.now(), previousState: before.state };
    const changes: TableChange[] = [
      { key: ['sent', org, waId], value: row },
      { key: ['open', org, waId], ...(isOpen(state) && { value: 1 }) },
      this.#counted(org, before.state, row),
      ...also,
    ];
    if (isAnnounced) changes.push({ key: ['due', org, waId, row.revision], value: due });
    try {
      await this.#d.table.write(changes);
    } catch (error) {
      this.#d.states.add(org, { unknown: Number(before.state === 'unknown') - Number(state === 'unknown') });
      throw error;
    }
    if (isAnnounced) this.#announce(org, waId, row.revision, due);
    for (const notify of this.#waits.get(`${org} ${waId}`) ?? []) notify(row);
    return { row, previousState: before.state };
  }
  /** Calls `notify` at each change until the result is called. */
  watch(org: Org, waId: string, notify: (row: SentRow) => void): () => void {
    const name = `${org} ${waId}`;
    const waits = this.#waits.get(name) ?? new Set();
    this.#waits.set(name, waits.add(notify));
    return () => {
      waits.delete(notify);
      if (waits.size === 0) this.#waits.delete(name);
    };
  }
  /** What was not announced before this start. */
  announceDue(): void {
    for (const [[, org, waId, revision], value] of this.#d.table.range(within('due'))) {
      const due = readAs(DueRow, value);
      if (due !== undefined) this.#announce(String(org), String(waId), Number(revision), due);
    }
  }
  /** The names of its recipient that a look-up added. */
  aboutContact(org: Org, waId: string, contact: SentRow['contact']): readonly TableChange[] {
    const row = this.get(org, waId);
    if (row === undefined) return [];
    return aboutOf({ to: row.to, contact }).map((id) => ({
      key: ['about', org, id, 'out', row.n],
      value: waId,
    }));
  }
  /** What removes one message, with all that belongs to it. */
  removal(org: Org, waId: string, row: SentRow): readonly TableChange[] {
    return [
      ...[
        ['sent', org, waId],
        ['body', org, waId],
        ['open', org, waId],
        ['order', org, row.n],
        ['key', org, row.key],
        ...aboutOf(row).map((id) => ['about', org, id, 'out', row.n]),
      ].map((key) => ({ key })),
      this.#d.states.add(org, { bytes: -row.bytes, unknown: -Number(row.state === 'unknown') }),
    ];
  }

  /** Newest first. `before`: the `next` of the page before. */
  list(org: Org, state: SendState | undefined, before: number, limit: number) {
    const rows = this.#d.table.range({
      atLeast: ['order', org],
      below: ['order', org, before],
      reverse: true,
      limit: state === undefined ? limit : readAtOnce,
    });
    const items: SentMessage[] = [];
    for (const [index, [[, , n], waId]] of rows.entries()) {
      const row = this.get(org, String(waId));
      if (row === undefined || (state !== undefined && row.state !== state)) continue;
      items.push(publicMessage(org, String(waId), row));
      if (items.length === limit && index < rows.length - 1) return { items, next: String(n) };
    }
    const isWhole = rows.length < (state === undefined ? limit : readAtOnce);
    return { items, next: isWhole ? null : String(rows.at(-1)?.[0][2]) };
  }
  /** Removes messages that are older than they are kept. A part at a time, the oldest first. */
  async expire(org: Org, keptMs: number): Promise<void> {
    const rows = this.#d.table.range({
      atLeast: ['order', org],
      below: ['order', org, '\uffff'],
      limit: readAtOnce,
    });
    const changes: TableChange[] = [];
    for (const [, waId] of rows) {
      const row = this.get(org, String(waId));
      if (row === undefined || this.#d.now() - row.createdAt < keptMs) break;
      if (!isOpen(row.state)) changes.push(...this.removal(org, String(waId), row));
    }
    if (changes.length > 0) await this.#d.table.write(changes);
  }

  #announce(org: Org, waId: string, revision: number, { at, previousState }: DueRow): void {
    const messageId = sentIdOf(waId);
    const ref = { type: 'message.updated', org, messageId, revision, previousState } as const;
    this.#d.announcer.add({ id: `evt_${digestOf(org, messageId, ref.type, revision)}`, at, ref }, [
      { key: ['due', org, waId, revision] },
    ]);
  }
  #counted(org: Org, before: SendState, { state }: SentRow): TableChange {
    const { states, now } = this.#d;
    const unknown = Number(state === 'unknown') - Number(before === 'unknown');
    const hasLeft = (one: SendState) => ['sent', 'delivered', 'read', 'played'].includes(one);
    if (hasLeft(state) && !hasLeft(before))
      states.change(org, { hours: counted(states.of(org).hours, now(), 1), lastAt: now() });
    return states.add(org, { unknown });
  }
}
