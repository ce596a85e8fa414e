/** The form of one line of the log, without its fields. */
interface Leveled<Level extends string> {
  readonly level: Level;
  readonly message: string;
  /**
   * The outside can cause this line as often as it likes: one line a minute is written for each value of this
   * field. The field `repeated` of a line is the number of lines that it stands for. A line without the field
   * is always written.
   */
  readonly oncePer?: LimitedBy;
}
/** A field of the line; `event`: all lines of the event together. */
export type LimitedBy = 'remoteAddress' | 'org' | 'endpoint' | 'directory' | 'path' | 'event';
export type LogEntry =
  | Leveled<'debug' | 'info'>
  /** `action`: what the operator does about it. */
  | (Leveled<'warn' | 'error' | 'fatal'> & { readonly action: string });

export const debug = (message: string): LogEntry => ({ level: 'debug', message });
export const info = (message: string): LogEntry => ({ level: 'info', message });
export const warn = (message: string, action: string): LogEntry => ({ level: 'warn', message, action });
export const error = (message: string, action: string): LogEntry => ({ level: 'error', message, action });
export const fatal = (message: string, action: string): LogEntry => ({ level: 'fatal', message, action });
export const oncePer = (field: LimitedBy, entry: LogEntry): LogEntry => ({ ...entry, oncePer: field });
