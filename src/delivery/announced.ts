/**
 * What webhooks were last informed of, for each organization. Two things follow from it. A change that leaves
 * the settled state as it was is a detail, and webhooks get no details by default. And what a kill hid is
 * found at the next start: each difference between this and the sessions becomes an event.
 *
 * Rows of the outbox's table, written in the transaction of the event: ['announced', org] → AnnouncedRow
 */
import { z } from 'zod';
import type { Table, TableChange } from '../database/table.ts';
import type { Session } from '../protocol/session.ts';
import type { ProgramEvent } from './message.ts';

const AnnouncedRow = z.object({
  /** The highest revision that was recorded. */
  revision: z.int().nonnegative(),
  /** The settled state; null before the first. */
  settled: z.string().nullable(),
});
type AnnouncedRow = Readonly<z.infer<typeof AnnouncedRow>>;

/** A session without a connection is settled in `retrying` from this attempt on: fewer are a hiccup. */
export const hiccupAttempts = 3;

/**
 * The state in which a session stays until something else happens, with what matters of it to a program.
 * Undefined while it is on its way to one: restoring, pairing, or retrying for the first time.
 */
export const settledStateOf = (session: Session): string | undefined => {
  const { state, desired, lastError, account, duplicateOf, attempt, attention } = session;
  const need = attention?.action ?? null;
  switch (state) {
    case 'connected':
      return JSON.stringify([state, need, account?.id ?? null]);
    case 'failed':
      return JSON.stringify([state, need, desired, lastError?.reason ?? null]);
    case 'idle':
      return JSON.stringify([state, need, desired, lastError?.reason ?? null, duplicateOf]);
    case 'retrying':
      return attempt >= hiccupAttempts ? JSON.stringify([state, need]) : undefined;
    default:
      return undefined;
  }
};

export interface Noted {
  /** The settled state is the one that was announced last. */
  readonly isDetail: boolean;
  /** Belongs into the transaction that records the event. Undefined: the event is not about a session. */
  readonly change?: TableChange;
}
const keyOf = (org: string) => ['announced', org] as const;

export class Announced {
  readonly #rows = new Map<string, AnnouncedRow>();

  constructor(table: Pick<Table, 'range'>) {
    for (const [[, org], value] of table.range({ atLeast: ['announced'], below: ['announced\uffff'] })) {
      const row = AnnouncedRow.safeParse(value);
      if (row.success && typeof org === 'string') this.#rows.set(org, row.data);
    }
  }

  /** Every event, in the order in which they are published. */
  note(event: ProgramEvent): Noted {
    const { type, orgId } = event;
    if (orgId === null) return { isDetail: false };
    if (type === 'session.removed') {
      this.#rows.delete(orgId);
      return { isDetail: false, change: { key: keyOf(orgId) } };
    }
    if (type !== 'session.created' && type !== 'session.updated') return { isDetail: false };
    const { session } = event.data;
    const before = this.#rows.get(orgId);
    const settled = settledStateOf(session);
    const row = { revision: session.revision, settled: settled ?? before?.settled ?? null };
    this.#rows.set(orgId, row);
    const isDetail = type === 'session.updated' && (settled === undefined || settled === before?.settled);
    return { isDetail, change: { key: keyOf(orgId), value: row } };
  }
  /** The organizations that webhooks know, each with its revision. */
  all(): ReadonlyMap<string, { readonly revision: number }> {
    return this.#rows;
  }
}
