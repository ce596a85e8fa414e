/**
 * Whether an endpoint gets messages now. An endpoint that fails gets one probe at a time, with growing waits
 * between, and not the retries of everything that waits for it (the circuit breaker of the field: M. Nygard,
 * "Release It!").
 *
 *     closed ──(several failures in a row, or a request to pause)──→ open
 *     open ──(the wait is over)──→ probing
 *     probing ──(the probe was delivered)──→ closed        probing ──(it failed)──→ open, with a longer wait
 */
import type { Outcome } from './http-post.ts';
import { longestRetryAfterMs } from './schedule.ts';

/** Attempts under way at one endpoint. */
export const concurrency = 4;
/** One message that the receiver cannot handle is no reason to stop the others. */
export const failuresToOpen = 4;
export const firstOpenMs = 5_000;
/** A receiver that is back gets its messages within this time. */
export const longestOpenMs = 60_000;

type State =
  | { readonly name: 'closed'; readonly failures: number }
  | { readonly name: 'open'; readonly until: number; readonly waitMs: number }
  | { readonly name: 'probing'; readonly waitMs: number };

export interface Circuit {
  /** How many attempts may be under way at `at`. */
  allows(at: number): number;
  /** An attempt begins. */
  began(at: number): void;
  ended(outcome: Outcome, at: number): void;
  /** When `allows` changes by the passage of time. Undefined: not by time. */
  changesAt(): number | undefined;
}

/**
 * Times in milliseconds on a clock that nothing sets. `divisor`: tests of the real program shrink the waits.
 */
export const createCircuit = (divisor: number): Circuit => {
  let state: State = { name: 'closed', failures: 0 };
  const first = firstOpenMs / divisor;
  const longest = longestOpenMs / divisor;

  const failed = ({ slow, retryAfterMs }: Extract<Outcome, { kind: 'failed' }>, at: number): void => {
    const asked = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestRetryAfterMs);
    if (state.name === 'open') {
      // an attempt that was under way when it opened
      state = { ...state, until: Math.max(state.until, at + (asked ?? 0)) };
      return;
    }
    if (state.name === 'closed' && state.failures + 1 < failuresToOpen && !slow && asked === undefined) {
      state = { name: 'closed', failures: state.failures + 1 };
      return;
    }
    const waitMs = state.name === 'probing' ? Math.min(longest, 2 * state.waitMs) : first;
    state = { name: 'open', waitMs, until: at + (asked ?? waitMs) };
  };
  return {
    allows: (at) => {
      if (state.name === 'closed') return concurrency;
      return state.name === 'open' && at >= state.until ? 1 : 0;
    },
    began: (at) => {
      if (state.name === 'open' && at >= state.until) state = { name: 'probing', waitMs: state.waitMs };
    },
    ended: (outcome, at) => {
      if (outcome.kind === 'failed') failed(outcome, at);
      else state = { name: 'closed', failures: 0 };
    },
    changesAt: () => (state.name === 'open' ? state.until : undefined),
  };
};
