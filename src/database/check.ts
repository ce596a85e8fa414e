/**
 * Checks whether a database can be used, in a process of its own. LMDB maps the file into memory and trusts
 * it, so a damaged file raises no error: it ends the process (SIGBUS when it was cut short, SIGSEGV for
 * foreign bytes, SIGABRT for broken pages; each was observed), or is read in part without a warning. That
 * process must not be the one with the sessions.
 */
import { spawn } from 'node:child_process';

export type DatabaseVerdict =
  | { readonly kind: 'sound' }
  /** The file is not a database, or not a complete one. */
  | { readonly kind: 'damaged'; readonly why: string }
  /** The check failed, or this user cannot use the database: nothing is known about the content. */
  | { readonly kind: 'unusable'; readonly why: string };

/** Reading every value takes about 3 µs a value; this is enough for a million of them on a slow disk. */
const deadlineMs = 30_000;

/**
 * Plain JavaScript, so that it runs the same from `src/` and from `dist/`. It reads everything, and writes
 * one value.
 */
const program = `
const { open } = await import(process.argv[1]);
let at = 'open';
try {
  const options = { noSubdir: false, encoding: 'json', overlappingSync: false, maxDbs: 12 };
  const environment = open(process.argv[2], options);
  at = 'read';
  for (const name of environment.getKeys()) {
    const table = environment.openDB(name, { encoding: 'json' });
    let left = table.getStats().entryCount;
    for (const { value } of table.getRange({})) left -= value === undefined ? 0 : 1;
    if (left !== 0) throw new Error(left + ' entries of the table ' + name + ' cannot be reached');
  }
  at = 'write';
  await environment.openDB('check', { encoding: 'json' }).put(['at'], Date.now());
  await environment.close();
} catch (error) {
  const { code, message } = error.commitError ? await error.commitError.catch((why) => why) : error;
  process.stdout.write(JSON.stringify({ at, code, message }));
}
process.exit(0);
`;
/**
 * The library's own numbers are negative (lmdb.h: page not found, corrupted, panic, other version, invalid);
 * the system's are positive.
 */
const damageCodes: ReadonlySet<unknown> = new Set([-30797, -30796, -30795, -30794, -30793]);
const damageSignals: ReadonlySet<unknown> = new Set(['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGFPE']);

interface CheckOutput {
  readonly at: 'open' | 'read' | 'write';
  readonly code?: number;
  readonly message: string;
}
const classify = ({ at, code, message }: CheckOutput): DatabaseVerdict => {
  if (at === 'read' || damageCodes.has(code)) return { kind: 'damaged', why: message };
  // a full disk: the content can still be read, and later writes report the fault
  return at === 'write' ? { kind: 'sound' } : { kind: 'unusable', why: message };
};

export const checkDatabase = (directory: string): Promise<DatabaseVerdict> =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', program, import.meta.resolve('lmdb'), directory],
      {
        env: {}, // none of our secrets
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: deadlineMs,
        killSignal: 'SIGKILL',
      },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error) => resolve({ kind: 'unusable', why: error.message }));
    child.on('close', (code, signal) => {
      if (code === 0)
        return resolve(output === '' ? { kind: 'sound' } : classify(JSON.parse(output) as CheckOutput));
      const why = `its check ended with ${signal ?? code}`;
      resolve({ kind: damageSignals.has(signal) ? 'damaged' : 'unusable', why });
    });
  });
