/**
 * Where the API key comes from. Never from the command line: whoever may list processes reads those. In this order: `--key-file`,
 * VIGIA_API_KEY, API_KEY, and for a server on this machine the first key in AUTH_DIR, if it can be read.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from './command.ts';
import { Failure } from './exit-codes.ts';

const textOf = (file: string): string => readFileSync(file, 'utf8').trim();
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** As the server takes them in a header: one word, visible ASCII. */
const isKey = (text: string): boolean => /^[\x21-\x7e]{1,256}$/u.test(text);

/** Throws `Failure` (auth). `isLocal`: the first key of this machine is not shown to the servers of others. */
export const findKey = ({ options, env }: Context, isLocal: boolean): string => {
  const { keyFile } = options;
  if (keyFile !== undefined) {
    let key: string;
    try {
      key = textOf(keyFile);
    } catch (error) {
      throw new Failure('auth', 'key_file_unreadable', `the key file ${keyFile} cannot be read (${codeOf(error)}).`);
    }
    if (key === '') throw new Failure('auth', 'key_file_empty', `the key file ${keyFile} is empty.`);
    if (!isKey(key))
      throw new Failure('auth', 'key_file_no_key', `the key file ${keyFile} holds no key: that is one word of at most 256 characters.`);
    return key;
  }
  const given = env['VIGIA_API_KEY'] || env['API_KEY'];
  if (given) return given.trim();
  const advice = 'Give the key of the server in VIGIA_API_KEY or with --key-file; "vigia keys create" makes one.';
  if (!isLocal) throw new Failure('auth', 'no_key', `there is no API key for a server on another machine. ${advice}`);
  const first = join(env['AUTH_DIR'] || './auth_sessions', '.vigia', 'first-key');
  try {
    return textOf(first);
  } catch (error) {
    const why =
      codeOf(error) === 'ENOENT'
        ? 'is not there; a server without API_KEY writes it at its first start'
        : `cannot be read (${codeOf(error)})`;
    throw new Failure('auth', 'no_key', `there is no API key: ${first} ${why}. ${advice}`);
  }
};
