/** Which way each organization goes out: a JSON file that may change while the program runs. */
import { z } from 'zod';

/** `null`: straight, whatever the default says. The addresses may hold passwords: they are never shown. */
export interface Proxies {
  readonly default?: string | null | undefined;
  readonly organizations: Readonly<Record<string, string | null>>;
}
export const noProxies: Proxies = { organizations: {} };

/** Names are always resolved by the proxy: a resolver at home would tell where its owner goes. */
const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:']);
const isProxy = (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && schemes.has(url.protocol) && url.hostname !== '' && url.pathname.length <= 1 && url.search === '';
};
const proxyAddress = z
  .string('must be an address or null')
  .refine(isProxy, 'must be like http://user:password@host:3128, https://… or socks5://host:1080')
  .nullable();
const schema = z.strictObject({ default: proxyAddress.optional(), organizations: z.record(z.string(), proxyAddress).default({}) });

export type ProxiesResult = { readonly ok: true; readonly proxies: Proxies } | { readonly ok: false; readonly problems: readonly string[] };

/** The problems name the organization, never the address. */
export const parseProxies = (text: string, file: string): ProxiesResult => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problems: [`PROXY_FILE: ${file} is not valid JSON.`] };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, proxies: parsed.data };
  const said = (issue: z.core.$ZodIssue) =>
    issue.code === 'unrecognized_keys'
      ? `has ${issue.keys.length} fields that it may not have: only "default" and "organizations"`
      : `${issue.path.join('.') || 'the file'}: ${issue.message}`;
  return { ok: false, problems: parsed.error.issues.map((issue) => `PROXY_FILE: ${file}: ${said(issue)}.`) };
};

/** `undefined`: straight. */
export const proxyOf = ({ default: otherwise, organizations }: Proxies, org: string): string | undefined =>
  (Object.hasOwn(organizations, org) ? organizations[org] : otherwise) ?? undefined;

export interface ProxyFile {
  /** As the file is now. One that cannot be read, or makes no sense, changes nothing: going out straight instead would show the server's own address. */
  current(): Promise<Proxies>;
}
export interface ProxyFileOptions {
  /** As it was at the start. */
  readonly first: Proxies;
  readonly read: () => Promise<string>;
  readonly file: string;
  /** Once for each change. */
  readonly warn: (problems: readonly string[]) => void;
}

export const openProxyFile = ({ first, read, file, warn }: ProxyFileOptions): ProxyFile => {
  let proxies = first;
  let seen: string | undefined;
  return {
    current: async () => {
      const text = await read().catch((error: NodeJS.ErrnoException) => error);
      const sight = typeof text === 'string' ? text : `${error(text)}`;
      if (sight === seen) return proxies;
      seen = sight;
      const result: ProxiesResult =
        typeof text === 'string'
          ? parseProxies(text, file)
          : { ok: false, problems: [`PROXY_FILE: ${file} cannot be read (${error(text)}).`] };
      if (result.ok) ({ proxies } = result);
      else warn(result.problems);
      return proxies;
    },
  };
};
const error = ({ code }: NodeJS.ErrnoException) => code ?? 'unknown error';
