/** The connection of one command, and messages for its failures. */
import { build } from '../base/build.ts';
import { type Client, connect, VigiaError } from '../client/client.ts';
import { type ServerAddress, serverAddress } from './address.ts';
import { findKey } from './api-key.ts';
import type { Context } from './command.ts';
import { diagnose } from './diagnosis.ts';
import { type Exit, Failure } from './exit-codes.ts';
import { pinnedSocket } from './pinned-socket.ts';
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
const adviceFor = (url: URL) =>
  isLoopback(url)
    ? 'Start it with "npm start" or "vigia serve", or set another address with --url.'
    : 'Check --url, the network and the server.';
const sourceOf = ({ from }: ServerAddress): string => (from === 'settings' ? 'HOST and PORT' : from);
const messageOfReason = (error: VigiaError, address: ServerAddress): string => {
  const { host } = address.url;
  if (error.reason === 'unauthenticated')
    return `the server at ${host} does not accept the API key. ${printable(error.message)}`;
  if (error.reason === 'bad_address') return `${sourceOf(address)}: ${error.message}`;
  return printable(plainMessage(error));
};
/** The slug and the message of a server that was not reached. */
const unreachable = async (error: VigiaError, { url }: ServerAddress): Promise<[string, string]> => {
  const found = await diagnose(url);
  if (found !== undefined && found.code !== 'unreachable')
    return [found.code, `the server at ${url.host} ${printable(found.message)}`];
  const why = printable(error.message).replace(/\.$/, '');
  const what = found?.message ?? `cannot be reached (${why})`;
  return [error.reason, `the server at ${url.host} ${what}. ${adviceFor(url)}`];
};
const failureOf = async (error: VigiaError, address: ServerAddress): Promise<Failure> => {
  if (error.reason === 'unreachable')
    return new Failure('unreachable', ...(await unreachable(error, address)));
  const exit = error.closeCode === 4401 ? 'auth' : (exitOf[error.reason] ?? 'failure');
  return new Failure(exit, error.reason, messageOfReason(error, address));
};

/** Throws a `VigiaError` of `work` as a `Failure` with a plain message. Closes the connection at the end. */
export const online = async (
  context: Context,
  work: (client: Client) => Promise<Exit | undefined>,
): Promise<Exit | undefined> => {
  const { terminal } = context;
  const address = serverAddress(context);
  const { url, certificate } = address;
  const isOwn = address.from === 'settings';
  let client: Client | undefined;
  try {
    client = connect({
      url: url.href,
      apiKey: findKey(context, isOwn || isLoopback(url)),
      ...(certificate !== undefined && { WebSocket: await pinnedSocket(certificate) }),
      client: { name: 'vigia-cli', version: build },
      reconnect: 'once_online',
    });
    if (/^(http|ws):$/.test(url.protocol) && !isOwn && !isLoopback(url))
      terminal.note(`Warning: ${url.protocol}// sends the API key unencrypted. Use https://.`);
    await client.online();
    return await work(client);
  } catch (error) {
    if (!(error instanceof VigiaError)) throw error;
    throw await failureOf(error, address);
  } finally {
    client?.close();
  }
};
