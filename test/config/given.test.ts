/** What an environment says, and the sentences about what it cannot mean. */
import { describe, expect, it } from 'vitest';
import { NoText } from '../../src/base/given-text.ts';
import { readConfig, readConfiguration } from '../../src/config/config.ts';
import { settings } from '../../src/config/settings.ts';
import { selfSigned } from '../support/certificate.ts';

type Texts = Readonly<Record<string, string>>;
const readerOf = (files: Texts) => (file: string) => {
  const text = files[file];
  if (text === undefined) throw Object.assign(new Error('absent'), { code: 'ENOENT' });
  return text;
};
const problemsOf = (env: Texts, files: Texts = {}) => readConfiguration(env, readerOf(files)).problems;
const warningsOf = (env: Texts) => readConfiguration(env, readerOf({})).warnings;
const key = 'a-key-of-20-letters!';

describe('an empty variable', () => {
  it('counts as not set, as FOO= in an env file means', () => {
    const env = Object.fromEntries(Object.keys(settings.shape).map((name) => [name, '']));
    const { AUTH_DIR: _, ...others } = env;
    const result = readConfig(others, readerOf({}));
    expect(result).toEqual(readConfig({}, readerOf({})));
    expect(problemsOf({ PORT: ' \t' })).toEqual([]);
  });
  it('is refused for the directory of the sessions, whose default would hold none of them', () => {
    expect(problemsOf({ AUTH_DIR: '' })).toEqual([
      'AUTH_DIR is set and empty: remove it, or set the directory of the sessions.',
    ]);
  });
});

describe('a value', () => {
  it('is read without the blanks around it', () => {
    expect(readConfig({ PORT: ' 4000 \r', API_KEY: `\t${key}\n` }, readerOf({}))).toMatchObject({
      ok: true,
      config: { PORT: 4_000, API_KEY: key },
    });
  });
  it('in quotes is refused, and counts as not given', () => {
    expect(problemsOf({ PORT: '"4000"', API_KEY: `'${key}'` })).toEqual([
      'PORT is in quotes, which are kept here: remove them.',
      'API_KEY is in quotes, which are kept here: remove them.',
    ]);
  });
  it.each(['AUTH_DIR', 'POLICY_FILE', 'PROXY_FILE', 'WEBHOOKS_FILE', 'API_KEY_FILE'])(
    'that is a path is not trimmed and not expanded: %s',
    (name) => {
      expect(problemsOf({ [name]: '/vault ' })).toEqual([
        `${name} begins or ends with a blank, a carriage return or a byte order mark: remove it.`,
      ]);
      expect(problemsOf({ [name]: '~/vault' })).toEqual([
        `${name} begins with ~, which only a shell replaces: write the whole path.`,
      ]);
    },
  );
  it('that is no path may look like one', () => {
    expect(problemsOf({ API_KEY: '~/a-key-of-20-letters' })).toEqual([]);
  });
});

describe('the file of a secret', () => {
  it.each(['API_KEY', 'METRICS_TOKEN', 'PROXY_URL', 'HTTPS_PROXY', 'ALL_PROXY'])('exists for %s', (name) => {
    const files = { '/f': `  ${key}\r\n` };
    expect(problemsOf({ [`${name}_FILE`]: '/f' }, files)).toEqual([]);
    expect(problemsOf({ [`${name}_FILE`]: '/nowhere' }, files)).toEqual([
      `${name}_FILE: /nowhere cannot be read (ENOENT).`,
    ]);
  });
  it('that is empty, in quotes, of several lines or no text is a mistake of the file', () => {
    const problemWith = (text: string) => problemsOf({ API_KEY_FILE: '/f' }, { '/f': text });
    expect(problemWith(' \n')).toEqual(['API_KEY_FILE: /f is empty.']);
    expect(problemWith(`"${key}"`)).toEqual([
      'API_KEY_FILE: /f is in quotes, which are kept here: remove them.',
    ]);
    expect(problemWith(`${key}\n${key}`)).toEqual([
      'API_KEY_FILE: /f holds a line end or another control character: remove it.',
    ]);
    const noText = () => {
      throw new NoText('is a directory');
    };
    expect(readConfiguration({ API_KEY_FILE: '/f' }, noText).problems).toEqual([
      'API_KEY_FILE: /f is a directory.',
    ]);
    const strange = () => {
      throw new Error('without a code');
    };
    expect(readConfiguration({ API_KEY_FILE: '/f' }, strange).problems).toEqual([
      'API_KEY_FILE: /f cannot be read (unknown error).',
    ]);
  });
  it('counts as the secret when two secrets are compared', () => {
    const env = { API_KEY_FILE: '/f', METRICS_TOKEN: key };
    expect(problemsOf(env, { '/f': key })).toEqual([
      'METRICS_TOKEN: must not be the same as API_KEY, which has every right.',
    ]);
  });
});

