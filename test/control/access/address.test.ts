import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type AddressRange, addressOf, parseRange } from '../../../src/control/access/address.ts';

const ranges = (...texts: string[]): AddressRange[] =>
  texts.flatMap((text) => [parseRange(text) as AddressRange]);
const from = (remoteAddress: string | undefined, forwarded?: string, proxies: AddressRange[] = []) =>
  addressOf(
    { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage,
    proxies,
  );

describe('the address of a client', () => {
  it('is its own, whatever its header claims, without a trusted proxy', () => {
    expect(from('192.0.2.1')).toBe('192.0.2.1');
    expect(from('192.0.2.1', '203.0.113.9')).toBe('192.0.2.1');
    expect(from('192.0.2.1', '203.0.113.9', ranges('10.0.0.0/8'))).toBe('192.0.2.1');
    expect(from('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(from(undefined)).toBe('unknown');
  });
  it('is the last one in the chain that is not a trusted proxy', () => {
    const proxies = ranges('10.0.0.0/8', '::1');
    expect(from('10.0.0.1', '203.0.113.9', proxies)).toBe('203.0.113.9');
    // What the client wrote itself is not believed.
    expect(from('10.0.0.1', '6.6.6.6, 203.0.113.9', proxies)).toBe('203.0.113.9');
    expect(from('10.0.0.1', '6.6.6.6, 203.0.113.9, 10.2.3.4', proxies)).toBe('203.0.113.9');
    expect(from('::1', '203.0.113.9', proxies)).toBe('203.0.113.9');
    expect(from('::ffff:10.0.0.1', '203.0.113.9', proxies)).toBe('203.0.113.9');
  });
  it('is the proxy when the header names no address', () => {
    const proxies = ranges('10.0.0.1');
    for (const forwarded of [undefined, '', 'unknown', '203.0.113.9, _hidden', '203.0.113.9,'])
      expect(from('10.0.0.1', forwarded, proxies)).toBe('10.0.0.1');
    expect(from('10.0.0.1', '10.0.0.1', proxies)).toBe('10.0.0.1');
  });
  it('is the same for all of an IPv6 /64', () => {
    expect(from('2001:db8:1:2:3:4:5:6')).toBe(from('2001:db8:1:2:ffff::1'));
    expect(from('2001:db8:1:2::1')).not.toBe(from('2001:db8:1:3::1'));
  });
});

it('a range is an address or a network, and nothing else', () => {
  for (const text of ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'])
    expect(parseRange(text), text).toBeDefined();
  for (const text of ['', 'localhost', '10', '10.1', '0x7f.1', '10.0.0.0/33', '10.0.0.0/'])
    expect(parseRange(text), text).toBeUndefined();
});
