/**
 * The life of one client: `initialize` first and once, then requests and events until it goes, is silent, or does not read.
 * The close codes are those of the registry (`src/protocol/errors.ts`).
 */

import type { RawData } from 'ws';
import { monotonicMs } from '../../base/monotonic.ts';
import type { Keys, Pass } from '../../keys/accepted-keys.ts';
import type { Principal } from '../../keys/principal.ts';
import type { RequestId } from '../../protocol/envelope.ts';
import type { CloseReason } from '../../protocol/errors.ts';
import type { Params, Result } from '../../protocol/methods.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { Failures } from '../access/failed-attempts.ts';
import { openRates, type Rates, tooFast } from '../access/rates.ts';
import { floodBounds, type Timings } from '../bounds.ts';
import type { Feed } from '../feed/feed.ts';
import { subscribe } from '../feed/subscribe.ts';
import { frameFor, type Subscriptions, subscriptions } from '../feed/subscriptions.ts';
import { type Meter, secondsSince } from '../meter.ts';
import type { ControlLog } from '../port.ts';
import { randomId } from '../random-ids.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import { isHandled, type Ports } from '../rpc/handlers.ts';
import { failureOf, RpcError } from '../rpc/refusal.ts';
import { type Parsed, parseRequest } from '../rpc/request.ts';
import { iso } from '../rpc/translate.ts';
import { type AdmittedClient, shakeHands } from './handshake.ts';
import { type Line, outboundOf } from './outbound.ts';

