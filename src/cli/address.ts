/** The address of the server, from the command line or the environment. */
import type { Context } from './command.ts';
import { Failure } from './exit-codes.ts';

const defaultPort = '3000';
const mostPort = 65_535;

/** Throws `Failure` (usage) when PORT is not a port. */
export const portIn = (env: Context['env']): string => {
  const text = env['PORT'] || defaultPort;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= mostPort) return String(port);
  const message = `PORT is ${JSON.stringify(text)}, and must be from 1 to ${mostPort}. Set it, or use --url.`;
  throw new Failure('usage', 'bad_port', message);
};
export interface ServerAddress {
  readonly url: URL;
  /** The setting that it comes from. */
  readonly from: '--url' | 'VIGIA_URL' | 'PORT';
}
const settingIn = ({ options, env }: Pick<Context, 'options' | 'env'>): ServerAddress['from'] => {
  if (options.url !== undefined) return '--url';
  return env['VIGIA_URL'] ? 'VIGIA_URL' : 'PORT';
};
/** Throws `Failure` (usage). The message does not repeat the value, which may contain a key. */
export const serverAddress = ({ options, env }: Context): ServerAddress => {
  const from = settingIn({ options, env });
  const given = options.url ?? (env['VIGIA_URL'] || `http://127.0.0.1:${portIn(env)}`);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^(http|ws)s?:$/u.test(url.protocol)) return { url, from };
  const form = 'It must have the form http://127.0.0.1:3000 or wss://host/v1.';
  throw new Failure('usage', 'bad_address', `${from} is not the address of a server. ${form}`);
};
