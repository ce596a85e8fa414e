/** The ways out through proxies: one kind of agent for the WebSocket, another for what the library fetches (history at a pairing). */
import type { Agent } from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { ProxyAgent, Socks5ProxyAgent } from 'undici';

export interface Way {
  readonly agent: Agent;
  /** For `fetch`, which takes a `dispatcher`; the types of its options do not know it. */
  readonly fetching: RequestInit;
}

const way = (agent: unknown, dispatcher: ProxyAgent | Socks5ProxyAgent): Way => ({
  agent: agent as Agent, // the library's type; it hands it on to `ws`, which takes every agent
  fetching: { dispatcher } as unknown as RequestInit,
});

const wayThrough = (address: string): Way => {
  if (!address.startsWith('socks5:')) return way(new HttpsProxyAgent(address), new ProxyAgent(address));
  // `socks5h`: the proxy resolves the names. undici's agent always leaves that to it.
  return way(new SocksProxyAgent(address.replace(/^socks5:/, 'socks5h:')), new Socks5ProxyAgent(address));
};

/** One way for each address, however many go it. Those of addresses no longer in use go when the sockets on them have ended. */
export const openWays = (most = 1_000): ((address: string) => Way) => {
  const ways = new Map<string, Way>();
  return (address) => {
    const way = ways.get(address) ?? wayThrough(address);
    ways.delete(address);
    ways.set(address, way);
    const oldest = ways.keys().next();
    if (ways.size > most && !oldest.done) ways.delete(oldest.value);
    return way;
  };
};
