import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { parseProxyAddress } from '../../src/config/proxy-address.ts';
import { proxyOfEnvironment } from '../../src/config/proxy-environment.ts';

const absent = (): string => {
  throw new Error('no file is named');
};

describe('The address of a proxy', () => {
  it.each([
    ['http://host:3128', 'http://host:3128'],
    [' HTTP://Host:3128/\n', 'http://host:3128'],
    ['https://host', 'https://host'],
    ['SOCKS5://Host:1080', 'socks5://host:1080'],
    ['socks5h://u:p@[::1]:1080', 'socks5://u:p@[::1]:1080'],
    ['socks://127.0.0.1:1080/', 'socks5://127.0.0.1:1080'],
    ['socks4://user@10.0.0.1', 'socks4://user@10.0.0.1'],
    ['socks4a://host', 'socks4a://host'],
    ['http://user:p%40ss%23%25@host:1', 'http://user:p%40ss%23%25@host:1'],
    ['http://user:p@ss@host:1', 'http://user:p%40ss@host:1'],
    ['http://usuário:sen ha@host:1', 'http://usu%C3%A1rio:sen%20ha@host:1'],
    ['http://[2001:db8::1]:3128', 'http://[2001:db8::1]:3128'],
  ])('%j becomes %s', (text, address) => expect(parseProxyAddress(text)).toEqual({ ok: true, address }));

  it.each([
    ['http://user:100%sure@host:3128', 'has a % that starts no code'],
    ['http://user:%FF@host:3128', 'has a % that starts no code'],
    ['http://us%er:sure@host:3128', 'has a % that starts no code'],
    ['http://user:p@ss#1@host:3128', 'has a #'],
    ['http://host:3128#', 'has a #'],
    ['http://user:pa/ss@host:3128', '%2F'],
    ['http://user:12/ss@host:3128', 'has a path'],
    ['http://host:3128/?sure', 'has a path or a query'],
    ['http://user:pa\nss@host:3128', 'has a control character'],
    ['http://user:%0Asure@host:3128', 'has a control character'],
    ['http://us%3Aer:sure@host:3128', 'has a colon in its user'],
    ['http://host:0', 'must be like'],
    ['http://:3128', 'must be like'],
    ['host:3128', 'must be like'],
    ['ftp://host', 'must be like'],
    ['socks4://user:sure@host', 'has a password, which SOCKS 4 does not know'],
    [`socks5://u:${'x'.repeat(256)}@host`, 'more than 255 bytes'],
    ['', 'must be like'],
  ])('%j is refused without repeating a password', (text, problem) => {
    const parsed = parseProxyAddress(text);
    if (parsed.ok) throw new Error('it was accepted');
    expect(parsed.problem).toContain(problem);
    expect(parsed.problem).not.toContain('sure');
  });
});

describe('The variables of the environment', () => {
  const target = 'wss://web.whatsapp.com/ws/chat';
  it('decide in their order', () => {
    const all = { PROXY_URL: 'a', HTTPS_PROXY: 'b', ALL_PROXY: 'c' };
    expect(proxyOfEnvironment(all, target)).toBe('a');
    expect(proxyOfEnvironment({ ...all, PROXY_URL: undefined }, target)).toBe('b');
    expect(proxyOfEnvironment({ ALL_PROXY: 'c' }, target)).toBe('c');
    expect(proxyOfEnvironment({}, target)).toBeUndefined();
    expect(proxyOfEnvironment({ PROXY_URL: 'a', NO_PROXY: '*' }, target)).toBe('a');
  });

  it.each([
    ['*', target],
    ['whatsapp.com', target],
    ['.whatsapp.com', target],
    ['localhost *.WhatsApp.com', target],
    ['web.whatsapp.com:443', target],
    ['10.0.0.0/8,127.0.0.0/8', 'ws://127.0.0.1:5222'],
    ['127.0.0.1:5222', 'ws://127.0.0.1:5222'],
    ['::1', 'ws://[::1]:5222'],
    ['[::1]:5222', 'ws://[::1]:5222'],
    ['fd00::/8', 'wss://[fd00::1]/'],
  ])('end where NO_PROXY %j names %s', (NO_PROXY, to) =>
    expect(proxyOfEnvironment({ HTTPS_PROXY: 'b', NO_PROXY }, to)).toBeUndefined(),
  );

  it.each([
    ['', target],
    ['app.com', target],
    ['web.whatsapp.com:80', target],
    ['10.0.0.0/8', 'ws://127.0.0.1:5222'],
    ['127.0.0.0/8', target],
    ['::1', 'ws://127.0.0.1:5222'],
  ])('hold where NO_PROXY %j does not name %s', (NO_PROXY, to) =>
    expect(proxyOfEnvironment({ HTTPS_PROXY: 'b', NO_PROXY }, to)).toBe('b'),
  );

  it('are read in small letters, without a scheme, and refused when they cannot be used', () => {
    const usual = (env: Record<string, string>) => {
      const result = readConfig(env, absent);
      return result.ok ? result.config.usualProxy : result.problems;
    };
    expect(usual({ https_proxy: 'proxy.example:3128', HTTPS_PROXY: 'http://other' })).toBe(
      'http://proxy.example:3128',
    );
    expect(usual({ all_proxy: 'socks4://h', no_proxy: 'whatsapp.com' })).toBeUndefined();
    expect(usual({ PROXY_URL: 'http://u:100%sure@h' })).toEqual([
      expect.stringMatching(/^PROXY_URL: has a % that starts no code/u),
    ]);
  });
});
