/** The effective configuration and its problems, for the start, `vigia config` and the doctor. */
import { defaultAlertPolicy } from '../alerts/catalogue.ts';
import { type Config, readConfiguration } from '../config/config.ts';
import { type Effective, effectiveConfig } from '../config/effective.ts';
import type { Env } from '../config/file-setting.ts';
import { problemOfAddress, problemOfListening } from '../control/http/listen.ts';
import { faultsOfDelivery } from '../delivery/check-config.ts';
import { readText } from '../disk/read-text.ts';
import { faultOfApiKey } from '../keys/key-format.ts';
import { faultOfRoot } from '../sessions/root-path.ts';

export type { ShownValue } from '../config/shown.ts';

export interface InspectedSettings extends Effective {
  /** Undefined when there is a problem. */
  readonly config: Config | undefined;
}

const valueIn = ({ settings }: Effective, name: string): unknown =>
  settings.find((one) => one.name === name)?.value;

const faultsOfKey = (key: string | undefined): readonly string[] => {
  const fault = key === undefined ? undefined : faultOfApiKey(key);
  return fault === undefined ? [] : [fault];
};

/**
 * Reads the environment and the files that it names. Finds all problems at once, including those of other
 * rooms.
 */
export const inspectSettings = (env: Env): InspectedSettings => {
  const reading = readConfiguration(env, readText);
  const effective = effectiveConfig(env, reading, defaultAlertPolicy);
  const isCovered =
    valueIn(effective, 'BEHIND_TLS_PROXY') === true || valueIn(effective, 'TLS_CERT_FILE') !== null;
  const problemOfHost = problemOfAddress(String(valueIn(effective, 'HOST')), isCovered);
  const problems = [
    ...reading.problems,
    ...(reading.config === undefined ? [] : faultsOfDelivery(reading.config)),
    ...(problemOfHost === undefined ? [] : [problemOfHost]),
    ...faultsOfKey(reading.config?.API_KEY),
  ];
  return { ...effective, problems, config: problems.length === 0 ? reading.config : undefined };
};

/**
 * As `inspectSettings`, and whether this machine has what the settings name: the directory and the address.
 * The start and `vigia config --check` both use it, so they never differ. Changes nothing.
 */
export const inspectStart = async (env: Env): Promise<InspectedSettings> => {
  const settings = inspectSettings(env);
  const { host, port } = addressOf(settings);
  const isRead = (name: string) => !settings.problems.some((problem) => problem.startsWith(name));
  const found = [
    isRead('AUTH_DIR') ? faultOfRoot(authDirOf(settings)) : undefined,
    isRead('HOST') && isRead('PORT') ? await problemOfListening(host, port) : undefined,
  ].filter((problem) => problem !== undefined);
  const problems = [...settings.problems, ...found];
  return { ...settings, problems, config: problems.length === 0 ? settings.config : undefined };
};

/** Why AUTH_DIR cannot be meant; undefined when it can. It may be missing. */
export const faultOfAuthDir = ({ problems }: Effective): string | undefined =>
  problems.find((problem) => problem.startsWith('AUTH_DIR '));
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
