/** The configuration in force, value by value, with the source of each: what `vigia config` shows. */
import type { ConfigReading } from './config.ts';
import { type Env, withSmallNames } from './file-setting.ts';
import { valueIn } from './given.ts';
import { type AlertOverrides, flatten } from './policy.ts';
import { settings } from './settings.ts';

export interface EffectiveValue {
  readonly name: string;
  /**
   * The value in force, or the given text when it is invalid; null when it is not set. A secret is `[set]`.
   */
  readonly value: unknown;
  /** `file`: the file that `NAME_FILE` names. */
  readonly from: 'environment' | 'file' | 'policy file' | 'default' | 'not set';
}
export interface Effective {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly settings: readonly EffectiveValue[];
  /** The numbers of the policy. The gate's begin with `gate.`, the alerts' with `alerts.`. */
  readonly policy: readonly EffectiveValue[];
}

const shownSecret = '[set]';
/** The alerts own their defaults. */
export type AlertDefaults = Readonly<Record<keyof AlertOverrides, number>>;

const settingOf = (env: Env, name: keyof typeof settings.shape): EffectiveValue => {
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

const policyOf = ({ policyFile }: ConfigReading, alertDefaults: AlertDefaults): readonly EffectiveValue[] => {
  const { policy, alerts, names } = policyFile;
  return flatten({ ...policy, alerts: { ...alertDefaults, ...alerts } }).map(([name, value]) => ({
    name,
    value,
    from: names.has(name) ? 'policy file' : 'default',
  }));
};

/** `reading` is of this environment. */
export const effectiveConfig = (
  env: Env,
  reading: ConfigReading,
  alertDefaults: AlertDefaults,
): Effective => ({
  problems: reading.problems,
  warnings: reading.warnings,
  settings: (Object.keys(settings.shape) as (keyof typeof settings.shape)[]).map((name) =>
    settingOf(withSmallNames(env), name),
  ),
  policy: policyOf(reading, alertDefaults),
});
