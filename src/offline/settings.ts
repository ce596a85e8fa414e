/** The effective configuration and its problems, for the start, `vigia config` and the doctor. */
import { readFileSync } from 'node:fs';
import { defaultAlertPolicy } from '../alerts/catalogue.ts';
import { type Config, readConfiguration } from '../config/config.ts';
import { type Effective, effectiveConfig } from '../config/effective.ts';
import type { Env } from '../config/file-setting.ts';
import { problemOfAddress } from '../control/http/listen.ts';
import { faultsOfDelivery } from '../delivery/check-config.ts';

export type { EffectiveValue } from '../config/effective.ts';

export interface InspectedSettings extends Effective {
  /** Undefined when there is a problem. */
  readonly config: Config | undefined;
}

const valueIn = ({ settings }: Effective, name: string): unknown =>
  settings.find((one) => one.name === name)?.value;

/**
 * Reads the environment and the files that it names. Finds all problems at once, including those of other
 * rooms.
 */
export const inspectSettings = (env: Env): InspectedSettings => {
  const reading = readConfiguration(env, (file) => readFileSync(file, 'utf8'));
  const effective = effectiveConfig(env, reading, defaultAlertPolicy);
  const isCovered =
    valueIn(effective, 'BEHIND_TLS_PROXY') === true || valueIn(effective, 'TLS_CERT_FILE') !== null;
  const problemOfHost = problemOfAddress(String(valueIn(effective, 'HOST')), isCovered);
  const problems = [
    ...reading.problems,
    ...(reading.config === undefined ? [] : faultsOfDelivery(reading.config)),
    ...(problemOfHost === undefined ? [] : [problemOfHost]),
  ];
  return { ...effective, problems, config: problems.length === 0 ? reading.config : undefined };
};

/** The directory of the sessions, also when another setting is invalid. */
export const authDirOf = (settings: Effective): string => String(valueIn(settings, 'AUTH_DIR'));

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}
/** Where the control API listens. */
export const addressOf = (settings: Effective): Address => ({
  host: String(valueIn(settings, 'HOST')),
  port: Number(valueIn(settings, 'PORT')),
  tls: valueIn(settings, 'TLS_CERT_FILE') !== null,
});
