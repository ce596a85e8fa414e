/** What became of an organization, and what it means. */
import type { Reason } from '../../../../machines/domain/disconnect.ts';
import type { Org } from '../../../../machines/domain/ports.ts';
import type { SessionView, State } from '../../../../machines/domain/view.ts';
import type { Principal } from '../../../keys/principal.ts';
import { explain } from '../../../protocol/explain/explain.ts';
import type { HistoryEntry, historyMethods } from '../../../protocol/methods/history.ts';
import { sees } from '../../access/authorize.ts';
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
  readonly liveness: 'healthy' | 'suspect' | null;
  readonly revision: number;
  readonly nextRetryAt: number | null;
}
export interface Past {
  /** Newest first; `below`: only entries with a smaller `n`. `next`: where the next page begins, null at the end. */
  page(org: Org, limit: number, below?: number): { readonly items: readonly PastEntry[]; readonly next: number | null };
}
export interface HistoryPorts {
  readonly supervision: Supervision;
  readonly history: Past;
}

const entryOf = ({
  n,
  at,
  from,
  to,
  cause,
  reason,
  statusCode,
  attempt,
  desired,
  liveness,
  revision,
  nextRetryAt,
}: PastEntry): HistoryEntry => ({
  id: n,
  at: iso(at),
  from,
  to,
  cause,
  reason,
  ...(statusCode !== undefined && { statusCode }),
  attempt,
  desired,
  liveness,
  revision,
  nextRetryAt: isoOrNull(nextRetryAt),
});
/** The cause of the change that led to this state. What happened within the state lies before it; a few entries are enough. */
const looked = 20;
const causeIn = ({ history }: HistoryPorts, org: Org, state: State): string | null =>
  history.page(org, looked).items.find(({ from, to }) => to === state && from !== to)?.cause ?? null;

/** The explanation, without the name of another organization that this key may not know of. */
const discreet = (principal: Principal, { duplicateOf }: SessionView, text: string): string =>
  duplicateOf === null || sees(principal, duplicateOf) ? text : text.replaceAll(`"${duplicateOf}"`, 'another organization');

export const historyHandlers: Handlers<keyof typeof historyMethods, HistoryPorts> = {
  'session.history': ({ orgId, limit, cursor }, { supervision, history }) => {
    const { items, next } = history.page(orgId, limit, cursor === undefined ? undefined : Number(cursor));
    if (items.length === 0 && cursor === undefined && supervision.get(orgId) === undefined) throw unknownOrg(orgId);
    return { items: items.map(entryOf), nextCursor: next === null ? null : String(next) };
  },
  'session.explain': ({ orgId }, context) => {
    const view = context.supervision.get(orgId);
    if (view === undefined) throw unknownOrg(orgId);
    const cause = causeIn(context, orgId, view.state);
    const { text, state, reason, statusCode, next, canDo } = explain(view, cause, context.now());
    return {
      orgId,
      text: discreet(context.principal, view, text),
      state,
      since: iso(view.since),
      reason,
      ...(statusCode !== undefined && { statusCode }),
      cause,
      next: { what: next.what, at: isoOrNull(next.at) },
      canDo: canDo.map(({ method, force }) => ({ method, force })),
    };
  },
};
