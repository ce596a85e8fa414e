/** Logs each event about a subject once, until it is forgotten. */
import type { LogFields, WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';

/**
 * Remembered lines: far more than there are directories in any sound tree. Beyond it lines may be repeated.
 */
const mostRemembered = 100_000;
/** Names in one line; the field `count` has the number of all. */
const shownExamples = 20;

export interface OnceLog {
  /** Logs the event once for each `subject`. */
  log(event: LogEvent, subject: string, fields: LogFields): void;
  /**
   * Logs one line for all new subjects: `{count, examples}`. Ten thousand lines at a first start would help
   * no operator.
   */
  logTogether(event: LogEvent, subjects: readonly string[]): void;
  /** The event no longer applies to the subject: if it applies again, it is logged again. */
  forget(event: LogEvent, subject: string): void;
}

export const createOnceLog = (log: WriteLog): OnceLog => {
  const logged = new Set<string>();
  const isNew = (event: LogEvent, subject: string): boolean => {
    const key = `${event}\n${subject}`;
    if (logged.has(key)) return false;
    if (logged.size >= mostRemembered) logged.clear();
    logged.add(key);
    return true;
  };
  return {
    log: (event, subject, fields) => {
      if (isNew(event, subject)) log(event, fields);
    },
    logTogether: (event, subjects) => {
      const fresh = subjects.filter((subject) => isNew(event, subject));
      if (fresh.length > 0) log(event, { count: fresh.length, examples: fresh.slice(0, shownExamples) });
    },
    forget: (event, subject) => void logged.delete(`${event}\n${subject}`),
  };
};
