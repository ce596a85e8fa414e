/** The configuration in force, value by value, with the source of each: what `vigia config` shows. */
import type { ConfigReading } from './config.ts';
import type { Env } from './file-setting.ts';
import { type AlertOverrides, flatten } from './policy.ts';
import { type ShownValue, shownSettings } from './shown.ts';

export interface Effective {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly settings: readonly ShownValue[];
  /** The numbers of the policy. The gate's begin with `gate.`, the alerts' with `alerts.`. */
  readonly policy: readonly ShownValue[];
}

/** The alerts own their defaults. */
export type AlertDefaults = Readonly<Record<keyof AlertOverrides, number>>;

const policyOf = ({ policyFile }: ConfigReading, alertDefaults: AlertDefaults): readonly ShownValue[] => {
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
  settings: shownSettings(env),
  policy: policyOf(reading, alertDefaults),
});
