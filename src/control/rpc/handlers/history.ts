/** The methods that show what happened to an organization, and explain its state. */
import type { Reason } from '../../../../machines/domain/disconnect.ts';
import type { Org } from '../../../../machines/domain/ports.ts';
import type { Liveness, SessionView, State } from '../../../../machines/domain/view.ts';
import type { Principal } from '../../../keys/principal.ts';
import { explain } from '../../../protocol/explain/explain.ts';
import type { HistoryEntry, historyMethods } from '../../../protocol/methods/history.ts';
import { canSee } from '../../access/authorize.ts';
import type { Supervision } from '../../port.ts';
import { iso, isoOrNull } from '../translate.ts';
import { type Handlers, unknownOrg } from './handler.ts';

/** Times are epoch milliseconds. */
export interface PastEntry {
  readonly n: number;
  readonly at: number;
  readonly from: State | null;
  readonly to: State | null;
  readonly cause: string;
  readonly reason: Reason | null;
  readonly statusCode?: number | undefined;
  readonly attempt: number;
  readonly desired: 'running' | 'stopped';
  readonly liveness: Liveness | null;
  readonly revision: number;
  readonly nextRetryAt: number | null;
}
export interface PastPage {
  readonly items: readonly PastEntry[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
}
export interface Past {
  /** Newest first. `below`: only entries with a smaller `n`. */
  page(org: Org, limit: number, below?: number): PastPage;
}
export interface HistoryDeps {
  readonly supervision: Supervision;
  readonly history: Past;
}

const entryOf = (past: PastEntry): HistoryEntry => ({
  id: past.n,
  at: iso(past.at),
  from: past.from,
  to: past.to,
  cause: past.cause,
  reason: past.reason,
  statusCode: past.statusCode,
  attempt: past.attempt,
  desired: past.desired,
  liveness: past.liveness,
  revision: past.revision,
  nextRetryAt: isoOrNull(past.nextRetryAt),
});

/**
 * Entries that are searched for the change into the state. Changes within the state are newer, and there are
 * only a few.
 */
const searchedEntries = 20;
/** The cause of the change that led to this state; null when it is not among the latest entries. */
const causeOf = ({ history }: HistoryDeps, org: Org, state: State): string | null =>
  history.page(org, searchedEntries).items.find(({ from, to }) => to === state && from !== to)?.cause ?? null;

/** The explanation, without the name of another organization that this key may not see. */
const textFor = (principal: Principal, { duplicateOf }: SessionView, text: string): string => {
  if (duplicateOf === null || canSee(principal, duplicateOf)) return text;
  return text.replaceAll(`"${duplicateOf}"`, 'another organization');
};

export const historyHandlers: Handlers<keyof typeof historyMethods, HistoryDeps> = {
  'session.history': ({ orgId, limit, cursor }, { supervision, history }) => {
    const { items, next } = history.page(orgId, limit, cursor === undefined ? undefined : Number(cursor));
    if (items.length === 0 && cursor === undefined && supervision.get(orgId) === undefined)
      throw unknownOrg(orgId);
    return { items: items.map(entryOf), nextCursor: next === null ? null : String(next) };
  },
  'session.explain': ({ orgId }, context) => {
    const view = context.supervision.get(orgId);
    if (view === undefined) throw unknownOrg(orgId);
    const cause = causeOf(context, orgId, view.state);
    const { text, lines, state, reason, statusCode, next, canDo } = explain(
      view,
      cause,
      context.now(),
      context.supervision.isSaved(orgId),
    );
    const shown = (given: string) => textFor(context.principal, view, given);
    return {
      orgId,
      text: shown(text),
      lines: { what: shown(lines.what), next: shown(lines.next), you: shown(lines.you) },
      state,
      since: iso(view.since),
      reason,
      statusCode,
      cause,
      next: { what: next.what, at: isoOrNull(next.at) },
      canDo: canDo.map(({ method, force, advised }) => ({ method, force, advised })),
    };
  },
};
