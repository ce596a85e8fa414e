/** A setting that names a file: read once, and checked with the rest. */
import { NoText } from '../base/given-text.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Written in small letters by many programs; then those win, as in curl. */
const smallToo = ['HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
export const withSmallNames = (env: Env): Env => ({
  ...env,
  ...Object.fromEntries(
    smallToo.flatMap((name) => (env[name.toLowerCase()] ? [[name, env[name.toLowerCase()]]] : [])),
  ),
});

/** Returns the text of a file. Throws `NoText`, or an error of the system. */
export type ReadText = (file: string) => string;

/** A problem is a sentence that begins with the name of its setting, and repeats no secret. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };
/** `value` can be used even when there are problems: it is the default then. */
export interface Checked<T> {
  readonly value: T;
  readonly problems: readonly string[];
}

export const unreadable = (name: string, file: string, error: unknown): string => {
  if (error instanceof NoText) return `${name}: ${file} ${error.message}.`;
  return `${name}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`;
};

/** `file` is undefined when the setting is not given: then `otherwise` holds, without a problem. */
export const checkFile = <T>(
  name: string,
  file: string | undefined,
  readText: ReadText,
  parse: (text: string, file: string) => Parsed<T>,
  otherwise: T,
): Checked<T> => {
  if (file === undefined) return { value: otherwise, problems: [] };
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    return { value: otherwise, problems: [unreadable(name, file, error)] };
  }
  const parsed = parse(text, file);
  return parsed.ok ? { value: parsed.value, problems: [] } : { value: otherwise, problems: parsed.problems };
};
