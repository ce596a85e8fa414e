/**
 * Everything an operator can set, as environment variables, in one schema: the check at start and the table in
 * `docs/CONFIGURATION.md` are both made from it. All mistakes are reported at once.
 */
import { z } from 'zod';
import { defaultPolicy, type Policy } from '../../machines/policy.ts';
import { parsePolicy } from './policy.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
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
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Anything but loopback needs `BEHIND_TLS_PROXY=true`.'),
  PORT: whole(0, 65_535).default(3000).describe('Port to listen on; 0 takes a free one.'),
  API_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .meta({ secret: true })
    .describe('Key with every right. Without it a first key is made and its file is shown at the start.'),
  SCAN_INTERVAL_MS: whole(100, 3_600_000).default(30_000).describe('Time between two looks at the directory, in milliseconds.'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').describe('How much is logged.'),
  LOG_FORMAT: z
    .enum(['json', 'pretty'])
    .optional()
    .describe('`json` for machines, `pretty` for people; by default `pretty` on a terminal.'),
  BEHIND_TLS_PROXY: flag
    .default(false)
    .describe('Says that a proxy with TLS stands in front, so that another address than loopback may be used.'),
  ALLOWED_HOSTS: list.default([]).describe('Further host names in the `Host` header, separated by commas.'),
  ALLOWED_ORIGINS: list.default([]).describe('Further origins of web pages that may connect, separated by commas.'),
  POLICY_FILE: z.string().min(1).optional().describe('JSON file that overrides single numbers of the policy (see below).'),
  WHATSAPP_WS_URL: wsUrl.optional().describe('Another server than WhatsApp’s: for tests and the demo.'),
  WHATSAPP_VERSION: version.optional().describe('Fixes the version of WhatsApp Web to say we are; by default it is found out.'),
});
type Settings = z.infer<typeof settings>;

export interface Config extends Omit<Settings, 'POLICY_FILE'> {
  readonly policy: Policy;
}
export type ConfigResult = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly string[] };

/** `readText` reads the policy file. An empty variable counts as not set: that is what `FOO=` in an env file means. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>, readText: (file: string) => string): ConfigResult => {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in settings.shape && value !== ''));
  const parsed = settings.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`);
  let policy = defaultPolicy;
  const file = given['POLICY_FILE'];
  if (file !== undefined) {
    try {
      const result = parsePolicy(readText(file), file);
      if (result.ok) policy = result.policy;
      else problems.push(...result.problems);
    } catch (error) {
      problems.push(`POLICY_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
    }
  }
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const { POLICY_FILE: _, ...rest } = parsed.data;
  return { ok: true, config: { ...rest, policy } };
};
