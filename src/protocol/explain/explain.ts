/**
 * Explains one session to a person in one paragraph: its state, since when, why, what happens next without a
 * command and when, and what can be done. Programs get the same as slugs. A pure function of the view, the
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
  /** The reason for the state, where a state has one. */
  readonly reason: Reason | null;
  readonly statusCode?: number;
  readonly next: Next;
  readonly canDo: readonly CanDo[];
}

/** In these states `lastError` is the reason for the state. In the others it is an earlier error. */
const reasoned: ReadonlySet<State> = new Set(['idle', 'retrying', 'failed']);
/** The action of a reason applies to a session that should run, or to an idle one. */
const advises = ({ state, desired }: SessionView): boolean => state === 'idle' || desired === 'running';

const whyOf = (v: SessionView): readonly string[] => {
  const error = v.lastError;
  if (v.duplicateOf !== null && v.state === 'failed')
    return [
      `It has the same credentials as "${v.duplicateOf}", and one identity can log in only once. Remove ` +
        'one of the two directories.',
    ];
  if (error === null) return [];
  const number = error.statusCode === undefined ? [] : [`WhatsApp’s status code is ${error.statusCode}.`];
  if (!reasoned.has(v.state))
    return v.state === 'connected' ? [] : [`The last error: ${reasonTexts[error.reason].summary}`, ...number];
  return [reasonTexts[error.reason].summary, ...number];
};
const adviceOf = (v: SessionView): readonly string[] =>
  v.lastError !== null && v.duplicateOf === null && reasoned.has(v.state) && advises(v)
    ? [reasonTexts[v.lastError.reason].action]
    : [];

/** What a restart of the server would change. The record on disk decides. */
const restartOf = ({ desired }: SessionView, isSaved: boolean): readonly string[] => {
  if (!isSaved)
    return [
      'The disk refused the record of this, so a restart of the server undoes the last command. Check the ' +
        'disk, then repeat the command.',
    ];
  return desired === 'stopped' ? ['This also holds after a restart of the server.'] : [];
};

/**
 * `cause` is the cause of the change to the present state, if it is known. `now` in epoch milliseconds.
 * `isSaved`: the session's record is on disk as it is now.
 */
export const explain = (v: SessionView, cause: string | null, now: number, isSaved: boolean): Explanation => {
  const next = nextOf(v, now);
  const can = canDo(v, now);
  const since = `since ${clockOf(v.since)}, for ${lengthOf(Math.max(0, now - v.since))}`;
  const messages = [
    `"${v.org}" ${stateWords[v.state](v)} (${since}).`,
    ...whyOf(v),
    causeText(cause),
    next.message,
    ...restartOf(v, isSaved),
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
