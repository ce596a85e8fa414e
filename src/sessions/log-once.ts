/** Writes each event about a subject once, until it is forgotten. */

import type { LogFields, WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';

/** Far more than there are directories in any sound tree; then it forgets and may say things twice. */
const rememberedWarnings = 100_000;
/** So many names are shown; the field `count` has the number of all. */
const shownExamples = 20;

export interface Once {
  /** Writes the line unless it was written about `subject` before. */
  log(event: LogEvent, subject: string, fields: LogFields): void;
  /** One line for all subjects that are new: `{count, examples}`. Ten thousand lines at a first start would help nobody. */
  logTogether(event: LogEvent, subjects: readonly string[]): void;
  /** What was said is no longer so: should it come back, it is news. */
  forget(event: LogEvent, subject: string): void;
}

export const sayOnce = (log: WriteLog): Once => {
  const said = new Set<string>();
  const isNews = (event: LogEvent, subject: string): boolean => {
    const key = `${event}\n${subject}`;
    if (said.has(key)) return false;
    if (said.size >= rememberedWarnings) said.clear();
    said.add(key);
    return true;
  };
  return {
    log: (event, subject, fields) => {
      if (isNews(event, subject)) log(event, fields);
    },
    logTogether: (event, subjects) => {
      const news = subjects.filter((subject) => isNews(event, subject));
      if (news.length > 0) log(event, { count: news.length, examples: news.slice(0, shownExamples) });
    },
    forget: (event, subject) => void said.delete(`${event}\n${subject}`),
  };
};
