/** What `config --check` and the start say about settings: one verdict, whatever is wrong. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectStart } from '../../src/offline/settings.ts';
import { selfSigned } from '../support/certificate.ts';
import { vigia } from '../support/command-line.ts';

let base: string;
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'vigia-settings-'));
  const [one, other] = [selfSigned(), selfSigned()];
  await mkdir(join(base, 'auth'));
  await symlink('/nowhere/at/all', join(base, 'dangling'));
  const files: Record<string, string | Buffer> = {
    file: 'x',
    'cert.pem': one.cert,
    'key.pem': other.key,
    quoted: '"a-key-of-twenty-letters"\n',
    empty: '\r\n',
    latin1: Buffer.from('a-key-of-twenty-l\xe9tters', 'latin1'),
    'utf16-without-mark': Buffer.from('a-key-of-twenty-letters', 'utf16le'),
    'policy.json': '{ "probeMs": 0 }',
    'webhooks.json': '{}',
    'text.json': 'not JSON',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(base, name), content);
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** `@` is the directory of the test. */
const at = (env: Record<string, string>) => ({
  AUTH_DIR: join(base, 'auth'),
  PORT: '0',
  ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('@', base)])),
});
const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ AUTH_DIR: '@/auth\r' }, /^AUTH_DIR begins or ends with a blank, a carriage return/],
  [{ AUTH_DIR: ' @/auth' }, /^AUTH_DIR begins or ends with a blank/],
  [{ AUTH_DIR: '\ufeff@/auth' }, /^AUTH_DIR begins or ends with .* byte order mark/],
  [{ AUTH_DIR: '"@/auth"' }, /^AUTH_DIR is in quotes/],
  [{ AUTH_DIR: "'@/auth'" }, /^AUTH_DIR is in quotes/],
  [{ AUTH_DIR: '~/auth' }, /^AUTH_DIR begins with ~/],
  [{ AUTH_DIR: '$HOME/auth' }, /^AUTH_DIR holds the name of a variable/],
  [{ AUTH_DIR: 'C:\\auth' }, /^AUTH_DIR is a path of Windows/],
  [{ AUTH_DIR: '' }, /^AUTH_DIR is set and empty/],
  [{ AUTH_DIR: '/' }, /^AUTH_DIR is \/, the root of the file system/],
  [{ AUTH_DIR: '/proc/foo' }, /^AUTH_DIR is \/proc\/foo, in \/proc, which the kernel shows/],
  [{ AUTH_DIR: '/proc' }, /^AUTH_DIR is \/proc, which the kernel shows/],
  [{ AUTH_DIR: '/dev/null' }, /^AUTH_DIR is \/dev\/null, which is no directory/],
  [{ AUTH_DIR: '@/file' }, /which is no directory/],
  [{ AUTH_DIR: '@/file/below' }, /which cannot be read \(ENOTDIR\)/],
  [{ AUTH_DIR: '@/dangling' }, /a link to a place that does not exist/],
  [{ AUTH_DIR: '@/no/auth' }, /does not exist. Create .*, or correct AUTH_DIR/],
  [{ AUTH_DIR: 'no/auth' }, /does not exist. Create .*, or correct AUTH_DIR/],
  [{ PORT: '3e3' }, /^PORT: must be a whole number from 0 to 65535/],
  [{ PORT: '0x10' }, /^PORT: must be a whole number/],
  [{ PORT: '３０００' }, /^PORT: must be a whole number/],
  [{ PORT: '-1' }, /^PORT: must be a whole number/],
  [{ PORT: '"3000"' }, /^PORT is in quotes/],
  [{ SCAN_INTERVAL_MS: '30s' }, /^SCAN_INTERVAL_MS: must be a whole number/],
  [{ METRICS_PER_ORG: 'maybe' }, /^METRICS_PER_ORG: must be true or false/],
  [{ LOG_LEVEL: 'warning' }, /^LOG_LEVEL: must be one of fatal, error, warn/],
  [{ HOST: 'no.such.host.invalid', BEHIND_TLS_PROXY: 'true' }, /Set HOST/],
  [{ HOST: '203.0.113.77', BEHIND_TLS_PROXY: 'true' }, /203.0.113.77 is not an address of this machine/],
  [{ HOST: '0.0.0.0' }, /^HOST is 0.0.0.0, which other hosts can reach/],
  [{ API_KEY: 'x'.repeat(300) }, /^API_KEY has 300 characters/],
  [{ API_KEY: 'a key with blanks in it' }, /^API_KEY contains a space/],
  [{ API_KEY: '"a-key-of-twenty-letters"' }, /^API_KEY is in quotes/],
  [{ API_KEY_FILE: '@/quoted' }, /^API_KEY_FILE: .*quoted is in quotes/],
  [{ API_KEY_FILE: '@/empty' }, /^API_KEY_FILE: .*empty is empty/],
  [{ API_KEY_FILE: '@/latin1' }, /^API_KEY_FILE: .*latin1 is not UTF-8 text/],
  [{ API_KEY_FILE: '@/utf16-without-mark' }, /^API_KEY_FILE: .* holds zero bytes/],
  [{ API_KEY_FILE: '/dev/zero' }, /^API_KEY_FILE: \/dev\/zero is not a file, but a device/],
  [{ API_KEY_FILE: '@/auth' }, /^API_KEY_FILE: .*auth is a directory/],
  [{ API_KEY_FILE: '@/nowhere' }, /^API_KEY_FILE: .*nowhere cannot be read \(ENOENT\)/],
  [{ API_KEY_FILE: '~/key' }, /^API_KEY_FILE begins with ~/],
  [{ TLS_CERT_FILE: '@/cert.pem', TLS_KEY_FILE: '@/key.pem' }, /the key belongs to another certificate/],
  [{ TLS_CERT_FILE: '@/file', TLS_KEY_FILE: '@/key.pem' }, /are no certificate with its key in PEM/],
  [{ TLS_CERT_FILE: '@/nowhere', TLS_KEY_FILE: '@/key.pem' }, /^TLS_CERT_FILE: .*cannot be read \(ENOENT\)/],
  [{ POLICY_FILE: '@/policy.json' }, /^POLICY_FILE: .*probeMs/],
  [{ POLICY_FILE: '@/text.json' }, /^POLICY_FILE: .*is not valid JSON/],
  [{ PROXY_FILE: '@/text.json' }, /^PROXY_FILE: .*is not valid JSON/],
  [{ WEBHOOKS_FILE: '@/webhooks.json' }, /^WEBHOOKS_FILE: .*the file/],
  [{ WHATSAPP_WS_URL: 'ws://127.0.0.1:1/#x' }, /^WHATSAPP_WS_URL: must be a ws:/],
];

