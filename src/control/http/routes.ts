/**
 * The pages over plain HTTP. The guard checks Host and Origin before anything else, as it does at the
 * upgrade.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { asyncapiDocument } from '../../protocol/documents/asyncapi.ts';
import { openapiDocument } from '../../protocol/documents/openapi.ts';
import { schemasDocument } from '../../protocol/documents/schemas.ts';
import { type MethodName, methods } from '../../protocol/methods.ts';
import { protocol } from '../../protocol/registry.ts';
import { type AddressRange, addressOf } from '../access/address.ts';
import { authenticateScraper } from '../access/metrics-token.ts';
import { bodyOf, headersOf, type Rejection, reject } from '../access/rejection.ts';
import { type GuardOptions, guardRequest } from '../access/request-guard.ts';
import { requestTimeoutMs } from '../bounds.ts';
import type { MetricsText } from '../meter.ts';
import type { ControlLog } from '../port.ts';
import { type CallDeps, createCalls } from './calls.ts';
import { type Check, type Health, type HealthWords, healthAnswer } from './health.ts';
import { createLinkRequests, type LinkRequestDeps } from './link-requests.ts';
import { createLogin } from './login.ts';
import { createDownload, createUpload, type MediaDeps, mediaIdOf, mediaPath } from './media.ts';
import { pageFiles, sendPageFile } from './page-files.ts';
import { createQrPage, type QrRequest, qrRequestOf } from './pairing-qr.ts';
import { createPlain, type HttpAnswer } from './plain.ts';
import type { ReadDeps } from './read-request.ts';
import { boundBody } from './request-time.ts';
import { createRpc } from './rpc.ts';

export interface HttpDeps extends GuardOptions, ReadDeps, CallDeps, LinkRequestDeps, MediaDeps {
  /** Sites that may show the customer's page of a pairing link in a frame. */
  readonly linkFrameAncestors: readonly string[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly health: Health;
  readonly log: ControlLog;
  /** Without it there is no `/metrics`. */
  readonly metrics?: MetricsText | undefined;
  readonly trustedProxies: readonly AddressRange[];
}
type PageHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
interface Page {
  /** `GET` stands for HEAD too (RFC 9110 §9.1): Node sends no body then. */
  readonly method: 'GET' | 'POST';
  readonly handle: PageHandler;
  /** Answers OPTIONS like GET, so that a probe with any safe method learns the truth. */
  readonly isHealth?: boolean;
}

const methodNames = Object.keys(methods) as MethodName[];
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
    `There is nothing here. The control API is a WebSocket at ${protocol.path}, and POST ` +
      `${protocol.path}/{method} for single requests;`,
    '/livez and /readyz say how the server is.',
  ].join(' '),
);
const upgradeRequired = reject(
  426,
  'upgrade_required',
  [
    'This is a WebSocket, and the request has no "Upgrade: websocket".',
    'If the client sent it, a proxy in between removed it.',
  ].join(' '),
);
const allowedMethods = ({ method }: Page): string =>
  method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS';
const wrongMethod = (page: Page): Rejection => ({
  ...reject(405, 'method_not_allowed', `Send requests here with ${page.method}.`),
  allow: allowedMethods(page),
});

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

