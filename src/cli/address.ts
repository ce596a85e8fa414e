/**
 * The address of the server: from the command line, from VIGIA_URL, or from the settings of the server in
 * this environment.
 */
import { parseAddress } from '../base/addresses.ts';
import { faultOfText, trimmed } from '../base/given-text.ts';
import { addressOf, inspectSettings } from '../offline/settings.ts';
import type { Context } from './command.ts';
import { Failure } from './exit-codes.ts';

const mostPort = 65_535;

/** A server that listens on every address is reached on loopback. */
const dialled = (host: string): string => {
  const address = parseAddress(host);
  if (address === undefined) return host;
  const isEvery = address.range() === 'unspecified';
  if (address.kind() === 'ipv4') return isEvery ? '127.0.0.1' : address.toString();
  return isEvery ? '[::1]' : `[${address.toString()}]`;
};
/** Throws `Failure` (usage) when the settings name no port that can be dialled. */
const ownAddress = ({ env }: Context): { readonly url: URL; readonly certificate: string | undefined } => {
  const settings = inspectSettings(env);
  const { host, port, tls } = addressOf(settings);
  if (!Number.isInteger(port) || port < 1 || port > mostPort) {
    const given = JSON.stringify(env['PORT']);
    const message = `PORT is ${given}, and must be from 1 to ${mostPort}. Set it, or use --url.`;
    throw new Failure('usage', 'bad_port', message);
  }
  const text = `${tls ? 'https' : 'http'}://${dialled(host)}:${port}`;
  if (!URL.canParse(text))
    throw new Failure(
      'usage',
      'bad_address',
      `HOST is ${JSON.stringify(host)}, which is no host. Use --url.`,
    );
  return { url: new URL(text), certificate: settings.config?.tls?.cert };
};

export interface ServerAddress {
  readonly url: URL;
  /** The setting that it comes from. `settings`: HOST, PORT and TLS_CERT_FILE, so it is this machine. */
  readonly from: '--url' | 'VIGIA_URL' | 'settings';
  /** PEM: the certificate of the server on this machine, which need not be for the address dialled here. */
  readonly certificate?: string | undefined;
}
/** Throws `Failure` (usage). The message does not repeat the value, which may contain a key. */
export const serverAddress = (context: Context): ServerAddress => {
  const { options, env } = context;
  const given = trimmed(options.url ?? env['VIGIA_URL'] ?? '');
  if (given === '' && options.url === undefined) return { ...ownAddress(context), from: 'settings' };
  const from = options.url === undefined ? 'VIGIA_URL' : '--url';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^(http|ws)s?:$/u.test(url.protocol)) return { url, from };
  const fault = faultOfText(given);
  const form = fault ? `It ${fault}.` : 'It must have the form http://127.0.0.1:3000 or wss://host/v1.';
  throw new Failure('usage', 'bad_address', `${from} is not the address of a server. ${form}`);
};
