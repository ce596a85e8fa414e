/**
 * Everything an operator can set, as environment variables, in one schema: the check at start and the table in
 * `docs/CONFIGURATION.md` are both made from it. All mistakes are reported at once.
 */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { defaultPolicy, type Policy } from '../../machines/policy.ts';
import { type AlertOverrides, parsePolicy } from './policy.ts';

const list = (isRight: (part: string) => boolean, sentence: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.every(isRight), sentence);
/** What browsers send as `Origin`: compared letter by letter. `null` and `*` are none. */
const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;
const isHostName = (text: string) => /^[\w.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(text);
const isRange = (text: string) => ipaddr.isValidCIDR(text) || ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
const flag = z.enum(['true', 'false', '1', '0'], 'must be true or false').transform((text) => text === 'true' || text === '1');
const whole = (least: number, most: number) => {
  const sentence = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number(sentence).int(sentence).min(least, sentence).max(most, sentence);
};
const wsUrl = z.string().refine((text) => /^wss?:\/\//.test(text) && URL.canParse(text), 'must be a ws:// or wss:// address');
const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'must look like 2.3000.1043857760');

/** `.meta({ secret })`: never shown. `.describe` is the row in the docs. */
export const settings = z.object({
  AUTH_DIR: z
    .string()
    .min(1)
    .default('./auth_sessions')
    .describe('Directory of the sessions: one directory per organization, with its `creds.json`.'),
  HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Anything but loopback needs `TLS_CERT_FILE` or `BEHIND_TLS_PROXY=true`.'),
  PORT: whole(0, 65_535).default(3000).describe('Port to listen on; 0 takes a free one.'),
  API_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .meta({ secret: true })
    .describe(
      'Key with every right. Without it a first key is made and its file is shown at the start. Or `API_KEY_FILE`: a file with it.',
    ),
  SCAN_INTERVAL_MS: whole(100, 3_600_000).default(30_000).describe('Time between two looks at the directory, in milliseconds.'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').describe('How much is logged.'),
  LOG_FORMAT: z
    .enum(['json', 'pretty'])
    .optional()
    .describe('`json` for machines, `pretty` for people; by default `pretty` on a terminal.'),
  TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file with the certificate and those above it, to serve TLS without a proxy. Read at the start only.'),
  TLS_KEY_FILE: z.string().min(1).optional().describe('PEM file with the private key of that certificate.'),
  BEHIND_TLS_PROXY: flag
    .default(false)
    .describe('Says that a proxy with TLS stands in front, so that another address than loopback may be used.'),
  TRUSTED_PROXIES: list(isRange, 'must be addresses or ranges like 10.0.0.0/8, separated by commas')
    .default([])
    .describe(
      'Addresses or ranges of your proxies, separated by commas. Their `X-Forwarded-For` is believed; without it all of their clients count as one.',
    ),
  ALLOWED_HOSTS: list(isHostName, 'must be host names, without https:// and without a path, separated by commas')
    .default([])
    .describe('Further host names in the `Host` header, separated by commas.'),
  ALLOWED_ORIGINS: list(isOrigin, 'must be origins like https://panel.example (no path, no slash at the end), separated by commas')
    .default([])
    .describe('Further origins of web pages that may connect, separated by commas.'),
  MAX_REQUESTS_PER_10_SECONDS: whole(10, 1_000_000)
    .default(100)
    .describe('Requests of one key in ten seconds; half of them may come at once. Raise it for a backend of many organizations.'),
  MAX_CONNECTIONS: whole(1, 100_000).default(500).describe('WebSocket connections in all.'),
  MAX_CONNECTIONS_PER_KEY: whole(1, 100_000).default(20).describe('WebSocket connections with one key.'),
  MAX_CONNECTIONS_PER_ADDRESS: whole(1, 100_000).default(50).describe('WebSocket connections from one address (of IPv6: one /64).'),
  POLICY_FILE: z.string().min(1).optional().describe('JSON file that overrides single numbers of the policy (see below).'),
  WHATSAPP_WS_URL: wsUrl.optional().describe('Another server than WhatsApp’s: for tests and the demo.'),
  WHATSAPP_VERSION: version.optional().describe('Fixes the version of WhatsApp Web to say we are; by default it is found out.'),
});
type Settings = z.infer<typeof settings>;

export interface Config extends Omit<Settings, 'POLICY_FILE'> {
  readonly policy: Policy;
  /** Numbers of the alerts that differ from their defaults. */
  readonly alerts: AlertOverrides;
}
export type ConfigResult = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] };

/** Secrets that may stand in a file of their own instead: `NAME_FILE` (Docker's and systemd's way). */
const inFiles = Object.entries(settings.shape).flatMap(([name, schema]) => (z.globalRegistry.get(schema)?.['secret'] ? [name] : []));

/** `readText` reads the policy file and those of secrets. An empty variable counts as not set: that is what `FOO=` in an env file means. */
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
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const { POLICY_FILE: _, ...rest } = parsed.data;
  return { ok: true, config: { ...rest, policy, alerts } };
};
