/** What is answered over plain HTTP. The host and the origin are looked at before anything else, as at the upgrade. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { asyncapiDocument } from '../../protocol/documents/asyncapi.ts';
import { schemasDocument } from '../../protocol/documents/schemas.ts';
import { protocol } from '../../protocol/registry.ts';
import { addressOf, type Range } from '../access/address.ts';
import { type AccessRules, guardRequest, type HttpRejection, headersOf, rejection } from '../access/authenticate.ts';
import { checkScraper } from '../access/metrics-token.ts';
import type { MetricsText } from '../meter.ts';
import type { ControlLog } from '../port.ts';
import { type Check, type Health, healthAnswer } from './health.ts';
import { openRpc, type RpcOptions } from './rpc.ts';

export interface HttpOptions extends AccessRules, RpcOptions {
  readonly health: Health;
  readonly log: ControlLog;
  readonly metrics?: MetricsText;
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
const sendRejection = (response: ServerResponse, rejection: HttpRejection) =>
  json(response, rejection.status, { error: { code: rejection.code, message: rejection.message } }, headersOf(rejection));

export const httpListener = (options: HttpOptions): RequestListener => {
  const rpc = openRpc(options);
  const refuse = (response: ServerResponse, rejection: HttpRejection, remoteAddress: string) => {
    options.meter.rejected(rejection.code);
    options.log('http.refused', { reason: rejection.code, remoteAddress });
    sendRejection(response, rejection);
  };
  const metricsPage =
    (text: MetricsText): Page =>
    async (request, response) => {
      const remoteAddress = addressOf(request, options.trustedProxies);
      const checked = checkScraper(request, options, remoteAddress);
      if (!checked.ok) return refuse(response, checked, remoteAddress);
      const { contentType, body } = await text();
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(body);
    };
  const health =
    (look: () => readonly Check[], ...words: readonly [string, string]): Page =>
    (request, response) => {
      const { status, body } = healthAnswer(request.url, look(), words);
      json(response, status, body);
    };
  const livez = health(() => options.health.live(), 'alive', 'failed');
  const pages: Readonly<Record<string, Page>> = {
    'GET /livez': livez,
    'GET /healthz': livez, // the other name that tools ask for
    'GET /readyz': health(() => options.health.ready(), 'ready', 'unready'),
    'GET /asyncapi.json': published(asyncapiDocument),
    'GET /schemas.json': published(schemasDocument),
    [protocol.rpcPath]: async (request, response) => {
      const remoteAddress = addressOf(request, options.trustedProxies);
      const answer = await rpc(request, remoteAddress);
      if (answer.ok) return json(response, 200, answer.body);
      refuse(response, answer, remoteAddress);
    },
    ...(options.metrics && { 'GET /metrics': metricsPage(options.metrics) }),
  };
  return (request, response) => {
    const guarded = guardRequest(request, options);
    if (!guarded.ok) {
      options.meter.rejected(guarded.code);
      return sendRejection(response, guarded);
    }
    const page = pages[guarded.path] ?? pages[`${request.method} ${guarded.path}`];
    if (page === undefined)
      return sendRejection(
        response,
        rejection(
          404,
          'not_found',
          `There is nothing here. The control API is a WebSocket at ${protocol.path}, and ${protocol.rpcPath} for single requests; /livez and /readyz say how the server is.`,
        ),
      );
    void (async () => page(request, response))().catch((err: unknown) => {
      if (request.complete) options.log('http.failed', { err }); // otherwise it went away in the middle of it
      response.destroy();
    });
  };
};
