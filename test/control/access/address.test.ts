import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type AddressRange, parseHost, parseOrigin, parseRange } from '../../../src/base/addresses.ts';
import { addressOf } from '../../../src/control/access/address.ts';

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
  it('is the proxy when no header names a client', () => {
    const proxies = ranges('10.0.0.1');
    expect(from('10.0.0.1', undefined, proxies)).toBe('10.0.0.1');
    expect(from('10.0.0.1', '10.0.0.1', proxies)).toBe('10.0.0.1');
  });
  it.each([
    ['203.0.113.7:52140', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7:1', '203.0.113.7'],
    ['"203.0.113.7:52140"', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['[2001:db8:1:2::9]:52140', '2001:db8:1:2::/64'],
    ['"[2001:db8:1:2::9]:_port"', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('is read from the entry %s', (forwarded, client) => {
    expect(from('10.0.0.1', forwarded, ranges('10.0.0.1'))).toBe(client);
  });
  it('is never the address of the proxy, nor one for all, when the entry is no address', () => {
    const proxies = ranges('10.0.0.1');
    for (const forwarded of ['', 'unknown', 'UNKNOWN', '203.0.113.9,', '""']) {
      const [one, other] = [1, 2].map((remotePort) =>
        addressOf(
          {
            socket: { remoteAddress: '10.0.0.1', remotePort },
            headers: { 'x-forwarded-for': forwarded },
          } as unknown as IncomingMessage,
          proxies,
        ),
      );
      expect(one, forwarded).not.toBe(other);
      expect(one, forwarded).toMatch(/^unknown, /);
    }
    expect(from('10.0.0.1', '203.0.113.9, _hidden', proxies)).toBe('unknown, "_hidden"');
    expect(from('10.0.0.1', '_other', proxies)).not.toBe(from('10.0.0.1', '_hidden', proxies));
    expect(from('10.0.0.1', 'x'.repeat(9_000), proxies).length).toBeLessThan(100);
  });
  it('is read from Forwarded when the proxy sends no X-Forwarded-For', () => {
    const proxies = ranges('10.0.0.1');
    const forwarded = (text: string) =>
      addressOf(
        {
          socket: { remoteAddress: '10.0.0.1', remotePort: 1 },
          headers: { forwarded: text },
        } as unknown as IncomingMessage,
        proxies,
      );
    expect(forwarded('for=203.0.113.7;proto=https;by=10.0.0.1')).toBe('203.0.113.7');
    expect(forwarded('For="6.6.6.6", proto=http;FOR="203.0.113.7:4711"')).toBe('203.0.113.7');
    expect(forwarded('for="[2001:db8:1:2::9]:4711";host="a,b"')).toBe('2001:db8:1:2::/64');
    expect(forwarded('for=unknown')).toBe('unknown, connection 1');
    expect(forwarded('for=_gazonk')).toBe('unknown, "_gazonk"');
    expect(forwarded('proto=https')).toBe('unknown, connection 1');
  });
  it('is the same for all of an IPv6 /64', () => {
    expect(from('2001:db8:1:2:3:4:5:6')).toBe(from('2001:db8:1:2:ffff::1'));
    expect(from('2001:db8:1:2::1')).not.toBe(from('2001:db8:1:3::1'));
  });
});

it('headers as long as HTTP allows are read in no time', () => {
  const proxies = ranges('10.0.0.1');
  const started = performance.now();
  for (const part of [',', '"', '%a', ':', '[', ',"', 'for=', ';', ' ', '1.', '%', 'a.'])
    for (const name of ['x-forwarded-for', 'forwarded']) {
      const headers = { [name]: part.repeat(16_000 / part.length) };
      addressOf({ socket: { remoteAddress: '10.0.0.1' }, headers } as unknown as IncomingMessage, proxies);
      for (const parse of [parseHost, parseOrigin, parseRange]) parse(part.repeat(16_000));
    }
  expect(performance.now() - started).toBeLessThan(2_000); // some milliseconds; quadratic work takes minutes
});

describe('as values', () => {
  it('a range is an address or a network, and nothing else', () => {
    for (const text of ['10.0.0.1', '10.0.0.0/8', '::1', '[::1]', 'fd00::/8', '[fd00::]/8'])
      expect(parseRange(text), text).toBeDefined();
    for (const text of ['', 'localhost', '10', '10.1', '0x7f.1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8'])
      expect(parseRange(text), text).toBeUndefined();
    expect(from('10.2.3.4', '203.0.113.9', ranges('::ffff:10.0.0.0/104'))).toBe('203.0.113.9');
  });
  it.each([
    ['LOCALHOST:3000', 'localhost', '3000'],
    ['vigia.example.', 'vigia.example', ''],
    ['127.0.0.1.:3', '127.0.0.1', '3'],
    ['[::1]:080', '::1', '80'],
    ['0:0:0:0:0:0:0:1', '::1', ''],
    ['[::ffff:127.0.0.1]:5', '127.0.0.1', '5'],
    ['[fe80::1%25eth0]:9', 'fe80::1', '9'],
    ['münchen.example', 'xn--mnchen-3ya.example', ''],
  ])('the host %s has one form', (text, name, port) => {
    expect(parseHost(text)).toEqual({ name, port });
  });
  it('no host is a wildcard, a path, a user, a blank, or a number that hides an address', () => {
    for (const text of ['', '*', '*.example', 'a/b', 'u@h', 'a b', ':80', 'a:99999', '0x7f.1', '2130706433'])
      expect(parseHost(text), text).toBeUndefined();
  });
  it.each([
    ['https://Panel.example.:443', 'https://panel.example'],
    ['https://panel.example/', 'https://panel.example'],
    ['HTTP://127.0.0.1:80', 'http://127.0.0.1'],
    ['http://[::ffff:127.0.0.1]:8', 'http://127.0.0.1:8'],
    ['https://MÜNCHEN.example', 'https://xn--mnchen-3ya.example'],
  ])('the origin %s has one form', (text, origin) => {
    expect(parseOrigin(text)).toBe(origin);
  });
  it('no origin is null, a wildcard, a list, another scheme, a path or a user', () => {
    for (const text of [
      '',
      'null',
      '*',
      'file://',
      'https://a/b',
      'https://u:p@a',
      'http://a, http://b',
      'a',
    ])
      expect(parseOrigin(text), text).toBeUndefined();
  });
});
