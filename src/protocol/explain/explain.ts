/**
 * One paragraph for a human about one session: what state, since when, why, what happens next by itself and
 * when, and what can be done. The same as slugs for programs. A pure function of what the API shows, the
 * cause of the last change, and the time.
 */
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { SessionView, State } from '../../../machines/domain/view.ts';
import { reasonTexts } from '../reasons.ts';
import { causeText } from './causes.ts';
import { type CanDo, canDo, canDoText } from './commands.ts';
import { clockOf, lengthOf } from './duration.ts';
import { type Next, nextOf } from './next.ts';
import { stateWords } from './state.ts';

export interface Explanation {
  readonly text: string;
  readonly state: State;
  /** Why it is in this state, where a state has a reason. */
  readonly reason: Reason | null;
  readonly statusCode?: number;
  readonly next: Next;
  readonly canDo: readonly CanDo[];
}

/** States whose error is the reason for them. In the others it is what went before. */
const reasoned: ReadonlySet<State> = new Set(['idle', 'retrying', 'failed']);
/**
 * What to do besides commands is told where it was written for: in the state the reason leads to, wanted to
 * run (or at rest).
 */
const advises = ({ state, desired }: SessionView): boolean => state === 'idle' || desired === 'running';

const whyOf = (v: SessionView): readonly string[] => {
  const error = v.lastError;
  if (v.duplicateOf !== null && v.state === 'failed')
    return [
      `Its credentials are those of "${v.duplicateOf}", and one identity can be logged in only once: one ` +
        'of the two directories has to go.',
    ];
  if (error === null) return [];
  const number = error.statusCode === undefined ? [] : [`WhatsApp’s number for this is ${error.statusCode}.`];
  if (!reasoned.has(v.state))
    return v.state === 'connected'
      ? []
      : [`What went wrong before: ${reasonTexts[error.reason].summary}`, ...number];
  return [reasonTexts[error.reason].summary, ...number];
};
const adviceOf = (v: SessionView): readonly string[] =>
  v.lastError !== null && v.duplicateOf === null && reasoned.has(v.state) && advises(v)
    ? [reasonTexts[v.lastError.reason].action]
    : [];

/** `cause`: of the change that led to the present state, if it is known. `now` in epoch milliseconds. */
export const explain = (v: SessionView, cause: string | null, now: number): Explanation => {
  const next = nextOf(v, now);
  const can = canDo(v, now);
  const since = `since ${clockOf(v.since)}, for ${lengthOf(Math.max(0, now - v.since))}`;
  const messages = [
    `"${v.org}" ${stateWords[v.state](v)} (${since}).`,
    ...whyOf(v),
    causeText(cause),
    next.message,
    ...adviceOf(v),
    canDoText(can),
  ];
  const error = reasoned.has(v.state) ? v.lastError : null;
  return {
    text: messages.filter((message) => message !== undefined).join(' '),
    state: v.state,
    reason: error?.reason ?? null,
    ...(error?.statusCode !== undefined && { statusCode: error.statusCode }),
    next,
    canDo: can,
  };
};
