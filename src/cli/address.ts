/** Where the server is, as a person named it. */
import type { Context } from './command.ts';
import { Failure } from './exit-codes.ts';

const defaultPort = '3000';
const mostPort = 65_535;

/** Throws `Failure` (usage): of a PORT that makes no sense, an address would be made that makes none either. */
export const portIn = (env: Context['env']): string => {
  const text = env['PORT'] || defaultPort;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= mostPort) return String(port);
  const message = `PORT is ${JSON.stringify(text)}, and must be a whole number from 1 to ${mostPort}; or name the server with --url.`;
  throw new Failure('usage', 'bad_port', message);
};
export interface ServerAddress {
  readonly url: URL;
  /** Where it was named. */
  readonly from: '--url' | 'VIGIA_URL' | 'PORT';
}
/** Throws `Failure` (usage). What was given is not repeated: there may be a key in it. */
export const serverAddress = ({ options, env }: Context): ServerAddress => {
  const from = options.url !== undefined ? '--url' : env['VIGIA_URL'] ? 'VIGIA_URL' : 'PORT';
  const given = options.url ?? (env['VIGIA_URL'] || `http://127.0.0.1:${portIn(env)}`);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^(http|ws)s?:$/u.test(url.protocol)) return { url, from };
  const message = `${from} is no address of a server: it must look like http://127.0.0.1:3000 or wss://host/v1.`;
  throw new Failure('usage', 'bad_address', message);
};
