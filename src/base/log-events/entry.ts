/** The form of one line of the log, without its fields. */
export type LogEntry =
  | { readonly level: 'debug' | 'info'; readonly message: string }
  /** `action`: what the operator does about it. */
  | { readonly level: 'warn' | 'error' | 'fatal'; readonly message: string; readonly action: string };

export const debug = (message: string): LogEntry => ({ level: 'debug', message });
export const info = (message: string): LogEntry => ({ level: 'info', message });
export const warn = (message: string, action: string): LogEntry => ({ level: 'warn', message, action });
export const error = (message: string, action: string): LogEntry => ({ level: 'error', message, action });
export const fatal = (message: string, action: string): LogEntry => ({ level: 'fatal', message, action });
