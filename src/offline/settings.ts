/** The configuration as an operator may look at it: what takes effect, and everything for which the program would not start. */
import { readFileSync } from 'node:fs';
import { defaultAlertPolicy } from '../alerts/catalogue.ts';
import { readConfig } from '../config/config.ts';
import { type Effective, effectiveConfig } from '../config/effective.ts';
import { problemOfAddress } from '../control/http/listen.ts';
import { faultsOfDelivery } from '../delivery/check-config.ts';

export type { EffectiveValue } from '../config/effective.ts';

type Env = Readonly<Record<string, string | undefined>>;

const valueIn = ({ settings }: Effective, name: string): unknown => settings.find((one) => one.name === name)?.value;
const readText = (file: string): string => readFileSync(file, 'utf8');

const problemsOfTls = (effective: Effective): string[] =>
  ['TLS_CERT_FILE', 'TLS_KEY_FILE'].flatMap((name) => {
    const file = valueIn(effective, name);
    if (typeof file !== 'string') return [];
    try {
      readText(file);
      return [];
    } catch (error) {
      return [`${name}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`];
    }
  });

/** All mistakes at once, also those that the server notices only when it is about to listen. */
export const inspectSettings = (env: Env): Effective => {
  const effective = effectiveConfig(env, readText, defaultAlertPolicy);
  const isCovered = valueIn(effective, 'BEHIND_TLS_PROXY') === true || valueIn(effective, 'TLS_CERT_FILE') !== null;
  const address = problemOfAddress(String(valueIn(effective, 'HOST')), isCovered);
  const read = readConfig(env, readText);
  const problems = [
    ...effective.problems,
    ...(read.ok ? faultsOfDelivery(read.config) : []),
    ...problemsOfTls(effective),
    ...(address === undefined ? [] : [address]),
  ];
  return { ...effective, problems };
};

/** Directory of the sessions, also when something else in the configuration makes no sense. */
export const authDirIn = (env: Env): string => String(valueIn(inspectSettings(env), 'AUTH_DIR'));

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}
/** Where the control API listens. */
export const addressIn = (env: Env): Address => {
  const effective = inspectSettings(env);
  return {
    host: String(valueIn(effective, 'HOST')),
    port: Number(valueIn(effective, 'PORT')),
    tls: valueIn(effective, 'TLS_CERT_FILE') !== null,
  };
};
