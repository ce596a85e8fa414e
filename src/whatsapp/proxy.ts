/**
 * Connections through a proxy: an agent for the WebSocket, and a dispatcher for what the library fetches
 * (history at a pairing).
 */
import type { Agent } from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { ProxyAgent, Socks5ProxyAgent } from 'undici';

export interface ProxyRoute {
  readonly agent: Agent;
  /** Options of `fetch`: a `dispatcher`, which the types of its options do not know. */
  readonly fetchOptions: RequestInit;
}

const routeOf = (agent: unknown, dispatcher: ProxyAgent | Socks5ProxyAgent): ProxyRoute => ({
  agent: agent as Agent, // the library's type; the library passes it to `ws`, which takes every agent
  fetchOptions: { dispatcher } as unknown as RequestInit,
});

const openRoute = (address: string): ProxyRoute => {
  if (!address.startsWith('socks5:')) return routeOf(new HttpsProxyAgent(address), new ProxyAgent(address));
  // `socks5h`: the proxy resolves the names. The agent of undici always leaves that to the proxy.
  return routeOf(new SocksProxyAgent(address.replace(/^socks5:/, 'socks5h:')), new Socks5ProxyAgent(address));
};

/**
 * One route for each address, however many organizations use it. At most `most` are kept, and the one that
 * was asked for longest ago is dropped. The sockets that still use a dropped route keep it alive until they
 * end.
 */
export const openProxyRoutes = (most = 1_000): ((address: string) => ProxyRoute) => {
  const routes = new Map<string, ProxyRoute>();
  return (address) => {
    const route = routes.get(address) ?? openRoute(address);
    routes.delete(address);
    routes.set(address, route);
    const oldest = routes.keys().next();
    if (routes.size > most && !oldest.done) routes.delete(oldest.value);
    return route;
  };
};
