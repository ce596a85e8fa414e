/**
 * What the environment sets, as text: each value checked and normalised, secrets also from files of their
 * own.
 */
import { z } from 'zod';
import { faultOfPath, faultOfText, trimmed } from '../base/given-text.ts';
import { nearName } from '../base/near-name.ts';
import { type Checked, type Env, type ReadText, unreadable } from './file-setting.ts';
import { settings } from './settings.ts';

const names = Object.keys(settings.shape);
/** Secrets that may be in a file of their own instead: `NAME_FILE`, as Docker and systemd provide them. */
const inFiles = Object.entries(settings.shape).flatMap(([name, schema]) =>
  z.globalRegistry.get(schema)?.['secret'] ? [name] : [],
);
export type Given = Readonly<Record<string, string | undefined>>;
type Value = { readonly text: string | undefined; readonly fault?: string | undefined };

const isPath = (name: string): boolean => name === 'AUTH_DIR' || name.endsWith('_FILE');
/**
 * The text of one variable. An empty one counts as not set: that is what `FOO=` in an env file means. Only an
 * empty AUTH_DIR is refused: with the default, a start would find no session.
 */
export const valueIn = (env: Env, name: string): Value => {
  const given = env[name];
  if (given === undefined) return { text: undefined };
  if (given === '' && name === 'AUTH_DIR')
    return { text: undefined, fault: 'is set and empty: remove it, or set the directory of the sessions' };
  if (given === '') return { text: undefined };
  if (isPath(name)) return { text: given, fault: faultOfPath(given) };
  const text = trimmed(given);
  return { text: text === '' ? undefined : text, fault: faultOfText(text) };
};

/** The secret in the file that `NAME_FILE` names, as a value or as the problem with it. */
const secretIn = (name: string, file: string, readText: ReadText): Value => {
  try {
    const text = trimmed(readText(file));
    const fault = text === '' ? 'is empty' : faultOfText(text);
    return { text, fault: fault && `${name}_FILE: ${file} ${fault}.` };
  } catch (error) {
    return { text: undefined, fault: unreadable(`${name}_FILE`, file, error) };
  }
};

/** Values with a problem are left out. */
export const givenIn = (env: Env, readText: ReadText): Checked<Given> => {
  const given: Record<string, string | undefined> = {};
  const problems: string[] = [];
  const take = (name: string): string | undefined => {
    const { text, fault } = valueIn(env, name);
    if (fault !== undefined) problems.push(`${name} ${fault}.`);
    return fault === undefined ? text : undefined;
  };
  for (const name of names) {
    const text = take(name);
    if (text !== undefined) given[name] = text;
  }
  for (const name of inFiles) {
    const file = take(`${name}_FILE`);
    if (file === undefined) continue;
    if (given[name] !== undefined) problems.push(`${name}_FILE: ${name} is set too; set one of them.`);
    const { text, fault } = secretIn(name, file, readText);
    if (fault !== undefined) problems.push(fault);
    else given[name] = text;
  }
  return { value: given, problems };
};

/** Names of other programs of ours that may stand in the same env file. */
const others = [
  ...['VIGIA_URL', 'VIGIA_API_KEY', 'VIGIA_KEY_FILE', 'VIGIA_NAME', 'VIGIA_WEBHOOK_SECRETS'],
  // curl's; the first is for http:// only, which WhatsApp does not use
  ...['HTTP_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'FTP_PROXY', 'ftp_proxy'],
];
const known = [...names, ...inFiles.map((name) => `${name}_FILE`)];
const warningOf = (name: string): string | undefined => {
  if (known.includes(name) || others.includes(name)) return undefined;
  const base = name.replace(/_FILE$/, '');
  if (base !== name && names.includes(base))
    return `${name} is no setting and does nothing: ${base} is no secret, and is not read from a file.`;
  const near = nearName(name, known);
  return near && `${name} is no setting and does nothing. Was ${near} meant?`;
};
/** Names that are probably slips of the pen. */
export const slipsIn = (env: Env): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) => {
    const warning = value === undefined || value === '' ? undefined : warningOf(name);
    return warning === undefined ? [] : [warning];
  });
