/** What is answered over plain HTTP. The host and the origin are looked at before anything else, as at the upgrade. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { asyncapiDocument } from '../protocol/documents/asyncapi.ts';
import { schemasDocument } from '../protocol/documents/schemas.ts';
import { protocol } from '../protocol/registry.ts';
import { addressOf, type Range } from './address.ts';
import { checkDoor, type EntryRules, headersOf, type Turned, turned } from './entry.ts';
import type { ControlLog } from './port.ts';
import { openRpc, type RpcOptions } from './rpc.ts';

export interface HttpOptions extends EntryRules, RpcOptions {
  /** Whether the supervisor works. */
  readonly alive: () => boolean;
  readonly log: ControlLog;
  readonly trustedProxies: readonly Range[];
}
type Page = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const json = (response: ServerResponse, status: number, body: object, headers: Readonly<Record<string, string>> = {}) => {
  const text = `${JSON.stringify(body)}\n`;
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    .end(text);
};
/** The contract is public, and needs no key: it is the same for everybody, and says nothing of anybody. Made when first asked for. */
const published = (document: () => object): Page => {
  let made: object | undefined;
  return (_, response) => json(response, 200, (made ??= document()), { 'cache-control': 'no-cache' });
};
const turnAway = (response: ServerResponse, away: Turned) =>
  json(response, away.status, { error: { code: away.code, message: away.sentence } }, headersOf(away));

export const httpListener = (options: HttpOptions): RequestListener => {
  const rpc = openRpc(options);
  const pages: Readonly<Record<string, Page>> = {
    'GET /livez': (_, response) => {
      const ok = options.alive();
      json(response, ok ? 200 : 503, { status: ok ? 'alive' : 'failed' });
    },
    'GET /asyncapi.json': published(asyncapiDocument),
    'GET /schemas.json': published(schemasDocument),
    [protocol.rpcPath]: async (request, response) => {
      const remoteAddress = addressOf(request, options.trustedProxies);
      const answer = await rpc(request, remoteAddress);
      if (answer.ok) return json(response, 200, answer.body);
      options.log.warn({ reason: answer.code, remoteAddress }, 'http request refused');
      turnAway(response, answer);
    },
  };
  return (request, response) => {
    const door = checkDoor(request, options);
    if (!door.ok) return turnAway(response, door);
    const page = pages[door.path] ?? pages[`${request.method} ${door.path}`];
    if (page === undefined)
      return turnAway(
        response,
        turned(
          404,
          'not_found',
          `There is nothing here. The control API is a WebSocket at ${protocol.path}, and ${protocol.rpcPath} for single requests; /livez says whether the server lives.`,
        ),
      );
    void (async () => page(request, response))().catch((err: unknown) => {
      if (request.complete) options.log.error({ err }, 'an http request failed'); // otherwise it went away in the middle of it
      response.destroy();
    });
  };
};
