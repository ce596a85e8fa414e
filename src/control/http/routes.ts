/**
 * The pages over plain HTTP. The guard checks Host and Origin before anything else, as it does at the
 * upgrade.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { asyncapiDocument } from '../../protocol/documents/asyncapi.ts';
import { schemasDocument } from '../../protocol/documents/schemas.ts';
import { protocol } from '../../protocol/registry.ts';
import { type AddressRange, addressOf } from '../access/address.ts';
import { authenticateScraper } from '../access/metrics-token.ts';
import { bodyOf, headersOf, type Rejection, reject } from '../access/rejection.ts';
import { type GuardOptions, guardRequest } from '../access/request-guard.ts';
import type { MetricsText } from '../meter.ts';
import type { ControlLog } from '../port.ts';
import { type Check, type Health, type HealthWords, healthAnswer } from './health.ts';
import { pageFiles, sendPageFile } from './page-files.ts';
import { createRpc, type RpcDeps } from './rpc.ts';

export interface HttpDeps extends GuardOptions, RpcDeps {
  readonly health: Health;
  readonly log: ControlLog;
  /** Without it there is no `/metrics`. */
  readonly metrics?: MetricsText | undefined;
  readonly trustedProxies: readonly AddressRange[];
}
type PageHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const neverStored = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;
const sendJson = (
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) => {
  const text = `${JSON.stringify(body)}\n`;
  const length = { 'content-length': Buffer.byteLength(text) };
  response
    .writeHead(status, { 'content-type': 'application/json', ...length, ...neverStored, ...headers })
    .end(text);
};
const sendRejection = (response: ServerResponse, rejection: Rejection) =>
  sendJson(response, rejection.status, bodyOf(rejection), headersOf(rejection));

const notFound = reject(
  404,
  'not_found',
  [
    `There is nothing here. The control API is a WebSocket at ${protocol.path}, and ${protocol.rpcPath} ` +
      'for single requests;',
    '/livez and /readyz say how the server is.',
  ].join(' '),
);

/**
 * A document of the contract. It is public: it is the same for every client and names no tenant. Built at the
 * first request.
 */
const documentPage = (build: () => object): PageHandler => {
  let document: object | undefined;
  return (_, response) => sendJson(response, 200, (document ??= build()), { 'cache-control': 'no-cache' });
};
const healthPage =
  (checks: () => readonly Check[], words: HealthWords): PageHandler =>
  (request, response) => {
    const { status, body } = healthAnswer(request.url, checks(), words);
    sendJson(response, status, body);
  };

/** Pages that reject a request themselves, which is counted and logged. */
const guardedPages = (deps: HttpDeps) => {
  const refuse = (response: ServerResponse, rejection: Rejection, remoteAddress: string) => {
    deps.meter.rejected(rejection.code);
    deps.log('http.refused', { reason: rejection.code, remoteAddress });
    sendRejection(response, rejection);
  };
  const callRpc = createRpc(deps);
  const rpcPage: PageHandler = async (request, response) => {
    const remoteAddress = addressOf(request, deps.trustedProxies);
    const answer = await callRpc(request, remoteAddress);
    if (answer.ok) return sendJson(response, 200, answer.body);
    refuse(response, answer, remoteAddress);
  };
  const metricsPage =
    (metrics: MetricsText): PageHandler =>
    async (request, response) => {
      const remoteAddress = addressOf(request, deps.trustedProxies);
      const authenticated = authenticateScraper(request, deps, remoteAddress);
      if (!authenticated.ok) return refuse(response, authenticated, remoteAddress);
      const { contentType, body } = await metrics();
      response.writeHead(200, { 'content-type': contentType, ...neverStored }).end(body);
    };
  return { rpcPage, metricsPage };
};

const pagesOf = (deps: HttpDeps): Readonly<Record<string, PageHandler>> => {
  const { health, metrics } = deps;
  const { rpcPage, metricsPage } = guardedPages(deps);
  const livez = healthPage(() => health.live(), { pass: 'alive', fail: 'failed' });
  return {
    'GET /livez': livez,
    'GET /healthz': livez, // the other name that tools request
    'GET /readyz': healthPage(() => health.ready(), { pass: 'ready', fail: 'unready' }),
    'GET /asyncapi.json': documentPage(asyncapiDocument),
    'GET /schemas.json': documentPage(schemasDocument),
    [protocol.rpcPath]: rpcPage,
    ...(metrics ? { 'GET /metrics': metricsPage(metrics) } : {}),
  };
};

export const createHttpListener = (deps: HttpDeps): RequestListener => {
  const pages = pagesOf(deps);
  const files = pageFiles();
  return (request, response) => {
    const guarded = guardRequest(request, deps);
    if (!guarded.ok) {
      deps.meter.rejected(guarded.code);
      return sendRejection(response, guarded);
    }
    const page = pages[guarded.path] ?? pages[`${request.method} ${guarded.path}`];
    const file = files.get(guarded.path);
    if (page === undefined && file !== undefined && (request.method === 'GET' || request.method === 'HEAD'))
      return sendPageFile(request, response, file);
    if (page === undefined) return sendRejection(response, notFound);
    void (async () => page(request, response))().catch((err: unknown) => {
      if (request.complete) deps.log('http.failed', { err }); // otherwise the client went away before its end
      response.destroy();
    });
  };
};
