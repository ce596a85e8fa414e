/**
 * The life of one client: `initialize` first and once, then requests and events until it goes, is silent, or does not read.
 * The close codes are those of the registry (`src/protocol/errors.ts`).
 */
import type { RawData, WebSocket } from 'ws';
import type { Failure, RequestId } from '../protocol/envelope.ts';
import { type CloseReason, closes } from '../protocol/errors.ts';
import type { Params } from '../protocol/methods.ts';
import { protocol } from '../protocol/registry.ts';
import { topicScopes } from '../protocol/scopes.ts';
import type { Limits } from '../protocol/shapes.ts';
import { authorize, type Principal, sees } from './authorize.ts';
import type { Timings } from './bounds.ts';
import type { Feed } from './feed.ts';
import { type HandlerContext, handle, isHandled } from './handlers.ts';
import { randomId } from './ids.ts';
import type { Keys } from './keys.ts';
import type { ControlLog } from './port.ts';
import { failureOf, Refused } from './refusal.ts';
import { type Parsed, parseRequest } from './request.ts';
import { type Subscriptions, subscriptions } from './subscriptions.ts';
import { iso, sessionOf } from './translate.ts';

export interface ServiceOptions extends Omit<HandlerContext, 'principal'> {
  readonly keys: Keys;
  readonly feed: Feed;
  readonly limits: Limits;
  readonly timings: Timings;
  readonly log: ControlLog;
}
export interface Connected {
  close(reason: CloseReason): void;
  /** Cut without a goodbye. */
  cut(): void;
}
type Request = Extract<Parsed, { kind: 'request' }>;

