/** When the alerts about messages begin and end. */
import type { Org } from '../../machines/domain/ports.ts';
import type { AlertInput } from '../alerts/conditions.ts';
import type { Restriction } from '../protocol/messages.ts';

/** An alert about messages that were given up ends when none was for this long. */
const droppedMs = 3_600_000;
/** The longest delay of a timer in Node. */
const longestTimerMs = 2_147_483_647;

export interface MessageAlertDeps {
  readonly onEvent: (event: AlertInput) => void;
  readonly restrictionOf: (org: Org) => Restriction | null;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
export const createMessageAlerts = ({ onEvent, restrictionOf, now }: MessageAlertDeps) => {
  const timers = new Map<string, NodeJS.Timeout>();
  const after = (key: string, ms: number, run: () => void): void => {
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(run, Math.min(longestTimerMs, Math.max(1, ms))).unref());
  };
  const checkRestriction = (org: Org): void => {
    const restriction = restrictionOf(org);
    onEvent({ type: restriction === null ? 'sending.free' : 'sending.restricted', org });
    const key = `restriction ${org}`;
    if (restriction === null || restriction.until === null) return clearTimeout(timers.get(key));
    after(key, Date.parse(restriction.until) - now() + 1, () => checkRestriction(org));
  };
  return {
    /** Messages for the endpoint were given up, or, without one, the rows of an organization had no room. */
    dropped: (place: { readonly endpoint: string } | { readonly org: Org }): void => {
      onEvent({ type: 'messages.dropped', ...place });
      const end = () => onEvent({ type: 'messages.kept', ...place });
      after(`dropped ${JSON.stringify(place)}`, droppedMs, end);
    },
    /** Call it when the restriction of an organization may have changed, and after a start. */
    checkRestriction,
    close: (): void => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
};
