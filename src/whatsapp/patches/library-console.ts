/**
 * Patch of libsignal's output. libsignal 6 writes to the console when it opens, closes or removes a Signal
 * session, and prints the whole session with its private keys (WHATSAPP-FACTS.md#library-console). Nothing of
 * a library reaches stdout or stderr by the console of this process: its constant texts go to the log, its
 * values nowhere.
 */
import { type LibraryLine, plain } from '../library-log.ts';

/** Every method of the console that writes. */
const methods = [
  'assert',
  'debug',
  'dir',
  'dirxml',
  'error',
  'group',
  'groupCollapsed',
  'info',
  'log',
  'table',
  'timeLog',
  'timeEnd',
  'trace',
  'warn',
] as const;
type Method = (typeof methods)[number];
type Target = Record<Method, (...values: unknown[]) => void>;

const isFaulty = (method: Method) => method === 'error' || method === 'assert';

export const libraryConsoleProblem = (target: object = console): string | undefined =>
  methods.every((method) => Object.getOwnPropertyDescriptor(target, method)?.writable === true)
    ? undefined
    : 'the console of this process cannot be replaced';

/**
 * From now on the console of this process writes nothing itself. `line` receives the first value, if it is a
 * text.
 */
export const divertConsole = (line: LibraryLine, target: Target = console as unknown as Target): void => {
  for (const method of methods)
    target[method] = (...[first]) => {
      if (typeof first === 'string') line(isFaulty(method) ? 'error' : 'warn', plain(first));
    };
};
