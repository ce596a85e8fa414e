/** The configuration as it takes effect, value by value, with where each comes from. For people and programs that look; the program itself uses `readConfig`. */
import { defaultPolicy } from '../../machines/domain/policy.ts';
import { readConfig } from './config.ts';
import { type AlertOverrides, parsePolicy } from './policy.ts';
import { settings } from './settings.ts';

export interface EffectiveValue {
  readonly name: string;
  /** As it takes effect; as it was given when it makes no sense; null when it is not set. A secret is `[set]`. */
  readonly value: unknown;
  /** `file`: that of `NAME_FILE`. */
  readonly from: 'environment' | 'file' | 'policy file' | 'default' | 'not set';
}
export interface Effective {
  readonly problems: readonly string[];
  readonly settings: readonly EffectiveValue[];
  /** Numbers of the policy, `gate.` before those of the gate, `alerts.` before those of the alerts. */
  readonly policy: readonly EffectiveValue[];
}

const shownSecret = '[set]';
/** Of the alerts, whose they are. */
export type AlertDefaults = Readonly<Record<keyof AlertOverrides, number>>;
type Env = Readonly<Record<string, string | undefined>>;

const settingOf = (env: Env, name: keyof typeof settings.shape): EffectiveValue => {
  const schema = settings.shape[name];
  const given = env[name] === '' ? undefined : env[name];
  if (schema.meta()?.['secret'] === true) {
    const inFile = given === undefined && (env[`${name}_FILE`] ?? '') !== '';
    if (given === undefined && !inFile) return { name, value: null, from: 'not set' };
    return { name, value: shownSecret, from: inFile ? 'file' : 'environment' };
  }
  const parsed = schema.safeParse(given);
  const value: unknown = parsed.success ? (parsed.data ?? null) : (given ?? null);
  return { name, value, from: given !== undefined ? 'environment' : value === null ? 'not set' : 'default' };
};

const flat = (policy: object, prefix = ''): [string, unknown][] =>
  Object.entries(policy).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? flat(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]],
  );
/** The names that the file sets; none when it cannot be read, which is told as a problem. */
const namesIn = (text: string): ReadonlySet<string> => {
  try {
    return new Set(flat(JSON.parse(text) as object).map(([name]) => name));
  } catch {
    return new Set();
  }
};
const policyOf = (env: Env, readText: (file: string) => string, alertDefaults: AlertDefaults): readonly EffectiveValue[] => {
  const file = env['POLICY_FILE'];
  let text = '{}';
  try {
    if (file) text = readText(file);
  } catch {
    // told as a problem
  }
  const parsed = parsePolicy(text, file ?? '');
  const inFile = parsed.ok ? namesIn(text) : new Set<string>();
  const { policy, alerts } = parsed.ok ? parsed : { policy: defaultPolicy, alerts: {} };
  return flat({ ...policy, alerts: { ...alertDefaults, ...alerts } }).map(([name, value]) => ({
    name,
    value,
    from: inFile.has(name) ? 'policy file' : 'default',
  }));
};

/** `readText` reads the policy file. Never throws. */
export const effectiveConfig = (env: Env, readText: (file: string) => string, alertDefaults: AlertDefaults): Effective => {
  const read = readConfig(env, readText);
  const names = Object.keys(settings.shape) as (keyof typeof settings.shape)[];
  return {
    problems: read.ok ? [] : read.problems,
    settings: names.map((name) => settingOf(env, name)),
    policy: policyOf(env, readText, alertDefaults),
  };
};