export interface ServiceOptions extends Ports {
  readonly keys: Keys;
  readonly failures: Failures;
  readonly rates: Rates;
  readonly feed: Feed;
  readonly limits: Limits;
  readonly timings: Timings;
  readonly log: ControlLog;
  readonly dispatcher: Dispatcher;
  readonly meter: Meter;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
export interface Connected {
  close(reason: CloseReason): void;
  /** Cut without a goodbye. */
  cut(): void;
}
type Request = Extract<Parsed, { kind: 'request' }>;

export const serveConnection = (line: Line, service: ServiceOptions, admitted: AdmittedClient): Connected => {
  const { socket } = line;
  const { keys, rates, feed, limits, timings, log, now, server, supervision, alerts, dispatcher, meter } = service;
  const connectionId = randomId('c');
  const inFlight = new Set<RequestId>();
  let pass: Pass | undefined; // of a client that has initialized
  let subscribed: Subscriptions | undefined;
  let answered = true; // whether the previous ping was
  const patience = openRates(floodBounds);

  const outbound = outboundOf(line, service, (reason, closeCode) =>
    log('control.closed', { connectionId, closeCode, reason, ...(pass && { keyId: pass.keyId }) }),
  );
  const { close } = outbound;
  const count = ({ method }: Pick<Parsed, 'method'>, code: Parameters<Meter['answered']>[1], startedMs = monotonicMs()) =>
    meter.answered(method ?? 'unknown', code, secondsSince(startedMs));
  const refuse = (parsed: Parsed, refused: RpcError) => {
    count(parsed, refused.reason);
    outbound.answer(failureOf(parsed.id, refused));
  };

  const initialize = (request: Request): void => {
    const { id, params } = request;
    const asked = params as Params<'initialize'>;
    if (pass) {
      refuse(request, new RpcError('invalid_request', 'This connection has been initialized already.'));
      return close('initialized_twice');
    }
    const hands = shakeHands(asked, service, admitted);
    if (!hands.ok) {
      log('control.client_refused', { connectionId, reason: hands.refused.reason, remoteAddress: admitted.address });
      meter.rejected(hands.refused.reason);
      refuse(request, hands.refused);
      return close(hands.close);
    }
    const { principal } = hands;
    pass = hands.pass;
    subscribed = subscriptions(pass.principal);
    clearTimeout(deadline);
    const { keyId, name, scopes, orgs } = principal;
    log('control.connected', { connectionId, keyId });
    const result: Result<'initialize'> = {
      protocolVersion: asked.protocolVersion,
      server: { name: 'vigia', version: server.version },
      connectionId,
      principal: { keyId, name, scopes, orgs },
      position: feed.position(),
      heartbeatMs: timings.heartbeatMs,
      limits,
    };
    count(request, 'ok');
    outbound.answer({ jsonrpc: '2.0', id, result });
  };

  const carryOut = async (request: Request, who: Principal, mine: Subscriptions): Promise<void> => {
    const { id, method, params } = request;
    if (method === 'subscribe') {
      const { since } = params as Params<'subscribe'>;
      const recovered = subscribe(id, params as Params<'subscribe'>, {
        feed,
        supervision,
        alerts,
        limits,
        outbound,
        now,
        principal: who,
        subscriptions: mine,
      });
      meter.subscribed(1);
      if (since) meter.resumed(recovered);
      return;
    }
    if (method === 'unsubscribe' && mine.remove((params as Params<'unsubscribe'>).subscriptionId)) meter.subscribed(-1);
    outbound.answer({ jsonrpc: '2.0', id, result: isHandled(method) ? await dispatcher.call(method, params, who) : {} });
  };
  const answer = async (request: Request, who: Principal, mine: Subscriptions): Promise<void> => {
    const { id, method } = request;
    if (inFlight.has(id)) return refuse(request, new RpcError('invalid_request', 'Another request with this id is still in flight.'));
    if (inFlight.size >= limits.maxInFlight)
      return refuse(
        request,
        new RpcError('limit_exceeded', `At most ${limits.maxInFlight} requests may be in flight.`, { limit: limits.maxInFlight }),
      );
    inFlight.add(id);
    const startedMs = monotonicMs();
    try {
      await carryOut(request, who, mine);
      count(request, 'ok', startedMs);
    } catch (err) {
      const failure = dispatcher.failure(err, id, method, { connectionId, keyId: who.keyId });
      count(request, failure.error.data.reason, startedMs);
      outbound.answer(failure);
    } finally {
      inFlight.delete(id);
    }
  };

  const hear = (data: RawData, isBinary: boolean): void => {
    if (outbound.isClosing()) return;
    if (isBinary) return close('binary_frame');
    // one Buffer, as ws's default binaryType has it
    const parsed = parseRequest((data as Buffer).toString('utf8'));
    const retryAfterMs = pass ? rates.take(pass.keyId) : 0;
    if (retryAfterMs > 0 || !pass) {
      if (patience.take(connectionId) > 0) return close('flooding');
      if (retryAfterMs > 0) return refuse(parsed, tooFast(retryAfterMs));
    }
    if (parsed.kind === 'request' && parsed.method === 'initialize') return initialize(parsed);
    if (pass === undefined || subscribed === undefined) {
      if (parsed.kind === 'refused' && parsed.method === 'initialize') return refuse(parsed, parsed.refused); // it may try again in time
      const isBroken = parsed.kind === 'refused' && parsed.fatal;
      refuse(parsed, isBroken ? parsed.refused : new RpcError('not_initialized', 'The first message must be initialize.'));
      return close(isBroken ? 'bad_message' : 'unauthenticated');
    }
    const principal = pass.principal();
    if (principal === undefined) return close('unauthenticated');
    if (parsed.kind === 'request') return void answer(parsed, principal, subscribed);
    refuse(parsed, parsed.refused);
    if (parsed.fatal) close('bad_message');
  };

  const deadline = setTimeout(() => close('initialize_timeout'), timings.initializeMs);
  const age = setTimeout(() => close('service_restart'), limits.maxConnectionMs);
  const pings = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, timings.pingMs);
  const heartbeats = setInterval(() => {
    if (pass) outbound.answer({ jsonrpc: '2.0', method: 'heartbeat', params: { time: iso(now()), position: feed.position() } });
  }, timings.heartbeatMs);
  const unsubscribe = feed.onSerialized((event) => {
    const principal = pass?.principal();
    if (principal && subscribed?.match(event)) outbound.send(frameFor(principal, event));
  });
  const forgetful = keys.onChange(() => {
    if (pass && !pass.principal()) close('unauthenticated');
  });
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data, isBinary) => {
    try {
      hear(data, isBinary);
    } catch (err) {
      log('control.message_failed', { connectionId, err }); // a fault of ours, and of this one connection only
      close('internal_error');
    }
  });
  socket.on('error', (err) => log('control.failed', { connectionId, reason: (err as NodeJS.ErrnoException).code ?? 'error' })); // without it an oversized frame would end the process
  socket.on('close', (code) => {
    meter.closed(code);
    if (subscribed) meter.subscribed(-subscribed.size());
    clearTimeout(deadline);
    clearTimeout(age);
    clearInterval(pings);
    clearInterval(heartbeats);
    unsubscribe();
    forgetful();
  });
  return { close, cut: () => socket.terminate() };
};
