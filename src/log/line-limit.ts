/**
 * Bounds the lines that the outside can cause: of one event about one subject (an address, an organization),
 * the first is written at once. The others of that minute become one line with their number.
 */
import type { LogFields, WriteLog } from '../base/log.ts';
import type { LogEvent } from '../base/log-events.ts';

/** One line for each event and subject in this time. */
const everyMs = 60_000;
/** Events with a subject that are remembered. More share one subject for each event. */
const mostSubjects = 1_000;

/** Writes the line now, later as one with others, or not before its minute is over. */
export type LineLimit = (event: LogEvent, subject: string, fields: LogFields, write: WriteLog) => void;
interface Repeated {
  /** The fields of the newest line that was not written. */
  fields: LogFields;
  write: WriteLog;
  count: number;
}

export const createLineLimit = (): LineLimit => {
  const subjects = new Map<string, Repeated>();
  const startTimer = (event: LogEvent, key: string): void =>
    void setTimeout(() => {
      const repeated = subjects.get(key);
      if (!repeated?.count) return void subjects.delete(key);
      repeated.write(event, { ...repeated.fields, repeated: repeated.count });
      repeated.count = 0;
      startTimer(event, key);
    }, everyMs).unref();
  return (event, subject, fields, write) => {
    const own = `${event}\n${subject}`;
    const key = subjects.has(own) || subjects.size < mostSubjects ? own : `${event}\n`;
    const repeated = subjects.get(key);
    if (repeated) return void Object.assign(repeated, { fields, write, count: repeated.count + 1 });
    subjects.set(key, { fields, write, count: 0 });
    write(event, fields);
    startTimer(event, key);
  };
};
