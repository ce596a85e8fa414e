/** Every setting: its default, its limits, its sentence for a mistake, and its row in the documentation. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { settings } from '../../src/config/settings.ts';
import { shownSettings } from '../../src/config/shown.ts';
import { messageDefaults } from './message-defaults.ts';

type Env = Readonly<Record<string, string>>;
const read = (env: Env) => readConfig(env, () => expect.unreachable());
const settingOf = (name: string, text: string): unknown => {
  const result = read({ [name]: text });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return (result.config as unknown as Record<string, unknown>)[name];
};
const problemsOf = (env: Env): readonly string[] => {
  const result = read(env);
  return result.ok ? [] : result.problems;
};

it('an environment without any variable has these defaults', () => {
  const result = read({});
  if (!result.ok) throw new Error(result.problems.join('\n'));
  const { policy: _policy, shown: _shown, ...values } = result.config;
  expect(values).toEqual({
    AUTH_DIR: './auth_sessions',
    ...messageDefaults,
    HOST: '127.0.0.1',
    PORT: 3_000,
    SCAN_INTERVAL_MS: 30_000,
    LOG_LEVEL: 'info',
    BEHIND_TLS_PROXY: false,
    TRUSTED_PROXIES: [],
    ALLOWED_HOSTS: [],
    ALLOWED_ORIGINS: [],
    LINK_FRAME_ANCESTORS: [],
    METRICS_PER_ORG: false,
    MAX_REQUESTS_PER_10_SECONDS: 100,
    MAX_CONNECTIONS: 500,
    MAX_CONNECTIONS_PER_KEY: 20,
    MAX_CONNECTIONS_PER_ADDRESS: 50,
    WEBHOOK_SECRET: [],
    WEBHOOK_EVENTS: [],
    WEBHOOK_CHANGES: 'settled',
    WEBHOOK_ALLOWED_NETWORKS: [],
    PAGERDUTY_URL: 'https://events.pagerduty.com/v2/enqueue',
    HEARTBEAT_SECONDS: 60,
    alerts: {},
    endpoints: [],
    proxies: { organizations: {} },
    usualProxy: undefined,
    tls: undefined,
  });
});

it('the page of the settings has a row for each, with the text of its purpose', () => {
  const page = readFileSync(new URL('../../docs/operators/CONFIGURATION.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  for (const [name, { description }] of Object.entries(settings.shape)) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    expect(description, name).toMatch(/^.{10,}\.$/u);
    expect(row.endsWith(`| ${description} |`), name).toBe(true);
  }
});

describe('a number', () => {
  it.each([
    ['PORT', 0, 65_535],
    ['SCAN_INTERVAL_MS', 100, 3_600_000],
    ['MAX_REQUESTS_PER_10_SECONDS', 10, 1_000_000],
    ['MAX_CONNECTIONS', 1, 100_000],
    ['MAX_CONNECTIONS_PER_KEY', 1, 100_000],
    ['MAX_CONNECTIONS_PER_ADDRESS', 1, 100_000],
    ['HEARTBEAT_SECONDS', 10, 86_400],
  ] as const)('%s may be from %d to %d, and nothing else', (name, least, most) => {
    expect([settingOf(name, `${least}`), settingOf(name, `${most}`)]).toEqual([least, most]);
    const sentence = `${name}: must be a whole number from ${least} to ${most}, in digits.`;
    for (const text of [`${least - 1}`, `${most + 1}`, '3e3', '0x10', '3.0', 'x50', '50x', '1'.repeat(16)])
      expect(problemsOf({ [name]: text }), text).toEqual([sentence]);
  });
});

describe('a flag', () => {
  it.each([
    ['true', true],
    ['1', true],
    ['yes', true],
    ['ON', true],
    ['false', false],
    ['0', false],
    ['No', false],
    ['off', false],
  ] as const)('may be written %s', (text, value) => {
    expect(settingOf('BEHIND_TLS_PROXY', text)).toBe(value);
    expect(settingOf('METRICS_PER_ORG', text)).toBe(value);
  });
  it('that is another word is a mistake', () => {
    expect(problemsOf({ METRICS_PER_ORG: 'maybe' })).toEqual(['METRICS_PER_ORG: must be true or false.']);
  });
});

describe('a word', () => {
  it.each(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])('%s is a log level', (level) => {
    expect(settingOf('LOG_LEVEL', level.toUpperCase())).toBe(level);
  });
  it.each(['json', 'pretty'])('%s is a format of the log', (format) => {
    expect(settingOf('LOG_FORMAT', format)).toBe(format);
  });
  it('that is none of the choices is answered with the choices', () => {
    expect(problemsOf({ LOG_LEVEL: 'loud', LOG_FORMAT: 'xml' })).toEqual([
      'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent.',
      'LOG_FORMAT: must be one of json, pretty.',
    ]);
  });
});

describe('the address to listen on', () => {
  it.each([
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['localhost', 'localhost'],
    ['a[::1]', 'a[::1]'],
    ['[::1]a', '[::1]a'],
  ])('%s is %s', (text, host) => expect(settingOf('HOST', text)).toBe(host));
});

describe('a key and a token', () => {
  it('have at least 16 characters, and a token at most 256, without a space', () => {
    expect(settingOf('API_KEY', 'k'.repeat(16))).toBe('k'.repeat(16));
    expect(problemsOf({ API_KEY: 'k'.repeat(15), METRICS_TOKEN: 't'.repeat(15) })).toEqual([
      'API_KEY: must have at least 16 characters.',
      'METRICS_TOKEN: must have at least 16 characters.',
    ]);
    expect(settingOf('METRICS_TOKEN', 't'.repeat(256))).toBe('t'.repeat(256));
    expect(problemsOf({ METRICS_TOKEN: 't'.repeat(257) })).toEqual([
      'METRICS_TOKEN: must have at most 256 characters.',
    ]);
    for (const text of [
      'a token with spaces',
      'señal-de-dieciséis',
      'señal-at-the-start-only',
      'at-the-end-señé',
    ])
      expect(problemsOf({ METRICS_TOKEN: text.padEnd(16, '-') }), text).toEqual([
        'METRICS_TOKEN: must have no space and nothing outside ASCII: it travels in a header.',
      ]);
  });
  it('are two different texts, because the key has every right', () => {
    const both = { API_KEY: 'one-for-both-of-them', METRICS_TOKEN: 'one-for-both-of-them' };
    expect(problemsOf(both)).toEqual([
      'METRICS_TOKEN: must not be the same as API_KEY, which has every right.',
    ]);
    expect(problemsOf({ ...both, METRICS_TOKEN: 'another-of-20-letters' })).toEqual([]);
  });
});

describe('another server of WhatsApp', () => {
  it.each(['ws://127.0.0.1:1', 'WSS://host/path'])('%s is possible', (text) =>
    expect(settingOf('WHATSAPP_WS_URL', text)).toBe(text),
  );
  it.each(['http://host', 'x ws://host', 'wss://', 'wss://host/#part', 'ws:/host'])('%s is not', (text) =>
    expect(problemsOf({ WHATSAPP_WS_URL: text })).toEqual([
      'WHATSAPP_WS_URL: must be a ws:// or wss:// address.',
    ]),
  );
  it('may be left out of the proxies, which WhatsApp itself is then not', () => {
    const env = { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '127.0.0.1' };
    const proxyFor = (more: Env) => {
      const result = read({ ...env, ...more });
      return result.ok ? result.config.usualProxy : result.problems;
    };
    expect(proxyFor({ WHATSAPP_WS_URL: 'ws://127.0.0.1:1' })).toBeUndefined();
    expect(proxyFor({})).toBe('http://proxy:1');
    expect(proxyFor({ NO_PROXY: 'web.whatsapp.com' })).toBeUndefined();
  });
});

describe('the version of WhatsApp Web', () => {
  it.each(['2.3000.1043857760', '12.34.5'])('%s is three numbers', (text) =>
    expect(settingOf('WHATSAPP_VERSION', text)).toBe(text),
  );
  it.each(['2.3000', 'v2.3000.1', '2.3000.1-beta', '2.x.1', 'x.1.1', '2.1.x', '2,3000,1'])(
    '%s is none',
    (text) =>
      expect(problemsOf({ WHATSAPP_VERSION: text })).toEqual([
        'WHATSAPP_VERSION: must look like 2.3000.1043857760.',
      ]),
  );
});

describe('a list', () => {
  it('ignores blanks and empty parts', () => {
    expect(settingOf('ALLOWED_HOSTS', ' a.example ,, b.example, ')).toEqual(['a.example', 'b.example']);
  });
  it('with one wrong part among right ones is a mistake with the sentence of its setting', () => {
    expect(
      problemsOf({
        TRUSTED_PROXIES: '10.0.0.0/8, proxy',
        ALLOWED_HOSTS: 'a.example, https://b.example',
        ALLOWED_ORIGINS: 'https://a.example, b.example',
        LINK_FRAME_ANCESTORS: 'https://a.example, b.example',
        WEBHOOK_ALLOWED_NETWORKS: '10.0.0.0/8, home',
        WEBHOOK_EVENTS: 'session.updated, Session',
      }),
    ).toEqual([
      'TRUSTED_PROXIES: must be addresses or ranges like 10.0.0.0/8, separated by commas.',
      'ALLOWED_HOSTS: must be host names, without https:// and without a path, separated by commas.',
      'ALLOWED_ORIGINS: must be origins like https://panel.example (no path, no slash at the end), ' +
        'separated by commas.',
      'LINK_FRAME_ANCESTORS: must be origins like https://panel.example, separated by commas.',
      'WEBHOOK_EVENTS: must be types of events like session.updated, separated by commas.',
      'WEBHOOK_ALLOWED_NETWORKS: must be addresses or ranges like 10.0.0.0/8, separated by commas.',
    ]);
  });
});

it('no secret is shown, and everything else is', () => {
  const secrets = ['API_KEY', 'METRICS_TOKEN', 'WEBHOOK_URL', 'WEBHOOK_SECRET', 'SLACK_WEBHOOK_URL'];
  secrets.push('PAGERDUTY_ROUTING_KEY', 'HEARTBEAT_URL', 'PROXY_URL', 'HTTPS_PROXY', 'ALL_PROXY');
  const env = Object.fromEntries(Object.keys(settings.shape).map((name) => [name, `given to ${name}`]));
  for (const { name, value, from } of shownSettings(env)) {
    const isShown = secrets.includes(name) ? value === '[set]' : String(value).startsWith('given to');
    expect([name, isShown, from]).toEqual([name, true, 'environment']);
  }
});
it('a value that counts as empty is not shown as set', () => {
  const shown = new Map(
    shownSettings({ PORT: '', API_KEY_FILE: '', LOG_FORMAT: '  ', https_proxy: 'p' }).map((one) => [
      one.name,
      one,
    ]),
  );
  expect(shown.get('PORT')).toEqual({ name: 'PORT', value: 3_000, from: 'default' });
  expect(shown.get('API_KEY')).toEqual({ name: 'API_KEY', value: null, from: 'not set' });
  expect(shown.get('LOG_FORMAT')).toEqual({ name: 'LOG_FORMAT', value: null, from: 'not set' });
  expect(shown.get('HTTPS_PROXY')).toEqual({ name: 'HTTPS_PROXY', value: '[set]', from: 'environment' });
});
describe('the address of this server for customers', () => {
  it.each(['https://vigia.example', 'http://127.0.0.1:3000'])('may be %s', (text) =>
    expect(settingOf('PUBLIC_URL', text)).toBe(text),
  );
  it.each(['ftp://vigia.example', 'vigia.example', 'xhttp://vigia.example', 'httpsx://vigia.example'])(
    'is not %s',
    (text) => expect(problemsOf({ PUBLIC_URL: text })).toEqual([expect.stringMatching(/^PUBLIC_URL: .+\.$/)]),
  );
});
