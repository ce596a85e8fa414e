/**
 * The API key. It comes from the first of these: `--key-file`, VIGIA_API_KEY, API_KEY, API_KEY_FILE, and
 * for a server on this machine the first key in AUTH_DIR. It is never an argument, because every user of
 * the machine can list the arguments of processes.
 */
import { join } from 'node:path';
import { faultOfText, NoText, trimmed } from '../base/given-text.ts';
import { readText } from '../disk/read-text.ts';
import { authDirIn } from './auth-dir.ts';
import type { Context } from './command.ts';
import { Failure } from './exit-codes.ts';

const textOf = (file: string): string => trimmed(readText(file));
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown error';
const whyUnreadable = (error: unknown) =>
  error instanceof NoText ? error.message : `cannot be read (${codeOf(error)})`;

/** One word of visible ASCII, which is what the server accepts in a header. */
const isKey = (text: string): boolean => /^[\x21-\x7e]{1,256}$/u.test(text);

const keyIn = (file: string): string => {
  let key: string;
  try {
    key = textOf(file);
  } catch (error) {
    throw new Failure('auth', 'key_file_unreadable', `the key file ${file} ${whyUnreadable(error)}.`);
  }
  if (key === '') throw new Failure('auth', 'key_file_empty', `the key file ${file} is empty.`);
  const fault = faultOfText(key);
  if (fault === undefined && isKey(key)) return key;
  const message = `the key file ${file} does not contain a key, which is one word of at most 256 characters.`;
  const about = fault === undefined || key.includes('\n') ? '' : ` It ${fault}.`;
  throw new Failure('auth', 'key_file_no_key', `${message}${about}`);
};
/** The key in a variable; undefined when it is not set. */
const keyOf = (env: Context['env'], name: string): string | undefined => {
  const key = trimmed(env[name] ?? '');
  if (key === '') return undefined;
  const fault = faultOfText(key) ?? (isKey(key) ? undefined : 'is no key: a key is one word of ASCII');
  if (fault !== undefined) throw new Failure('auth', 'no_key', `${name} ${fault}.`);
  return key;
};

/**
 * Throws `Failure` (auth). `isLocal`: the server is on this machine. Its first key is never sent to another
 * machine.
 */
export const findKey = ({ options, env }: Context, isLocal: boolean): string => {
  const { keyFile } = options;
  if (keyFile !== undefined) return keyIn(keyFile);
  const given = keyOf(env, 'VIGIA_API_KEY') ?? keyOf(env, 'API_KEY');
  if (given) return given;
  const inFile = env['API_KEY_FILE'];
  if (inFile) return keyIn(inFile);
  const advice = 'Set VIGIA_API_KEY or use --key-file; "vigia keys create" makes a key.';
  if (!isLocal)
    throw new Failure('auth', 'no_key', `there is no API key for a server on another machine. ${advice}`);
  const first = join(authDirIn({ env }), '.vigia', 'first-key');
  try {
    return textOf(first);
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT';
    const missing = 'does not exist; a server without API_KEY writes it at its first start';
    const why = isMissing ? missing : whyUnreadable(error);
    throw new Failure('auth', 'no_key', `there is no API key: ${first} ${why}. ${advice}`);
  }
};
