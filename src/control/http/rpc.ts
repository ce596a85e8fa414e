/**
 * `POST /v1/rpc`: the same requests without a socket, for programs that cannot keep one open (a web framework's views). Whoever has
 * a valid key gets 200 with a JSON-RPC answer, also when it is an error; what is wrong before that has an HTTP status of its own.
 */

import type { IncomingMessage } from 'node:http';
import { monotonicMs } from '../../base/monotonic.ts';
import type { Failure } from '../../protocol/envelope.ts';
import type { Limits } from '../../protocol/shapes.ts';
import { type AccessRules, checkKey, type HttpRejection, rejection } from '../access/authenticate.ts';
import { type Rates, tooFast } from '../access/rates.ts';
import { type Meter, secondsSince } from '../meter.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import { isHandled } from '../rpc/handlers.ts';
import { failureOf, RpcError } from '../rpc/refusal.ts';
import { type Parsed, parseRequest } from '../rpc/request.ts';

export interface RpcOptions extends Pick<AccessRules, 'keys' | 'failures'> {
  readonly rates: Rates;
  readonly dispatcher: Dispatcher;
  readonly limits: Limits;
  readonly meter: Meter;
}
type Answer = { readonly ok: true; readonly body: object } | HttpRejection;

/** Undefined when it is larger than that; the rest is read and dropped, so that the client gets to see why. */
const bodyOf = (request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= maxBytes) return void parts.push(part);
      parts = [];
      resolve(undefined);
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away'))); // after the end nobody hears it
  });
const isJson = (contentType: string | undefined) => /^application\/json\s*(;\s*charset=("?)utf-8\2\s*)?$/i.test(contentType ?? '');
const utf8 = new TextDecoder('utf-8', { fatal: true });
const textOf = (body: Buffer): string | undefined => {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
};

/** The host, the origin and the path have been looked at. Rejects when the client went away before it had said everything. */
export const openRpc = ({ keys, failures, rates, dispatcher, limits, meter }: RpcOptions) => {
  const inFlight = new Map<string, number>(); // by key

  return async (request: IncomingMessage, address: string): Promise<Answer> => {
    if (request.method !== 'POST') return rejection(405, 'method_not_allowed', 'Send requests here with POST.');
    const checked = checkKey(request, { keys, failures }, address);
    if (!checked.ok) return checked;
    if (!checked.bearer) return rejection(401, 'unauthenticated', 'Send the API key in the header "Authorization: Bearer …".');
    if (!isJson(request.headers['content-type']) || request.headers['content-encoding'] !== undefined)
      return rejection(415, 'unsupported_media_type', 'Send application/json in UTF-8, not compressed.');
    const tooLarge = rejection(413, 'too_large', `A request has at most ${limits.maxMessageBytes} bytes.`);
    if (Number(request.headers['content-length'] ?? 0) > limits.maxMessageBytes) return tooLarge;
    const body = await bodyOf(request, limits.maxMessageBytes);
    if (body === undefined) return tooLarge;

    const principal = checked.bearer.pass.principal(); // it may have been revoked while the body came
    if (principal === undefined) return rejection(401, 'unauthenticated', 'The API key is missing or not valid.');
    const { keyId } = principal;
    const startedMs = monotonicMs();
    const failed = (method: Parsed['method'], failure: Failure): Answer => {
      meter.answered(method ?? 'unknown', failure.error.data.reason, secondsSince(startedMs));
      return { ok: true, body: failure };
    };
    const refuse = ({ id, method }: Pick<Parsed, 'id' | 'method'>, refused: RpcError) => failed(method, failureOf(id, refused));
    const retryAfterMs = rates.take(keyId);
    const text = textOf(body);
    if (text === undefined) return refuse({ id: null }, new RpcError('parse_error', 'The message is not UTF-8.'));
    const parsed = parseRequest(text);
    if (retryAfterMs > 0) return refuse(parsed, tooFast(retryAfterMs));
    if (parsed.kind === 'refused') return refuse(parsed, parsed.refused);
    const { id, method, params } = parsed;
    if (!isHandled(method))
      return refuse(parsed, new RpcError('method_not_found', `${method} belongs to a WebSocket: it does not exist over HTTP.`));
    const running = inFlight.get(keyId) ?? 0;
    if (running >= limits.maxInFlight)
      return refuse(
        parsed,
        new RpcError('limit_exceeded', `At most ${limits.maxInFlight} requests of a key may be in flight over HTTP.`, {
          limit: limits.maxInFlight,
        }),
      );
    inFlight.set(keyId, running + 1);
    try {
      const result = await dispatcher.call(method, params, principal);
      meter.answered(method, 'ok', secondsSince(startedMs));
      return { ok: true, body: { jsonrpc: '2.0', id, result } };
    } catch (error) {
      return failed(method, dispatcher.failure(error, id, method, { keyId }));
    } finally {
      const left = (inFlight.get(keyId) ?? 1) - 1;
      if (left > 0) inFlight.set(keyId, left);
      else inFlight.delete(keyId);
    }
  };
};