describe('a bad setting', () => {
  it.each(cases)('%j has one sentence', async (env, sentence) => {
    const { problems, config } = await inspectStart(at(env));
    expect(problems).toEqual([expect.stringMatching(sentence)]);
    expect(problems.join()).not.toContain('twenty');
    expect(config).toBeUndefined();
  });
  // both programs ask the function above; these show that they do
  const shown = ['/proc/foo', '@/auth\r', '@/dangling', '@/no/auth'].map((AUTH_DIR) => ({ AUTH_DIR }));
  it.each([
    ...shown,
    { HOST: '203.0.113.77', BEHIND_TLS_PROXY: 'true' },
    { TLS_CERT_FILE: '@/cert.pem', TLS_KEY_FILE: '@/key.pem' },
    { API_KEY: 'x'.repeat(300) },
  ])('%j ends the start and the check with 2 and the same sentence', { timeout: 60_000 }, async (given) => {
    const env = at(given);
    const { problems } = await inspectStart(env);
    const [start, check] = await Promise.all([
      vigia(['serve'], env, base),
      vigia(['config', '--check', '--json'], env, base),
    ]);
    expect(check.objects()[0]).toMatchObject({ ok: false, problems });
    expect(start.stderr).toBe(
      'Vigía cannot start, because of its configuration:\n' +
        `  - ${problems[0]}\nSee docs/operators/CONFIGURATION.md.\n`,
    );
    expect([start.code, check.code]).toEqual([2, 2]);
    expect(start.stdout).toBe('');
  });
});

