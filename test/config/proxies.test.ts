import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { openProxyFile, parseProxies, proxyOf } from '../../src/config/proxies.ts';

const parse = (content: unknown) =>
  parseProxies(typeof content === 'string' ? content : JSON.stringify(content), '/p.json');
const proxies = (content: unknown) => {
  const result = parse(content);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.value;
};

describe('the way of an organization', () => {
  const table = proxies({
    default: 'http://d:3128',
    organizations: { acme: 'socks5://u:p@a:1080', globex: null },
  });
  it.each([
    ['acme', 'socks5://u:p@a:1080'],
    ['globex', undefined],
    ['anybody', 'http://d:3128'],
    ['constructor', 'http://d:3128'],
  ])('%s', (org, address) => expect(proxyOf(table, org)).toBe(address));
  it('is straight where nothing is said', () => {
    expect([proxyOf(proxies({}), 'acme'), proxyOf(proxies({ default: null }), 'acme')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('a file that makes no sense', () => {
  it.each([
    ['{', 'is not valid JSON.'],
    ['[]', /the file: Invalid input/],
    [{ default: 'ftp://user:hunter2@host' }, /default: must be like http:/],
    [{ organizations: { acme: 'hunter2' } }, /organizations\.acme: must be like http:/],
    [{ organizations: { acme: 'socks5://host:1080/path' } }, /organizations\.acme: has a path/],
    [
      { organizations: { acme: 'http://u:hunter2%@host:1' } },
      /organizations\.acme: has a % that starts no code/,
    ],
    [{ default: 'http://u:hunter2#1@host:1' }, /default: must be like .*; write % as %25/],
    [{ organizations: { acme: 12 } }, 'organizations.acme: must be an address or null.'],
    [
      { acme: 'http://user:hunter2@host' },
      'has 1 fields that it may not have: only "default" and "organizations".',
    ],
  ])('%j is told without the address', (content, message) => {
    const result = parse(content);
    if (result.ok) throw new Error('it was taken');
    const [problem = ''] = result.problems;
    expect(problem).toMatch(/^PROXY_FILE: \/p\.json/);
    expect(problem).toMatch(message);
    expect(problem).not.toContain('hunter2');
  });
  it('keeps the program from starting', () => {
    const read = (file: string) => {
      if (file === '/p.json') return '{"default":"nonsense"}';
      throw Object.assign(new Error(file), { code: 'ENOENT' });
    };
    const problems = (file: string) => {
      const result = readConfig({ PROXY_FILE: file }, read);
      return result.ok ? [] : result.problems;
    };
    expect(problems('/p.json')).toEqual([
      expect.stringMatching(/^PROXY_FILE: \/p\.json: default: must be like/),
    ]);
    expect(problems('/absent')).toEqual(['PROXY_FILE: /absent cannot be read (ENOENT).']);
  });
});

it('follows a changed file; an unusable one changes nothing and is logged once', async () => {
  let text: string | undefined = '{"default":"http://one:1"}';
  const warned: string[] = [];
  const file = openProxyFile({
    first: proxies(text),
    file: '/p.json',
    read: async () => {
      if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return text;
    },
    log: (_, fields = {}) => warned.push(...(fields['problems'] as string[])),
  });
  const way = async () => proxyOf(await file.current(), 'acme');
  expect(await way()).toBe('http://one:1');
  text = '{"organizations":{"acme":"http://two:2"}}';
  expect(await way()).toBe('http://two:2');
  for (const broken of ['{', undefined]) {
    text = broken;
    expect([await way(), await way()]).toEqual(['http://two:2', 'http://two:2']);
  }
  expect(warned).toEqual([
    'PROXY_FILE: /p.json is not valid JSON.',
    'PROXY_FILE: /p.json cannot be read (ENOENT).',
  ]);
  text = '{}';
  expect(await way()).toBeUndefined();
});

describe('the content of the proxy file', () => {
  it('may begin with a byte order mark, but holds none elsewhere', () => {
    expect(parse('\uFEFF{}')).toMatchObject({ ok: true });
    expect(parse('{}\uFEFF')).toEqual({ ok: false, problems: ['PROXY_FILE: /p.json is not valid JSON.'] });
  });
  it('is normalised, with every mistake reported', () => {
    expect(proxies({ default: 'SOCKS5H://Host:1', organizations: { acme: 'HTTP://Host' } })).toEqual({
      default: 'socks5://host:1',
      organizations: { acme: 'http://host' },
    });
    const result = parse({ default: 'ftp://x', organizations: { acme: 7, beta: 'http://h:1/p' } });
    expect(result.ok ? [] : result.problems).toEqual([
      expect.stringMatching(/^PROXY_FILE: \/p\.json: default: must be like .*\.$/),
      'PROXY_FILE: /p.json: organizations.acme: must be an address or null.',
      expect.stringMatching(/^PROXY_FILE: \/p\.json: organizations\.beta: has a path or a query; .*\.$/),
    ]);
    expect(parse([])).toEqual({
      ok: false,
      problems: [expect.stringMatching(/^PROXY_FILE: \/p\.json: the file: Invalid input.*\.$/)],
    });
    expect(parse({ secret: 1, other: 2 })).toEqual({
      ok: false,
      problems: [
        'PROXY_FILE: /p.json: has 2 fields that it may not have: only "default" and "organizations".',
      ],
    });
  });
  it('decides before the usual proxy, also by null', () => {
    const table = proxies({ organizations: { acme: null } });
    expect(proxyOf(table, 'acme', 'http://usual:1')).toBeUndefined();
    expect(proxyOf(table, 'beta', 'http://usual:1')).toBe('http://usual:1');
    expect(proxyOf(proxies({ default: null }), 'beta', 'http://usual:1')).toBeUndefined();
    const result = readConfig({}, () => expect.unreachable());
    expect(result.ok && proxyOf(result.config.proxies, 'acme')).toBeUndefined();
  });
});

it('a proxy file that has the same content again after a fault is in force again', async () => {
  const logged: string[] = [];
  let text = '{"default":"http://one:1"}';
  const file = openProxyFile({
    first: proxies({}),
    file: '/p.json',
    read: async () => text,
    log: (event) => void logged.push(event),
  });
  expect(await file.current()).toMatchObject({ default: 'http://one:1' });
  text = '{';
  expect(await file.current()).toMatchObject({ default: 'http://one:1' });
  text = '{"default":"http://one:1"}';
  await file.current();
  text = '{';
  await file.current();
  expect(logged).toEqual(['proxy_file.unusable', 'proxy_file.unusable']);
});
