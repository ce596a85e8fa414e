/** The history and the explanation of one organization; both are asked for again when it changes. */
import { useEffect, useState } from 'preact/hooks';
import type { Result } from '../../client/client.ts';
import type { HistoryEntry } from '../../protocol/methods/history.ts';
import { sentenceOf } from './commands.ts';
import { call } from './link.ts';

export type Explained = Result<'session.explain'>;
export interface Past {
  readonly items: readonly HistoryEntry[];
  readonly nextCursor: string | null;
}
const pageSize = 50;

/** Entries that are known already stay: only the first page is asked for again. */
const merged = (fresh: Past, known: Past | undefined): Past => {
  const oldest = fresh.items.at(-1)?.id;
  if (known === undefined || oldest === undefined) return fresh;
  const older = known.items.filter(({ id }) => id < oldest);
  return older.length === 0 ? fresh : { items: [...fresh.items, ...older], nextCursor: known.nextCursor };
};

export const usePast = (orgId: string, revision: number) => {
  const [past, setPast] = useState<Past | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    call('session.history', { orgId, limit: pageSize }).then(
      (fresh) => isCurrent && setPast((known) => merged(fresh, known)),
      (error: unknown) => isCurrent && setProblem(sentenceOf(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [orgId, revision]);
  const loadMore = async (): Promise<void> => {
    if (past?.nextCursor == null) return;
    try {
      const page = await call('session.history', { orgId, limit: pageSize, cursor: past.nextCursor });
      setPast({ items: [...past.items, ...page.items], nextCursor: page.nextCursor });
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return { past, problem, loadMore };
};

export const useExplained = (orgId: string, revision: number): Explained | undefined => {
  const [explained, setExplained] = useState<Explained | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    call('session.explain', { orgId }).then(
      (answer) => isCurrent && setExplained(answer),
      () => undefined, // the connection was lost, or it is gone: the page shows that itself
    );
    return () => {
      isCurrent = false;
    };
  }, [orgId, revision]);
  return explained;
};