describe('a setting whose meaning is certain', () => {
  const value = async (env: Record<string, string>, name: string) => {
    const { problems, settings } = await inspectStart(at(env));
    expect(problems).toEqual([]);
    return settings.find((one) => one.name === name)?.value;
  };
  it('is read without blanks, line ends and marks around it', async () => {
    expect(await value({ PORT: ' 3000\r\n' }, 'PORT')).toBe(3_000);
    expect(await value({ PORT: '\ufeff3000' }, 'PORT')).toBe(3_000);
    expect(await value({ HOST: '127.0.0.1\r' }, 'HOST')).toBe('127.0.0.1');
    expect(await value({ HOST: '[::ffff:127.0.0.1]' }, 'HOST')).toBe('::ffff:127.0.0.1');
    expect(await value({ METRICS_PER_ORG: 'True ' }, 'METRICS_PER_ORG')).toBe(true);
    expect(await value({ METRICS_PER_ORG: 'no' }, 'METRICS_PER_ORG')).toBe(false);
    expect(await value({ LOG_LEVEL: 'INFO' }, 'LOG_LEVEL')).toBe('info');
    expect(await value({ TRUSTED_PROXIES: ' 10.0.0.0/8 ,, ::1,' }, 'TRUSTED_PROXIES')).toEqual([
      '10.0.0.0/8',
      '::1',
    ]);
  });
  it('may be in a file of Windows, also in UTF-16', async () => {
    const policy = '{\r\n "probeMs": 1000\r\n}\r\n';
    for (const content of [Buffer.from(`\ufeff${policy}`), utf16(policy), utf16(policy).swap16()]) {
      await writeFile(join(base, 'windows.json'), content);
      await value({ POLICY_FILE: '@/windows.json' }, 'POLICY_FILE');
    }
    await writeFile(join(base, 'windows.key'), utf16('a-key-of-twenty-letters\r\n'));
    expect(await value({ API_KEY_FILE: '@/windows.key' }, 'API_KEY')).toBe('[set]');
  });
});

it('a name that looks like a setting is named, with the setting that was meant', {
  timeout: 60_000,
}, async () => {
  const slips = {
    TRUSTED_PROXY: 'TRUSTED_PROXIES',
    VIGIA_PORT: 'PORT',
    VIGIA_AUTH_DIR: 'AUTH_DIR',
    AUTHDIR: 'AUTH_DIR',
    ALLOWED_HOST: 'ALLOWED_HOSTS',
    WEBHOOK_SECERT: 'WEBHOOK_SECRET',
    PORT_FILE: 'PORT',
  };
  const unrelated = {
    ...{ SSL_CERT_FILE: 'x', HOSTNAME: 'x', APP_KEY: 'x', VIGIA_URL: 'http://127.0.0.1:1', PORTS: 'x' },
    ...{ HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1', no_proxy: 'localhost' },
  };
  const env = { ...Object.fromEntries(Object.keys(slips).map((name) => [name, 'x'])), ...unrelated };
  const { warnings, problems } = await inspectStart(at(env));
  expect(problems).toEqual([]);
  expect(warnings).toHaveLength(Object.keys(slips).length);
  for (const [slip, meant] of Object.entries(slips))
    expect(warnings).toContainEqual(
      expect.stringMatching(new RegExp(`^${slip} is no setting .*\\b${meant}\\b`)),
    );
});
