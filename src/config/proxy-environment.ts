/**
 * The proxy for connections that `PROXY_FILE` says nothing about: `PROXY_URL`, else the variables that other
 * programs use. `HTTPS_PROXY` and `ALL_PROXY` end where `NO_PROXY` names the host, as in curl
 * (https://curl.se/docs/manpage.html#ENVIRONMENT).
 */
import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface ProxyVariables {
  readonly PROXY_URL?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly ALL_PROXY?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

/** `host`, `.domain`, `*.domain` or a network; each may have a port. */
const covers = (entry: string, host: string, port: string): boolean => {
  if (entry === '*') return true;
  if (ipaddr.isValidCIDR(entry)) return isIP(host) !== 0 && isInNetwork(entry, host);
  const [, name = '', itsPort] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/u.exec(entry) ?? [];
  if (itsPort !== undefined && itsPort !== port) return false;
  const domain = name.replace(/^\[|\]$/gu, '').replace(/^\*?\./u, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
};
const isInNetwork = (network: string, host: string): boolean => {
  const [address, bits] = ipaddr.parseCIDR(network);
  const list = new BlockList();
  list.addSubnet(address.toString(), bits, address.kind());
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
};

/** Whether `NO_PROXY` names the server of this address. */
const isExcepted = (noProxy: string, target: string): boolean => {
  const { hostname, port, protocol } = new URL(target);
  const host = hostname.toLowerCase().replace(/^\[|\]$/gu, '');
  const itsPort = port || (protocol === 'ws:' ? '80' : '443');
  const entries = noProxy.toLowerCase().split(/[\s,]+/u);
  return entries.some((entry) => entry !== '' && covers(entry, host, itsPort));
};

/** `target`: the address of WhatsApp's server. `undefined`: a direct connection. */
export const proxyOfEnvironment = (
  { PROXY_URL, HTTPS_PROXY, ALL_PROXY, NO_PROXY = '' }: ProxyVariables,
  target: string,
): string | undefined => {
  if (PROXY_URL !== undefined) return PROXY_URL;
  const usual = HTTPS_PROXY ?? ALL_PROXY;
  return usual !== undefined && isExcepted(NO_PROXY, target) ? undefined : usual;
};