/** `bearer`: the key that came with the upgrade, if one did; it has been accepted. */
export const serveConnection = (
  socket: WebSocket,
  service: ServiceOptions,
  bearer?: { readonly key: string; readonly principal: Principal },
): Connected => {
  const { keys, feed, limits, timings, log, now, server, supervision } = service;
  const connectionId = randomId('c');
  const inFlight = new Set<RequestId>();
  let principal: Principal | undefined;
  let subscribed: Subscriptions | undefined;
  let answered = true; // whether the previous ping was
  let isClosing = false;

  const close = (reason: CloseReason) => {
    if (isClosing) return;
    isClosing = true;
    const { code } = closes[reason];
    log.info({ connectionId, closeCode: code, reason, ...(principal && { keyId: principal.keyId }) }, 'control connection closed by us');
    socket.close(code);
    setTimeout(() => socket.terminate(), timings.closeMs).unref(); // the close frame may be stuck behind what nobody reads
  };
  const send = (text: string) => {
    if (isClosing || socket.readyState !== socket.OPEN) return;
    socket.send(text);
    if (socket.bufferedAmount > limits.maxOutboundBytes) close('slow_consumer');
  };
  const sendJson = (frame: object) => send(JSON.stringify(frame));
  const refuse = (id: RequestId | null, refused: Refused) => sendJson(failureOf(id, refused));

  const initialize = ({ id, params }: Request): void => {
    const { protocolVersion, apiKey } = params as Params<'initialize'>;
    if (principal) {
      refuse(id, new Refused('invalid_request', 'This connection has been initialized already.'));
      return close('initialized_twice');
    }
    if (!protocol.supportedVersions.includes(protocolVersion)) {
      refuse(
        id,
        new Refused('unsupported_version', `This server does not speak version ${protocolVersion} of the protocol.`, {
          supported: protocol.supportedVersions,
        }),
      );
      return close('unsupported_version');
    }
    const differs = bearer !== undefined && apiKey !== undefined && apiKey !== bearer.key;
    const accepted = differs ? undefined : (bearer?.principal ?? (apiKey === undefined ? undefined : keys.authenticate(apiKey)));
    if (accepted === undefined) {
      log.warn({ connectionId }, 'control connection refused: no valid key');
      refuse(id, new Refused('unauthenticated', 'The API key is missing or not valid.'));
      return close('unauthenticated');
    }
    principal = accepted;
    subscribed = subscriptions(accepted);
    clearTimeout(deadline);
    const { keyId, name, scopes, orgs } = accepted;
    log.info({ connectionId, keyId }, 'control client connected');
    sendJson({
      jsonrpc: '2.0',
      id,
      result: {
        protocolVersion: protocol.version,
        server: { name: 'vigia', version: server.version },
        connectionId,
        principal: { keyId, name, scopes, orgs },
        position: feed.position(),
        heartbeatMs: timings.heartbeatMs,
        limits,
      },
    });
  };

  const subscribe = ({ id, params }: Request, who: Principal, mine: Subscriptions): void => {
    const { topics, orgs, since } = params as Params<'subscribe'>;
    if (mine.size() >= limits.maxSubscriptions)
      throw new Refused('limit_exceeded', `A connection has at most ${limits.maxSubscriptions} subscriptions.`, {
        limit: limits.maxSubscriptions,
      });
    for (const topic of topics) {
      const access = authorize(who, { scope: topicScopes[topic] });
      if (!access.granted) throw new Refused('forbidden', `This key may not subscribe to "${topic}".`, { scope: topicScopes[topic] });
    }
    const wanted = (org: string) => sees(who, org) && (orgs === '*' || orgs.includes(org));
    const missed = since && feed.after(since);
    const views = supervision.list().filter((view) => wanted(view.org));
    const subscriptionId = mine.add(topics, orgs);
    const sessions = topics.includes('sessions') ? views.map(sessionOf) : [];
    sendJson({
      jsonrpc: '2.0',
      id,
      result: { subscriptionId, recovered: missed !== undefined, position: feed.position(), snapshot: missed ? null : { sessions } },
    });
    for (const entry of missed ?? []) if (mine.match(entry)) send(entry.frame);
    if (!topics.includes('pairing')) return;
    for (const { org } of views) {
      const update = supervision.pairingOf(org);
      if (update) send(feed.repeat(org, update).frame);
    }
  };

  const carryOut = async (request: Request, who: Principal, mine: Subscriptions): Promise<void> => {
    const { id, method, params } = request;
    if (method === 'subscribe') return subscribe(request, who, mine);
    if (method === 'unsubscribe') mine.remove((params as Params<'unsubscribe'>).subscriptionId);
    if (!isHandled(method)) return sendJson({ jsonrpc: '2.0', id, result: {} });
    const { scope } = protocol.methods[method];
    const org = (params as { orgId?: string }).orgId;
    const access = authorize(who, { scope, ...(org !== undefined && { org }) });
    if (!access.granted && access.missing === 'org') throw new Refused('not_found', `There is no organization "${org}" here.`);
    if (!access.granted) throw new Refused('forbidden', `This key may not call ${method}.`, { scope: access.missing });
    sendJson({ jsonrpc: '2.0', id, result: await handle(method, params, { supervision, server, now, principal: who }) });
  };
  const answer = async (request: Request, who: Principal, mine: Subscriptions): Promise<void> => {
    const { id, method } = request;
    if (inFlight.has(id)) return refuse(id, new Refused('invalid_request', 'Another request with this id is still in flight.'));
    if (inFlight.size >= limits.maxInFlight)
      return refuse(
        id,
        new Refused('limit_exceeded', `At most ${limits.maxInFlight} requests may be in flight.`, { limit: limits.maxInFlight }),
      );
    inFlight.add(id);
    try {
      await carryOut(request, who, mine);
    } catch (err) {
      if (err instanceof Refused) return refuse(id, err);
      const failure: Failure = failureOf(id, new Refused('internal_error', 'Something went wrong on the server; its log has the details.'));
      log.error({ connectionId, method, requestId: failure.error.data.requestId, err }, 'a request failed');
      sendJson(failure);
    } finally {
      inFlight.delete(id);
    }
  };

  const hear = (data: RawData, isBinary: boolean): void => {
    if (isClosing) return;
    if (isBinary) return close('binary_frame');
    const parsed = parseRequest(data.toString());
    if (parsed.kind === 'request' && parsed.method === 'initialize') return initialize(parsed);
    if (principal === undefined || subscribed === undefined) {
      const isBroken = parsed.kind === 'refused' && parsed.fatal;
      refuse(parsed.id, isBroken ? parsed.refused : new Refused('not_initialized', 'The first message must be initialize.'));
      return close(isBroken ? 'bad_message' : 'unauthenticated');
    }
    if (parsed.kind === 'request') return void answer(parsed, principal, subscribed);
    refuse(parsed.id, parsed.refused);
    if (parsed.fatal) close('bad_message');
  };

  const deadline = setTimeout(() => close('initialize_timeout'), timings.initializeMs);
  const pings = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, timings.pingMs);
  const heartbeats = setInterval(() => {
    if (principal) sendJson({ jsonrpc: '2.0', method: 'heartbeat', params: { time: iso(now()), position: feed.position() } });
  }, timings.heartbeatMs);
  const deaf = feed.listen((entry) => {
    if (subscribed?.match(entry)) send(entry.frame);
  });
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', hear);
  socket.on('error', (err) =>
    log.warn({ connectionId, reason: (err as NodeJS.ErrnoException).code ?? 'error' }, 'control connection failed'),
  ); // without it an oversized frame would end the process
  socket.on('close', () => {
    clearTimeout(deadline);
    clearInterval(pings);
    clearInterval(heartbeats);
    deaf();
  });
  return { close, cut: () => socket.terminate() };
};
