/**
 * One command for many organizations. It sends the requests, waits for the outcomes, and gives each failure a
 * message.
 */
import { createLimit, type Limit } from '../base/limit.ts';
import { type Client, type LiveSessions, type Session, VigiaError } from '../client/client.ts';
import { whyIdle } from './idle-reason.ts';
import { plainMessage } from './plain-message.ts';
import { retryThrottled } from './retry-throttled.ts';

export interface Goal {
  readonly method: 'session.restore' | 'session.retry' | 'session.stop';
  /**
   * The command's outcome for this session; undefined while it is open. Not used for revisions before the
   * answer's.
   */
  readonly judge: (session: Session) => 'done' | 'failed' | undefined;
}
export interface Outcome {
  readonly orgId: string;
  readonly ok: boolean;
  /** A slug. `accepted`: the command did not wait for the outcome. */
  readonly result: string;
  readonly message: string;
  readonly session: Session | null;
}
export interface Batch {
  readonly goal: Goal;
  readonly orgIds: readonly string[];
  readonly force: boolean;
  /** Milliseconds for each organization, from its answer on. 0: does not wait for the outcomes. */
  readonly timeoutMs: number;
  readonly onStart: (orgId: string) => void;
  readonly onOutcome: (outcome: Outcome) => void;
}
interface Connection {
  readonly client: Client;
  readonly live: LiveSessions;
}
/** Simultaneous requests. The server limits their rate, so more would only be refused sooner. */
const maxRequests = 4;
/**
 * Simultaneous waits. The server's gate decides how many sessions connect; this only bounds the memory here.
 */
const maxWaits = 200;
/** Reasons that every other organization would fail with too. They end the command. */
const commonReasons = new Set<string>([
  'unreachable',
  'disconnected',
  'unauthenticated',
  'client_closed',
  'refused',
  'forbidden',
]);

const failureIn = (session: Session): { result: string; message: string } => {
  const { state, desired, lastError } = session;
  if (desired === 'stopped' && state !== 'failed')
    return { result: 'stopped', message: 'It was stopped meanwhile.' };
  const idle = state === 'idle' ? whyIdle(session) : undefined;
  if (idle !== undefined)
    return {
      result: lastError?.reason ?? state,
      message: `${idle.charAt(0).toUpperCase()}${idle.slice(1)}.`,
    };
  return { result: lastError?.reason ?? state, message: lastError?.message ?? `It is ${state}.` };
};
/** The server obeyed, and the disk did not keep it. */
const notDurable = ({ state }: Session): { result: string; message: string } => ({
  result: 'not_durable',
  message:
    `It is ${state} now, but the disk refused the record: after a restart of the server this is undone. ` +
    'Check the disk, then repeat the command.',
});
const timeoutMessage = ({ state, lastError }: Session, timeoutMs: number): string => {
  const reason = lastError ? ` (${lastError.reason})` : '';
  const seconds = Math.round(timeoutMs / 1_000);
  return `After ${seconds} s it is ${state}${reason}. The server goes on without this command.`;
};

/**
 * The first session at or after the answer with an outcome, or after the timeout the last one; undefined when
 * it was removed.
 */
const sessionWithOutcome = async (
  live: LiveSessions,
  answer: Session,
  { goal, timeoutMs }: Batch,
): Promise<Session | undefined> => {
  let last = answer;
  const isOver = (session: Session | undefined): boolean => {
    if (session === undefined) return true;
    if (session.revision < answer.revision) return false;
    last = session;
    return goal.judge(session) !== undefined;
  };
  if (isOver(answer)) return answer;
  try {
    return await live.waitFor(answer.orgId, isOver, { timeoutMs });
  } catch (error) {
    if (error instanceof VigiaError && error.reason === 'timeout') return last;
    throw error;
  }
};

const runOne = async (
  { client, live }: Connection,
  orgId: string,
  batch: Batch,
  requests: Limit,
): Promise<Outcome> => {
  const { goal, force, timeoutMs } = batch;
  try {
    const params = goal.method === 'session.stop' || !force ? { orgId } : { orgId, force };
    const { session: answer, durable } = await requests(() =>
      retryThrottled(() => client.call(goal.method, params)),
    );
    if (timeoutMs === 0 && !durable) return { orgId, ok: false, ...notDurable(answer), session: answer };
    if (timeoutMs === 0)
      return { orgId, ok: true, result: 'accepted', message: `It is ${answer.state}.`, session: answer };
    const session = await sessionWithOutcome(live, answer, batch);
    if (session === undefined)
      return { orgId, ok: false, result: 'not_found', message: 'It no longer exists.', session: null };
    const verdict = goal.judge(session);
    if (verdict === 'done' && !durable) return { orgId, ok: false, ...notDurable(session), session };
    if (verdict === 'done') return { orgId, ok: true, result: session.state, message: '', session };
    if (verdict === 'failed') return { orgId, ok: false, ...failureIn(session), session };
    return { orgId, ok: false, result: 'timeout', message: timeoutMessage(session, timeoutMs), session };
  } catch (error) {
    if (!(error instanceof VigiaError) || commonReasons.has(error.reason)) throw error;
    const session = live.sessions.get(orgId) ?? null;
    return { orgId, ok: false, result: error.reason, message: plainMessage(error), session };
  }
};

/**
 * Rejects with a failure that all organizations share: the server is gone, or the key does not permit the
 * command.
 */
export const runMany = async (connection: Connection, batch: Batch): Promise<readonly Outcome[]> => {
  const requests = createLimit(maxRequests);
  const waits = createLimit(maxWaits);
  const run = async (orgId: string): Promise<Outcome> => {
    batch.onStart(orgId);
    const outcome = await runOne(connection, orgId, batch, requests);
    batch.onOutcome(outcome);
    return outcome;
  };
  return Promise.all(batch.orgIds.map((orgId) => waits(() => run(orgId))));
};
