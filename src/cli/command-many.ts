/** One command to many organizations: each is asked, what comes of it is waited for, and every failure has its sentence. */
import { createLimit, type Limit } from '../base/limit.ts';
import { type Client, type LiveSessions, type Session, VigiaError } from '../client/client.ts';
import { whyIdle } from './idle-reason.ts';
import { plainMessage } from './plain-message.ts';
import { patiently } from './retry-throttled.ts';

export interface Goal {
  readonly method: 'session.restore' | 'session.retry' | 'session.stop';
  /** What a session says of the command's outcome; undefined while it is open. Only looked at from the answer's revision on. */
  readonly judge: (session: Session) => 'done' | 'failed' | undefined;
}
export interface Outcome {
  readonly orgId: string;
  readonly ok: boolean;
  /** A slug. `accepted`: what comes of it was not waited for. */
  readonly result: string;
  readonly message: string;
  readonly session: Session | null;
}
export interface Asked {
  readonly orgIds: readonly string[];
  readonly force: boolean;
  /** Milliseconds for each, from its answer on; 0: nothing is waited for. */
  readonly timeoutMs: number;
  readonly onAsked: (orgId: string) => void;
  readonly onOutcome: (outcome: Outcome) => void;
}
/** Requests at a time: more would only be refused sooner by a server that counts them. */
const maxAsking = 4;
/** Waited for at a time. The gate of the server decides how many connect; this only bounds what waits here. */
const maxAtATime = 200;
/** Without these the end of all others would be the same: they end the command. */
const endsAll = new Set<string>(['unreachable', 'disconnected', 'unauthenticated', 'client_closed', 'refused', 'forbidden']);

const goneMessage = 'It is not there any more.';
const failureIn = (session: Session): { result: string; message: string } => {
  if (session.desired === 'stopped' && session.state !== 'failed') return { result: 'stopped', message: 'It was stopped meanwhile.' };
  const idle = session.state === 'idle' ? whyIdle(session) : undefined;
  if (idle !== undefined)
    return { result: session.lastError?.reason ?? session.state, message: `${idle.charAt(0).toUpperCase()}${idle.slice(1)}.` };
  const { reason, message } = session.lastError ?? { reason: session.state, message: `It is ${session.state}.` };
  return { result: reason, message };
};
const lateMessage = (session: Session | undefined, timeoutMs: number) =>
  `After ${Math.round(timeoutMs / 1_000)} s it is ${session?.state ?? 'not there'}${session?.lastError ? ` (${session.lastError.reason})` : ''}; it goes on by itself.`;

const askOne = async (client: Client, live: LiveSessions, goal: Goal, orgId: string, asked: Asked, whenFree: Limit): Promise<Outcome> => {
  const { force, timeoutMs } = asked;
  try {
    const params = { orgId, ...(force && goal.method !== 'session.stop' && { force }) };
    const { session } = await whenFree(() => patiently(() => client.call(goal.method, params)));
    if (timeoutMs === 0) return { orgId, ok: true, result: 'accepted', message: `It is ${session.state}.`, session };
    let seen = session;
    const later = goal.judge(session)
      ? session
      : await live
          .waitFor(
            orgId,
            (s) => {
              if (s && s.revision >= session.revision) seen = s;
              return s === undefined || (s.revision >= session.revision && goal.judge(s) !== undefined);
            },
            { timeoutMs },
          )
          .catch((error: unknown) => {
            if (error instanceof VigiaError && error.reason === 'timeout') return seen;
            throw error;
          });
    if (later === undefined) return { orgId, ok: false, result: 'not_found', message: goneMessage, session: null };
    const verdict = goal.judge(later);
    if (verdict === 'done') return { orgId, ok: true, result: later.state, message: '', session: later };
    if (verdict === 'failed') return { orgId, ok: false, ...failureIn(later), session: later };
    return { orgId, ok: false, result: 'timeout', message: lateMessage(later, timeoutMs), session: later };
  } catch (error) {
    if (!(error instanceof VigiaError) || endsAll.has(error.reason)) throw error;
    return { orgId, ok: false, result: error.reason, message: plainMessage(error), session: live.sessions.get(orgId) ?? null };
  }
};

/** Rejects when going on makes no sense (the server is gone, the key may not do this). */
export const askMany = async (client: Client, live: LiveSessions, goal: Goal, asked: Asked): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  const requests = createLimit(maxAsking);
  const waits = createLimit(maxAtATime);
  const work = async (orgId: string) => {
    asked.onAsked(orgId);
    const outcome = await askOne(client, live, goal, orgId, asked, requests);
    outcomes.push(outcome);
    asked.onOutcome(outcome);
  };
  await Promise.all(asked.orgIds.map((orgId) => waits(() => work(orgId))));
  return outcomes;
};
