/**
 * Explains one session to a person in three lines: what it is and why, what happens next without a command
 * and when, and what the reader can do. Programs get the same as slugs. A pure function of the view, the
 * cause of the last change, and the time.
 */
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { SessionView, State } from '../../../machines/domain/view.ts';
import { reasonTexts } from '../reasons.ts';
import { adviceOf } from './advice.ts';
import { causeText } from './causes.ts';
import { type CanDo, canDo, canDoText } from './commands.ts';
import { clockOf, lengthOf } from './duration.ts';
import { type Next, nextOf } from './next.ts';
import { stateWords } from './state.ts';

export interface Lines {
  readonly what: string;
  readonly next: string;
  readonly you: string;
}
export interface Explanation {
  /** The three lines as one paragraph, with the advised methods. */
  readonly text: string;
  readonly lines: Lines;
  readonly state: State;
  /** The reason for the state, where a state has one. */
  readonly reason: Reason | null;
  readonly statusCode?: number;
  readonly next: Next;
  /** Those that the last line is about are `advised`, and stand first. */
  readonly canDo: readonly (CanDo & { readonly advised: boolean })[];
}

/** In these states `lastError` is the reason for the state. In the others it is an earlier error. */
const reasoned: ReadonlySet<State> = new Set(['idle', 'retrying', 'failed']);
/** The state itself states that it was stopped. */
const repeatsState = ({ state, desired }: SessionView, reason: Reason): boolean =>
  reason === 'stopped' && state === 'idle' && desired === 'stopped';
const whyOf = (v: SessionView): readonly string[] => {
  const error = v.lastError;
  if (v.duplicateOf !== null && v.state === 'failed')
    return [
      `It has the same credentials as "${v.duplicateOf}", and one identity can log in only once. Remove ` +
        'one of the two directories.',
    ];
  if (error === null || repeatsState(v, error.reason)) return [];
  const number = error.statusCode === undefined ? [] : [`WhatsApp’s status code is ${error.statusCode}.`];
  if (!reasoned.has(v.state))
    return v.state === 'connected' ? [] : [`The last error: ${reasonTexts[error.reason].summary}`, ...number];
  return [reasonTexts[error.reason].summary, ...number];
};
/** A reason says more than the event that led to the state, and some states name their event themselves. */
const causeIn = (v: SessionView, cause: string | null): string | undefined => {
  const { state, step, lastError } = v;
  if (state === 'connected' || state === 'pairing') return undefined;
  if (state === 'restoring') return step === 'verifying' ? undefined : causeText(cause);
  const isTold = lastError !== null || v.duplicateOf !== null || cause === 'session.stop';
  return isTold ? undefined : causeText(cause);
};

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
  const advice = adviceOf(v);
  const possible = canDo(v, now);
  const advised = advice.commands.flatMap((method) => possible.filter((can) => can.method === method));
  const others = possible.filter((can) => !advised.includes(can));
  const since = `since ${clockOf(v.since)}, for ${lengthOf(Math.max(0, now - v.since))}`;
  const sentences = [`"${v.org}" ${stateWords[v.state](v)} (${since}).`, ...whyOf(v), causeIn(v, cause)];
  const lines: Lines = {
    what: sentences.filter((sentence) => sentence !== undefined).join(' '),
    next: [next.message, ...restartOf(v, isSaved)].join(' '),
    you: advice.text,
  };
  const ways = advised.length > 0 ? [canDoText(advised)] : [];
  const error = reasoned.has(v.state) ? v.lastError : null;
  return {
    text: [lines.what, lines.next, lines.you, ...ways].join(' '),
    lines,
    state: v.state,
    reason: error?.reason ?? null,
    ...(error?.statusCode !== undefined && { statusCode: error.statusCode }),
    next,
    canDo: [
      ...advised.map((can) => ({ ...can, advised: true })),
      ...others.map((can) => ({ ...can, advised: false })),
    ],
  };
};