type Awaitable<T> = T | Promise<T>;
/** An answer in JSON; without a status it is 200. */
type Answer = Pick<HttpAnswer, 'ok' | 'body'> & Partial<HttpAnswer>;
/** Pages that reject a request themselves, which is counted and logged. */
const guardedPages = (deps: HttpDeps) => {
  const refuse = (response: ServerResponse, rejection: Rejection, remoteAddress: string) => {
    deps.meter.rejected(rejection.code);
    deps.log('http.refused', { reason: rejection.code, remoteAddress });
    sendRejection(response, rejection);
  };
  const call = createCalls(deps);
  const callPlain = createPlain(deps, call);
  const answered =
    (answerTo: (request: IncomingMessage, address: string) => Awaitable<Answer | Rejection>): PageHandler =>
    async (request, response) => {
      const remoteAddress = addressOf(request, deps.trustedProxies);
      const answer = await answerTo(request, remoteAddress);
      if (!answer.ok) return refuse(response, answer, remoteAddress);
      sendJson(response, answer.status ?? 200, answer.body, answer.headers);
    };
  const drawQr = createQrPage(deps, call);
  const qrPage =
    (wanted: QrRequest): PageHandler =>
    async (request, response) => {
      const remoteAddress = addressOf(request, deps.trustedProxies);
      const answer = await drawQr(wanted, request, remoteAddress);
      if (!answer.ok) return refuse(response, answer, remoteAddress);
      if ('body' in answer) return sendJson(response, answer.status, answer.body, answer.headers);
      const { contentType, text, headers } = answer;
      response.writeHead(200, { 'content-type': contentType, ...neverStored, ...headers }).end(text);
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
  const login = createLogin(deps);
  const links = createLinkRequests(deps);
  const upload = createUpload(deps);
  const download = createDownload(deps);
  return {
    rpcPage: answered(createRpc(deps, call)),
    methodPage: (method: MethodName) => answered((request, address) => callPlain(method, request, address)),
    linkPages: { state: answered(links.state), start: answered(links.start) },
    loginPages: { make: answered(login.make), redeem: answered(login.redeem) },
    qrPage,
    metricsPage,
    uploadPage: answered(upload),
    mediaPage:
      (mediaId: string): PageHandler =>
      async (request, response) => {
        const remoteAddress = addressOf(request, deps.trustedProxies);
        const answer = await download(mediaId, request, remoteAddress);
        if (!answer.ok) return refuse(response, answer, remoteAddress);
        if ('body' in answer) return sendJson(response, answer.status, answer.body, answer.headers);
        await answer.send(response, request.method === 'HEAD');
      },
  };
};

const get = (handle: PageHandler): Page => ({ method: 'GET', handle });
const post = (handle: PageHandler): Page => ({ method: 'POST', handle });
const health = (handle: PageHandler): Page => ({ method: 'GET', handle, isHealth: true });
const pagesOf = (
  deps: HttpDeps,
  { rpcPage, methodPage, linkPages, loginPages, metricsPage, uploadPage }: ReturnType<typeof guardedPages>,
): ReadonlyMap<string, Page> => {
  const livez = healthPage(() => deps.health.live(), { pass: 'alive', fail: 'failed' });
  return new Map([
    ['/livez', health(livez)],
    ['/healthz', health(livez)], // the other name that tools request
    ['/readyz', health(healthPage(() => deps.health.ready(), { pass: 'ready', fail: 'unready' }))],
    ['/asyncapi.json', get(documentPage(asyncapiDocument))],
    ['/openapi.json', get(documentPage(openapiDocument))],
    ['/schemas.json', get(documentPage(schemasDocument))],
    [protocol.path, get((_, response) => sendRejection(response, upgradeRequired))],
    ['/v1/link/state', post(linkPages.state)],
    ['/v1/link/start', post(linkPages.start)],
    [mediaPath, post(uploadPage)],
    [protocol.rpcPath, post(rpcPage)],
    [protocol.loginPath, post(loginPages.redeem)],
    [`${protocol.loginPath}/code`, post(loginPages.make)],
    ...methodNames.map((method) => [`${protocol.path}/${method}`, post(methodPage(method))] as const),
    ...(deps.metrics ? [['/metrics', get(metricsPage(deps.metrics))] as const] : []),
  ]);
};
const isSafe = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';

export const createHttpListener = (deps: HttpDeps): RequestListener => {
  const guarded = guardedPages(deps);
  const pages = pagesOf(deps, guarded);
  const pageAt = (path: string, request: IncomingMessage): Page | undefined => {
    const qr = qrRequestOf(path, request);
    if (qr) return get(guarded.qrPage(qr));
    const mediaId = mediaIdOf(path);
    return mediaId === undefined ? pages.get(path) : get(guarded.mediaPage(mediaId));
  };
  const files = pageFiles(deps.linkFrameAncestors);
  const openPaths = new Set([...pages].flatMap(([path, { isHealth }]) => (isHealth === true ? [path] : [])));
  return (request, response) => {
    const checked = guardRequest(request, { ...deps, openPaths });
    if (!checked.ok) {
      deps.meter.rejected(checked.code);
      return sendRejection(response, checked);
    }
    if (checked.path !== mediaPath) boundBody(request, response, requestTimeoutMs);
    const page = pageAt(checked.path, request);
    const file = files.get(checked.path);
    if (page === undefined && file !== undefined && isSafe(request.method))
      return sendPageFile(request, response, file);
    if (page === undefined) return sendRejection(response, notFound);
    const isOptions = request.method === 'OPTIONS';
    if (isOptions) response.setHeader('allow', allowedMethods(page));
    if (isOptions && page.isHealth !== true) return void response.writeHead(204, neverStored).end();
    const isRight = page.method === 'GET' ? isSafe(request.method) : request.method === 'POST';
    if (!isRight && !isOptions) return sendRejection(response, wrongMethod(page));
    void (async () => page.handle(request, response))().catch((err: unknown) => {
      if (request.complete) deps.log('http.failed', { err }); // otherwise the client went away before its end
      response.destroy();
    });
  };
};
