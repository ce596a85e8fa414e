/** The connection of one command, and messages for its failures. */
import { build } from '../base/build.ts';
import { type Client, connect, VigiaError } from '../client/client.ts';
import { type ServerAddress, serverAddress } from './address.ts';
import { findKey } from './api-key.ts';
import type { Context } from './command.ts';
import { type Exit, Failure } from './exit-codes.ts';
import { plainMessage } from './plain-message.ts';
import { printable } from './terminal.ts';

const isLoopback = (url: URL) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);

/** By the reason of the error; every other reason is `failure`. */
const exitOf: Readonly<Record<string, Exit>> = {
  unreachable: 'unreachable',
  disconnected: 'unreachable',
  no_answer: 'unreachable',
  unauthenticated: 'auth',
  forbidden: 'auth',
  bad_address: 'usage',
  invalid_params: 'usage',
};
const upgradeMessages: Readonly<Record<string, string>> = {
  401: 'it does not accept the key',
  403: 'it does not accept this host name. Add the name to its ALLOWED_HOSTS',
  404: 'there is no Vigía at this address',
  429: 'it has too many connections, or received too many wrong keys from here. Try again later',
  503: 'it is shutting down',
};
const adviceFor = (url: URL) =>
  isLoopback(url)
    ? 'Start it with "npm start" or "vigia serve", or set another address with --url.'
    : 'Check --url, the network and the server.';
const messageOfReason = (error: VigiaError, { url, from }: ServerAddress): string => {
  if (error.reason === 'unauthenticated') return `the server at ${url.host} does not accept the API key.`;
  if (error.reason === 'bad_address') return `${from}: ${error.message}`;
  if (error.reason !== 'unreachable') return printable(plainMessage(error));
  const status = /Unexpected server response: (\d+)/.exec(error.message)?.[1];
  if (status !== undefined) {
    const why = upgradeMessages[status] ?? `HTTP ${status}`;
    return `the server at ${url.host} refused the connection: ${why}.`;
  }
  const why = printable(error.message).replace(/\.$/, '');
  return `the server at ${url.host} cannot be reached (${why}). ${adviceFor(url)}`;
};

/** Throws a `VigiaError` of `work` as a `Failure` with a plain message. Closes the connection at the end. */
export const online = async (
  context: Context,
  work: (client: Client) => Promise<Exit | undefined>,
): Promise<Exit | undefined> => {
  const { terminal } = context;
  const address = serverAddress(context);
  const { url } = address;
  let client: Client | undefined;
  try {
    client = connect({
      url: url.href,
      apiKey: findKey(context, isLoopback(url)),
      client: { name: 'vigia-cli', version: build },
      reconnect: 'once_online',
    });
    if (/^(http|ws):$/.test(url.protocol) && !isLoopback(url))
      terminal.note(`Warning: ${url.protocol}// sends the API key unencrypted. Use https://.`);
    await client.online();
    return await work(client);
  } catch (error) {
    if (!(error instanceof VigiaError)) throw error;
    const exit = error.closeCode === 4401 ? 'auth' : (exitOf[error.reason] ?? 'failure');
    throw new Failure(exit, error.reason, messageOfReason(error, address));
  } finally {
    client?.close();
  }
};
