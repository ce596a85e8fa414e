/** The log as a port: a line is an event of the table and its fields. `src/log/` writes it. */
import type { LogEvent } from './log-events.ts';

/** Never a secret: the redaction of `src/log/` is only a second net. */
export type LogFields = Readonly<Record<string, unknown>>;
/** Writes one line: the level and the message come from the table. */
export type WriteLog = (event: LogEvent, fields?: LogFields) => void;
export interface Log {
  (event: LogEvent, fields?: LogFields): void;
  /** A log whose lines all have these fields. */
  child(fields: LogFields): Log;
}
