/**
 * Connections through a proxy: an agent for the WebSocket, and a dispatcher for what the library fetches
 * (history at a pairing). Both connect in the same way. A failure that the proxy caused is a `ProxyFault`.
 */
import { lookup } from 'node:dns';
import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Agent } from 'node:https';
import type { Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { type buildConnector, Agent as Dispatcher } from 'undici';

/** Below the 20 s that a connection may take as a whole, so that the proxy is named. */
const proxyDeadlineMs = 15_000;

/**
 * The proxy was not reached, refused, or did not answer. The message is for the operator and holds neither
 * the address nor a password.
 */
export class ProxyFault extends Error {
  override readonly name = 'ProxyFault';
}

export interface ProxyRoute {
  readonly agent: Agent;
  /** Options of `fetch`: a `dispatcher`, which the types of its options do not know. */
  readonly fetchOptions: RequestInit;
}

type Target = Parameters<HttpsProxyAgent<string>['connect']>[1];
type Connect = (request: ClientRequest, target: Target) => Promise<Socket>;

const faultOf = (error: unknown): ProxyFault => {
  if (error instanceof ProxyFault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // messages of the libraries name at most the kind of the answer; those of the system name the host
  return new ProxyFault(`the proxy cannot be used: ${code ?? message}`, { cause: error });
};

/** Ends `connect` at the deadline. What it opened meanwhile is destroyed. Rejects with `ProxyFault`. */
const within = async (ms: number, connect: (signal: AbortSignal) => Promise<Socket>): Promise<Socket> => {
  const given = new AbortController();
  const late = new Promise<never>((_, reject) => {
    given.signal.addEventListener('abort', () => reject(given.signal.reason));
  });
  const fault = new ProxyFault(`the proxy did not answer within ${ms / 1000} s`);
  const timer = setTimeout(() => given.abort(fault), ms);
  const socket = connect(given.signal);
  socket.then(
    (opened) => given.signal.aborted && opened.destroy(),
    () => undefined, // reported by the race
  );
  try {
    return await Promise.race([socket, late]);
  } catch (error) {
    throw faultOf(error);
  } finally {
    clearTimeout(timer);
  }
};

/** One agent for each connection, because the signal that ends its attempt belongs to that attempt alone. */
class HttpAgent extends HttpsProxyAgent<string> {
  deadlineMs = proxyDeadlineMs;
  override connect(request: ClientRequest, target: Target): ReturnType<HttpsProxyAgent<string>['connect']> {
    return within(this.deadlineMs, async (signal) => {
      const agent = new HttpsProxyAgent(this.proxy, { signal } as object);
      let status = 0;
      agent.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
        status = statusCode;
      });
      const socket = await agent.connect(request, target);
      if (status === 200) return socket;
      socket.destroy();
      const hint = status === 407 ? ': it wants another user or password' : '';
      throw new ProxyFault(`the proxy refused the connection (HTTP ${status})${hint}`);
    }) as ReturnType<HttpsProxyAgent<string>['connect']>;
  }
}
/** SOCKS 4 has addresses of version 4 only, and its clients resolve names themselves. */
const lookupIpv4: Target['lookup'] = (host, _options, callback) => lookup(host, { family: 4 }, callback);
class SocksAgent extends SocksProxyAgent {
  deadlineMs = proxyDeadlineMs;
  override connect(request: ClientRequest, target: Target): Promise<Socket> {
    return within(this.deadlineMs, () => super.connect(request, { ...target, lookup: lookupIpv4 }));
  }
}

const agentOf = (address: string): HttpAgent | SocksAgent => {
  if (address.startsWith('http')) return new HttpAgent(address);
  // `socks5h`: the proxy resolves the names
  const agent = new SocksAgent(address.replace(/^socks5:/u, 'socks5h:'));
  agent.proxy.host = agent.proxy.host?.replace(/^\[|\]$/gu, '') ?? '';
  return agent;
};

/** A connection of the dispatcher, opened by the agent. */
const connectorOf =
  (connect: Connect): buildConnector.connector =>
  ({ hostname, port, protocol, servername }, callback) => {
    const secureEndpoint = protocol === 'https:';
    const target = {
      host: hostname.replace(/^\[|\]$/gu, ''),
      port: Number(port) || (secureEndpoint ? 443 : 80),
      secureEndpoint,
      ...(servername && { servername }),
    } as Target;
    const report = async (): Promise<void> => {
      try {
        const socket = await connect(new EventEmitter() as ClientRequest, target);
        callback(null, socket);
      } catch (error) {
        callback(error as Error, null);
      }
    };
    void report();
  };

const openRoute = (address: string, deadlineMs: number): ProxyRoute => {
  const agent = agentOf(address);
  agent.deadlineMs = deadlineMs;
  const dispatcher = new Dispatcher({ connect: connectorOf((request, to) => agent.connect(request, to)) });
  return {
    // the library's type; the library passes it to `ws`, which takes every agent
    agent: agent as unknown as Agent,
    fetchOptions: { dispatcher } as unknown as RequestInit,
  };
};

/**
 * One route for each address, however many organizations use it. At most `most` are kept, and the one that
 * was asked for longest ago is dropped. The sockets that still use a dropped route keep it alive until they
 * end.
 */
export const openProxyRoutes = (
  most = 1_000,
  deadlineMs = proxyDeadlineMs,
): ((address: string) => ProxyRoute) => {
  const routes = new Map<string, ProxyRoute>();
  return (address) => {
    const route = routes.get(address) ?? openRoute(address, deadlineMs);
    routes.delete(address);
    routes.set(address, route);
    const oldest = routes.keys().next();
    if (routes.size > most && !oldest.done) routes.delete(oldest.value);
    return route;
  };
};
