/** The environment, the policy file and the files of secrets, read and checked at once: all mistakes are reported together. */
import { z } from 'zod';
import { defaultPolicy, type Policy } from '../../machines/domain/policy.ts';
import { deliverySettings, type EndpointSetting, endpointsOf } from './delivery.ts';
import { type AlertOverrides, parsePolicy } from './policy.ts';
import { noProxies, type Proxies, parseProxies } from './proxies.ts';
import { type Settings, settings } from './settings.ts';

export interface Config extends Omit<Settings, 'POLICY_FILE'> {
  readonly policy: Policy;
  /** Numbers of the alerts that differ from their defaults. */
  readonly alerts: AlertOverrides;
  /** Who is told of events and alerts. */
  readonly endpoints: readonly EndpointSetting[];
  /** As `PROXY_FILE` is at the start. */
  readonly proxies: Proxies;
}
export type ConfigResult = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] };

/** Secrets that may stand in a file of their own instead: `NAME_FILE` (Docker's and systemd's way). */
const inFiles = Object.entries(settings.shape).flatMap(([name, schema]) => (z.globalRegistry.get(schema)?.['secret'] ? [name] : []));

/** `readText` reads the policy file, the proxy file and those of secrets. An empty variable counts as not set: that is what `FOO=` in an env file means. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>, readText: (file: string) => string): ConfigResult => {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in settings.shape && value !== ''));
  const problems: string[] = [];
  for (const name of inFiles) {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (given[name] !== undefined) problems.push(`${name}_FILE: ${name} is set too; set one of them.`);
    try {
      given[name] = readText(file).replace(/\r?\n$/, '');
    } catch (error) {
      problems.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
    }
  }
  const parsed = settings.safeParse(given);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`));
  if ((given['TLS_CERT_FILE'] === undefined) !== (given['TLS_KEY_FILE'] === undefined))
    problems.push('TLS_CERT_FILE, TLS_KEY_FILE: set both or none.');
  if (given['METRICS_TOKEN'] !== undefined && given['METRICS_TOKEN'] === given['API_KEY'])
    problems.push('METRICS_TOKEN: must not be the same as API_KEY, which may do everything.');
  let policy = defaultPolicy;
  let alerts: AlertOverrides = {};
  const file = given['POLICY_FILE'];
  if (file !== undefined) {
    try {
      const result = parsePolicy(readText(file), file);
      if (result.ok) ({ policy, alerts } = result);
      else problems.push(...result.problems);
    } catch (error) {
      problems.push(`POLICY_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
    }
  }
  let proxies = noProxies;
  const proxyFile = given['PROXY_FILE'];
  if (proxyFile !== undefined) {
    try {
      const result = parseProxies(readText(proxyFile), proxyFile);
      if (result.ok) ({ proxies } = result);
      else problems.push(...result.problems);
    } catch (error) {
      problems.push(`PROXY_FILE: ${proxyFile} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
    }
  }
  const ofDelivery = z.object(deliverySettings).safeParse(given); // by itself: a mistake elsewhere hides none here
  const sinks = ofDelivery.success ? endpointsOf(ofDelivery.data, readText) : { endpoints: [], problems: [] };
  problems.push(...sinks.problems);
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const { POLICY_FILE: _, ...rest } = parsed.data;
  return { ok: true, config: { ...rest, policy, alerts, endpoints: sinks.endpoints, proxies } };
};
