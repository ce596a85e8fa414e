/**
 * The log of the client library, reduced to what may be stored: the constant text of its warnings and errors,
 * never their fields. The fields hold stanzas, and stanzas hold keys and messages.
 */
import type { ILogger } from '@whiskeysockets/baileys/lib/Utils/logger.js';

export type LibraryLogger = ILogger;
/** Receives a line: `said` is at most 200 characters of the library's own text. */
export type LibraryLine = (level: 'warn' | 'error', text: string) => void;

const longest = 200;
/**
 * Free text may quote what it should not: only letters, digits and plain punctuation, no long runs that could
 * be a key.
 */
export const plain = (text: string) =>
  text
    .slice(0, longest)
    .replace(/[A-Za-z0-9+/=_-]{24,}/g, '[long]')
    .replace(/\d{7,}/g, '[number]');

export const libraryLog = (line: LibraryLine): LibraryLogger => {
  const pass = (level: 'warn' | 'error') => (fields: unknown, message?: string) => {
    const text = message ?? (typeof fields === 'string' ? fields : undefined);
    if (text !== undefined) line(level, plain(text));
  };
  const nothing = () => {};
  const logger: LibraryLogger = {
    level: 'warn',
    child: () => logger,
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: pass('warn'),
    error: pass('error'),
  };
  return logger;
};
