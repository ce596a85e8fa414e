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

describe('A refused address', () => {
  const problemOf = (text: string) => {
    const parsed = parseProxyAddress(text);
    return parsed.ok ? '' : parsed.problem;
  };
  const form =
    'must be like http://user:password@host:3128, https://…, socks5://host:1080, ' +
    'socks4a://… or socks4://…';
  const encodings = 'write % as %25, # as %23, / as %2F, ? as %3F and @ as %40 in a user or password';
  it.each([
    ['nonsense', form],
    ['ftp://host', form],
    ['http://host:0', form],
    ['http://user:12/ss@host', `has a path or a query; ${encodings}`],
    ['http://user:p/ss@host', `${form}; ${encodings}`],
    ['http://user:p#ss@host', `${form}; ${encodings}`],
    ['http://user:p?ss@host', `${form}; ${encodings}`],
    ['ftp://user:p%ss@host', `${form}; ${encodings}`],
    ['ftp://user:pss@host', form],
    ['ftp:/user:p%ss@host', form],
    ['ftp://user:p%sshost', form],
    ['http://host:1#part', `has a #; ${encodings}`],
    ['http://host:1#', `has a #; ${encodings}`],
    ['http://host/path', `has a path or a query; ${encodings}`],
    ['http://host?query', `has a path or a query; ${encodings}`],
    ['http://user:%@host', `has a % that starts no code; ${encodings}`],
    ['http://u\tser@host', 'has a control character, for example a line break'],
    ['http://us%00er@host', 'has a control character in its user or password'],
    ['http://user:%00@host', 'has a control character in its user or password'],
    ['http://us%3Aer@host', 'has a colon in its user, which no proxy accepts'],
    ['socks4://user:pass@host', 'has a password, which SOCKS 4 does not know; use socks5'],
    ['socks4a://user:pass@host', 'has a password, which SOCKS 4 does not know; use socks5'],
    [`socks5://${'u'.repeat(256)}@host`, 'has a user or password of more than 255 bytes'],
    [`socks5://u:${'é'.repeat(128)}@host`, 'has a user or password of more than 255 bytes'],
    [`socks4://${'u'.repeat(256)}@host`, 'has a user or password of more than 255 bytes'],
  ])('%j: %s', (text, problem) => expect(problemOf(text)).toBe(problem));

  it.each([
    `socks5://${'u'.repeat(255)}:${'p'.repeat(255)}@host`,
    `http://${'u'.repeat(300)}:${'p'.repeat(300)}@host`,
    'http://user@host',
    'http://user:pa%3Ass@host',
    'https://user:p@host:3128',
    'socks4a://user@host:1080',
  ])('%j is none', (text) => expect(parseProxyAddress(text)).toEqual({ ok: true, address: text }));
});

describe('An entry of NO_PROXY', () => {
  const isDirect = (NO_PROXY: string, to: string) =>
    proxyOfEnvironment({ HTTPS_PROXY: 'b', NO_PROXY }, to) === undefined;
  it.each([
    ['web.whatsapp.com:443', 'wss://web.whatsapp.com', true],
    ['web.whatsapp.com:443', 'ws://web.whatsapp.com', false],
    ['web.whatsapp.com:80', 'ws://web.whatsapp.com', true],
    ['web.whatsapp.com:8443', 'wss://web.whatsapp.com:8443', true],
    ['web.whatsapp.com:443', 'wss://web.whatsapp.com:8443', false],
    ['web.whatsapp.com', 'wss://web.whatsapp.com:8443', true],
    ['com', 'wss://web.whatsapp.com', true],
    ['*.web.whatsapp.com', 'wss://web.whatsapp.com', true],
    ['b.whatsapp.com', 'wss://web.whatsapp.com', false],
    ['web.whatsapp', 'wss://web.whatsapp.com', false],
    ['web.whatsapp.com.example', 'wss://web.whatsapp.com', false],
    ['.', 'wss://web.whatsapp.com', false],
    [':443', 'wss://web.whatsapp.com', false],
    [' , ,web.whatsapp.com', 'wss://web.whatsapp.com', true],
    ['a.example  web.whatsapp.com', 'wss://web.whatsapp.com', true],
    ['[fd00::1]', 'wss://[fd00::1]', true],
    ['[fd00::1]:443', 'wss://[fd00::1]', true],
    ['[fd00::1]:80', 'wss://[fd00::1]', false],
    ['fd00::1', 'wss://[fd00::1]', true],
    ['fd00::/8', 'wss://[fe80::1]', false],
    ['10.0.0.0/8', 'wss://10.1.2.3', true],
    ['10.0.0.0/8', 'wss://11.1.2.3', false],
    ['10.0.0.0/8', 'wss://[fd00::1]', false],
    ['fd00::/8', 'wss://10.1.2.3', false],
    ['0.0.0.0/0', 'wss://web.whatsapp.com', false],
    ['::/0', 'wss://web.whatsapp.com', false],
    ['WEB.WHATSAPP.COM', 'wss://Web.WhatsApp.com', true],
  ])('%j for %s: direct is %s', (entry, to, direct) => expect(isDirect(entry, to)).toBe(direct));
});
