import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const absent = (file: string): string => {
  throw Object.assign(new Error(file), { code: 'ENOENT' });
};
const read = (env: Record<string, string>, files: Record<string, string> = {}) =>
  readConfig(env, (file) => files[file] ?? absent(file));
const config = (...asked: Parameters<typeof read>) => {
  const result = read(...asked);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.config;
};
const problems = (...asked: Parameters<typeof read>) => {
  const result = read(...asked);
  return result.ok ? [] : result.problems;
};

describe('a secret in a file of its own', () => {
  it('is read without the line end, and counts like the variable', () => {
    for (const text of ['a-key-of-20-letters!', 'a-key-of-20-letters!\n', 'a-key-of-20-letters!\r\n'])
      expect(config({ API_KEY_FILE: '/run/secrets/key' }, { '/run/secrets/key': text }).API_KEY).toBe(
        'a-key-of-20-letters!',
      );
    expect(config({ API_KEY_FILE: '', API_KEY: 'a-key-of-20-letters!' }).API_KEY).toBe(
      'a-key-of-20-letters!',
    );
  });
  it('that is not there, is too short, or is given twice is named, and never shown', () => {
    expect(problems({ API_KEY_FILE: '/nowhere' })).toEqual([
      'API_KEY_FILE: /nowhere cannot be read (ENOENT).',
    ]);
    expect(problems({ API_KEY_FILE: '/f' }, { '/f': 'short' })).toEqual([
      'API_KEY: must have at least 16 characters.',
    ]);
    const both = problems(
      { API_KEY_FILE: '/f', API_KEY: 'a-key-of-20-letters!' },
      { '/f': 'another-of-20-letters' },
    );
    expect(both).toEqual(['API_KEY_FILE: API_KEY is set too; set one of them.']);
  });
  it('is for secrets only', () => {
    expect(config({ PORT_FILE: '/f' }, { '/f': '1' }).PORT).toBe(3000);
  });
});

describe('who may come in', () => {
  it('is told by exact lists', () => {
    const env = {
      ALLOWED_ORIGINS: 'https://panel.example, http://localhost:5173',
      ALLOWED_HOSTS: 'vigia.example,vigia.example:8443,[fd00::1]',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    };
    expect(config(env)).toMatchObject({
      ALLOWED_ORIGINS: ['https://panel.example', 'http://localhost:5173'],
      ALLOWED_HOSTS: ['vigia.example', 'vigia.example:8443', '[fd00::1]'],
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
    });
  });
  it.each([
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'https://panel.example/page'],
    ['ALLOWED_ORIGINS', 'panel.example'],
    ['ALLOWED_HOSTS', 'https://vigia.example'],
    ['ALLOWED_HOSTS', '*.example'],
    ['TRUSTED_PROXIES', 'proxy.internal'],
    ['TRUSTED_PROXIES', '10.0.0.0/40'],
  ])('%s=%s is a mistake with a sentence', (name, value) => {
    expect(problems({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: must be .*\\.$`)),
    ]);
  });
});

it('a certificate without its key is half a setting', () => {
  for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE'])
    expect(problems({ [name]: '/f' })).toEqual(['TLS_CERT_FILE, TLS_KEY_FILE: set both or none.']);
});