describe('a name that is no setting', () => {
  it('is a warning when it resembles one, and no problem', () => {
    expect(warningsOf({ LOG_LEVLE: 'info' })).toEqual([
      'LOG_LEVLE is no setting and does nothing. Was LOG_LEVEL meant?',
    ]);
    expect(warningsOf({ API_KEY_FIEL: '/f' })).toEqual([
      'API_KEY_FIEL is no setting and does nothing. Was API_KEY_FILE meant?',
    ]);
    expect(problemsOf({ LOG_LEVLE: 'info' })).toEqual([]);
  });
  it('is a warning when it names a file for a setting that is read from none', () => {
    expect(warningsOf({ PORT_FILE: '/f' })).toEqual([
      'PORT_FILE is no setting and does nothing: PORT is no secret, and is not read from a file.',
    ]);
  });
  it('is no warning when it is empty, a setting, or a name of another program', () => {
    const names = ['VIGIA_URL', 'VIGIA_API_KEY', 'VIGIA_KEY_FILE', 'VIGIA_NAME', 'VIGIA_WEBHOOK_SECRETS'];
    names.push('HTTP_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'FTP_PROXY', 'ftp_proxy');
    names.push('PATH', 'HOME', 'HOSTNAME', 'API_KEY_FILE', ...Object.keys(settings.shape));
    expect(warningsOf(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
    expect(warningsOf({ LOG_LEVLE: '' })).toEqual([]);
    expect(readConfiguration({ LOG_LEVLE: undefined }, readerOf({})).warnings).toEqual([]);
  });
});

describe('the small letters of the proxy variables', () => {
  const usual = (env: Texts) => {
    const result = readConfig(env, readerOf({}));
    return result.ok ? result.config.usualProxy : result.problems;
  };
  it('win over the capitals, unless they are empty', () => {
    expect(usual({ all_proxy: 'http://small:1', ALL_PROXY: 'http://large:1' })).toBe('http://small:1');
    expect(usual({ https_proxy: '', HTTPS_PROXY: 'http://large:1' })).toBe('http://large:1');
    expect(usual({ no_proxy: '*', NO_PROXY: 'elsewhere', HTTPS_PROXY: 'http://large:1' })).toBeUndefined();
  });
});

describe('a certificate', () => {
  const [one, other] = [selfSigned(), selfSigned()];
  const files = { '/cert': one.cert, '/key': one.key, '/other': other.key, '/text': 'no certificate' };
  it('with its key is in the configuration', () => {
    expect(readConfig({ TLS_CERT_FILE: '/cert', TLS_KEY_FILE: '/key' }, readerOf(files))).toMatchObject({
      ok: true,
      config: { tls: one },
    });
  });
  it('with another key, or that is none, is refused with a sentence', () => {
    expect(problemsOf({ TLS_CERT_FILE: '/cert', TLS_KEY_FILE: '/other' }, files)).toEqual([
      'TLS_CERT_FILE, TLS_KEY_FILE: the key belongs to another certificate.',
    ]);
    for (const env of [
      { TLS_CERT_FILE: '/text', TLS_KEY_FILE: '/key' },
      { TLS_CERT_FILE: '/cert', TLS_KEY_FILE: '/text' },
    ])
      expect(problemsOf(env, files)).toEqual([
        expect.stringMatching(
          /^TLS_CERT_FILE and TLS_KEY_FILE are no certificate with its key in PEM \(ERR_.+\)\.$/,
        ),
      ]);
  });
  it('that cannot be read is named, with the key that cannot be read either', () => {
    expect(problemsOf({ TLS_CERT_FILE: '/a', TLS_KEY_FILE: '/b' }, files)).toEqual([
      'TLS_CERT_FILE: /a cannot be read (ENOENT).',
      'TLS_KEY_FILE: /b cannot be read (ENOENT).',
    ]);
  });
});

it('every mistake of every kind is reported at once', () => {
  const env = {
    PORT: 'x',
    API_KEY_FILE: '/nowhere',
    POLICY_FILE: '/nowhere',
    PROXY_FILE: '/nowhere',
    WEBHOOKS_FILE: '/nowhere',
    TLS_CERT_FILE: '/nowhere',
    WEBHOOK_URL: 'https://host',
  };
  expect(problemsOf(env).map((problem) => problem.split(':')[0])).toEqual([
    'API_KEY_FILE',
    'PORT',
    'POLICY_FILE',
    'PROXY_FILE',
    'WEBHOOK_URL, WEBHOOK_SECRET',
    'WEBHOOKS_FILE',
    'TLS_CERT_FILE, TLS_KEY_FILE',
  ]);
});
