/**
 * The environment and the files that it names, read once and checked together: all mistakes are reported at
 * once.
 */
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { defaultPolicy, type Policy } from '../../machines/domain/policy.ts';
import { deliverySettings, type EndpointSetting, endpointsOf } from './delivery.ts';
import { type Checked, checkFile, type Env, type ReadText, withSmallNames } from './file-setting.ts';
import { givenIn, slipsIn } from './given.ts';
import { type AlertOverrides, type PolicyFile, parsePolicy } from './policy.ts';
import { noProxies, type Proxies, parseProxies } from './proxies.ts';
import { proxyOfEnvironment } from './proxy-environment.ts';
import { type Settings, settings } from './settings.ts';
import { type ShownValue, shownSettings } from './shown.ts';

type Replaced = 'POLICY_FILE' | 'PROXY_URL' | 'HTTPS_PROXY' | 'ALL_PROXY' | 'NO_PROXY';
export interface Config extends Omit<Settings, Replaced> {
  readonly policy: Policy;
  /** The numbers of the alerts that differ from their defaults. */
  readonly alerts: AlertOverrides;
  /** Receivers of events and alerts. */
  readonly endpoints: readonly EndpointSetting[];
  /** The content of `PROXY_FILE` at the start. */
  readonly proxies: Proxies;
  /** The proxy of organizations that `PROXY_FILE` says nothing about; undefined: none. */
  readonly usualProxy: string | undefined;
  /** The settings as they may be shown. */
  readonly shown: readonly ShownValue[];
  /** PEM. A new certificate needs a restart. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}
export interface ConfigReading {
  /** Undefined when there is a problem. */
  readonly config: Config | undefined;
  readonly problems: readonly string[];
  /** Sentences about names that are probably slips of the pen. */
  readonly warnings: readonly string[];
  /** The policy in force; its defaults when the file cannot be used. */
  readonly policyFile: PolicyFile;
}
export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The address that the client library connects to (`DEFAULT_CONNECTION_CONFIG`). */
const whatsAppAddress = 'wss://web.whatsapp.com/ws/chat';

/** Exactly what the server would do with them, so that both have one verdict. */
const faultOfTls = (tls: NonNullable<Config['tls']>): string | undefined => {
  try {
    createSecureContext(tls);
    return undefined;
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
      ? 'TLS_CERT_FILE, TLS_KEY_FILE: the key belongs to another certificate.'
      : `TLS_CERT_FILE and TLS_KEY_FILE are no certificate with its key in PEM (${code}).`;
  }
};
const tlsOf = (
  certFile: string | undefined,
  keyFile: string | undefined,
  readText: ReadText,
): Checked<Config['tls']> => {
  if (certFile === undefined && keyFile === undefined) return { value: undefined, problems: [] };
  if (certFile === undefined || keyFile === undefined)
    return { value: undefined, problems: ['TLS_CERT_FILE, TLS_KEY_FILE: set both or none.'] };
  const text = (value: string) => ({ ok: true, value }) as const;
  const cert = checkFile('TLS_CERT_FILE', certFile, readText, text, '');
  const key = checkFile('TLS_KEY_FILE', keyFile, readText, text, '');
  const value = { cert: cert.value, key: key.value };
  const problems = [...cert.problems, ...key.problems];
  const fault = problems.length === 0 ? faultOfTls(value) : undefined;
  return { value, problems: fault === undefined ? problems : [fault] };
};

const defaultPolicyFile: PolicyFile = { policy: defaultPolicy, alerts: {}, names: new Set() };

/** Reads every file that the environment names through `readText`, each once. Never throws. */
export const readConfiguration = (env: Env, readText: ReadText): ConfigReading => {
  const { value: given, problems: problemsOfSecrets } = givenIn(withSmallNames(env), readText);
  const parsed = settings.safeParse(given);
  const problemsOfValues = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`);
  const isSameToken = given['METRICS_TOKEN'] !== undefined && given['METRICS_TOKEN'] === given['API_KEY'];
  const policyFile = checkFile('POLICY_FILE', given['POLICY_FILE'], readText, parsePolicy, defaultPolicyFile);
  const proxies = checkFile('PROXY_FILE', given['PROXY_FILE'], readText, parseProxies, noProxies);
  // by itself: a mistake elsewhere hides none here
  const delivery = z.object(deliverySettings).safeParse(given);
  const endpoints = delivery.success ? endpointsOf(delivery.data, readText) : { value: [], problems: [] };
  const tls = tlsOf(given['TLS_CERT_FILE'], given['TLS_KEY_FILE'], readText);
  const problems = [
    ...problemsOfSecrets,
    ...problemsOfValues,
    ...(isSameToken ? ['METRICS_TOKEN: must not be the same as API_KEY, which has every right.'] : []),
    ...policyFile.problems,
    ...proxies.problems,
    ...endpoints.problems,
    ...tls.problems,
  ];
  const warnings = slipsIn(env);
  if (!parsed.success || problems.length > 0)
    return { config: undefined, problems, warnings, policyFile: policyFile.value };
  const { POLICY_FILE: _, PROXY_URL, HTTPS_PROXY, ALL_PROXY, NO_PROXY, ...values } = parsed.data;
  const target = values.WHATSAPP_WS_URL ?? whatsAppAddress;
  const { policy, alerts } = policyFile.value;
  const config = {
    ...values,
    policy,
    alerts,
    endpoints: endpoints.value,
    proxies: proxies.value,
    usualProxy: proxyOfEnvironment({ PROXY_URL, HTTPS_PROXY, ALL_PROXY, NO_PROXY }, target),
    shown: shownSettings(env),
    tls: tls.value,
  };
  return { config, problems: [], warnings, policyFile: policyFile.value };
};

export const readConfig = (env: Env, readText: ReadText): ConfigResult => {
  const { config, problems } = readConfiguration(env, readText);
  return config === undefined ? { ok: false, problems } : { ok: true, config };
};
