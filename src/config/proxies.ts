/** The proxy of each organization: a JSON file that may change while the program runs. */
import { z } from 'zod';
import type { WriteLog } from '../base/log.ts';
import { type Parsed, unreadable } from './file-setting.ts';
import { parseProxyAddress } from './proxy-address.ts';

/** `null`: no proxy, whatever the default is. The addresses may hold passwords: they are never shown. */
export interface Proxies {
  readonly default?: string | null | undefined;
  readonly organizations: Readonly<Record<string, string | null>>;
}
export const noProxies: Proxies = { organizations: {} };

const proxyAddress = z
  .string('must be an address or null')
  .transform((text, context) => {
    const parsed = parseProxyAddress(text);
    if (parsed.ok) return parsed.address;
    context.addIssue(parsed.problem);
    return z.NEVER;
  })
  .nullable();
const schema = z.strictObject({
  default: proxyAddress.optional(),
  organizations: z.record(z.string(), proxyAddress).default({}),
});

/** The problems name the organization, never the address. */
export const parseProxies = (text: string, file: string): Parsed<Proxies> => {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/u, ''));
  } catch {
    return { ok: false, problems: [`PROXY_FILE: ${file} is not valid JSON.`] };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problemOf = (issue: z.core.$ZodIssue) =>
    issue.code === 'unrecognized_keys'
      ? `has ${issue.keys.length} fields that it may not have: only "default" and "organizations"`
      : `${issue.path.join('.') || 'the file'}: ${issue.message}`;
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => `PROXY_FILE: ${file}: ${problemOf(issue)}.`),
  };
};

/** `otherwise`: for an organization that the file says nothing about. `undefined`: no proxy. */
export const proxyOf = (
  { default: usual, organizations }: Proxies,
  org: string,
  otherwise?: string,
): string | undefined => {
  const given = Object.hasOwn(organizations, org) ? organizations[org] : usual;
  return given === undefined ? otherwise : (given ?? undefined);
};

export interface ProxyFile {
  /**
   * The content of the file now. A file that cannot be read or parsed changes nothing: without a proxy,
   * WhatsApp would see the server's own address.
   */
  current(): Promise<Proxies>;
}
export interface ProxyFileOptions {
  /** The content at the start. */
  readonly first: Proxies;
  /** Rejects with an error of the system. */
  readonly read: () => Promise<string>;
  readonly file: string;
  /** Gets one line for each change that cannot be used. */
  readonly log: WriteLog;
}

export const openProxyFile = ({ first, read, file, log }: ProxyFileOptions): ProxyFile => {
  let proxies = first;
  let last: string | undefined;
  const readNow = () =>
    read().then(
      (text) => ({ seen: text, parsed: parseProxies(text, file) }),
      (error: unknown) => {
        const problem = unreadable('PROXY_FILE', file, error);
        return { seen: problem, parsed: { ok: false, problems: [problem] } as const };
      },
    );
  return {
    current: async () => {
      const { seen, parsed } = await readNow();
      if (seen === last) return proxies;
      last = seen;
      if (parsed.ok) proxies = parsed.value;
      else log('proxy_file.unusable', { problems: parsed.problems });
      return proxies;
    },
  };
};
