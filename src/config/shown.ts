/** The settings as people and clients may see them: each value with its source, and secrets as `[set]`. */
import { type Env, withSmallNames } from './file-setting.ts';
import { valueIn } from './given.ts';
import { settings } from './settings.ts';

export interface ShownValue {
  readonly name: string;
  /**
   * The value in force, or the given text when it is invalid; null when it is not set. A secret is `[set]`.
   */
  readonly value: unknown;
  /** `file`: the file that `NAME_FILE` names. */
  readonly from: 'environment' | 'file' | 'policy file' | 'default' | 'not set';
}
const shownSecret = '[set]';

const shownSetting = (env: Env, name: keyof typeof settings.shape): ShownValue => {
  const schema = settings.shape[name];
  const { text: given } = valueIn(env, name);
  if (schema.meta()?.['secret'] === true) {
    const inFile = given === undefined && (env[`${name}_FILE`] ?? '') !== '';
    if (given === undefined && !inFile) return { name, value: null, from: 'not set' };
    return { name, value: shownSecret, from: inFile ? 'file' : 'environment' };
  }
  const parsed = schema.safeParse(given);
  const value: unknown = parsed.success ? (parsed.data ?? null) : (given ?? null);
  if (given !== undefined) return { name, value, from: 'environment' };
  return { name, value, from: value === null ? 'not set' : 'default' };
};
export const shownSettings = (given: Env): readonly ShownValue[] => {
  const env = withSmallNames(given);
  const names = Object.keys(settings.shape) as (keyof typeof settings.shape)[];
  return names.map((name) => shownSetting(env, name));
};
