/** Who is told: what an operator may get wrong in the settings, and that no mistake repeats a secret. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const secret = `whsec_${Buffer.from('twenty-four bytes or more').toString('base64')}`;
const url = 'https://django.example/hook/hidden-path';
const read = (env: Record<string, string>, files: Record<string, string> = {}) =>
  readConfig(env, (file) => {
    const text = files[file];
    if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    return text;
  });
const problems = (...given: Parameters<typeof read>) => {
  const result = read(...given);
  return result.ok ? [] : result.problems;
};

it('nobody is told unless somebody is named', () => {
  expect(read({})).toMatchObject({ ok: true, config: { endpoints: [] } });
});
it('a webhook, Slack, PagerDuty, and further webhooks of a file', () => {
  const file = JSON.stringify([
    { name: 'crm', url: 'http://10.0.0.7/x', secrets: [secret], events: ['session.updated'] },
  ]);
  const env = {
    WEBHOOK_URL: url,
    WEBHOOK_SECRET: `${secret},${secret}`,
    WEBHOOK_EVENTS: 'alert.firing, alert.resolved',
    SLACK_WEBHOOK_URL: 'https://hooks.example/T',
    PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
    WEBHOOKS_FILE: 'w.json',
  };
  const result = read(env, { 'w.json': file });
  expect(result).toMatchObject({
    ok: true,
    config: {
      endpoints: [
        {
          name: 'webhook',
          kind: 'webhook',
          url,
          secrets: [secret, secret],
          events: ['alert.firing', 'alert.resolved'],
        },
        { name: 'slack', kind: 'slack', secrets: [] },
        { name: 'pagerduty', kind: 'pagerduty', url: 'https://events.pagerduty.com/v2/enqueue' },
        { name: 'crm', kind: 'webhook', events: ['session.updated'] },
      ],
    },
  });
});
it('a secret may stand in a file of its own', () => {
  expect(read({ WEBHOOK_URL: url, WEBHOOK_SECRET_FILE: 's' }, { s: `${secret}\n` })).toMatchObject({
    ok: true,
    config: { endpoints: [{ secrets: [secret] }] },
  });
});

describe('a mistake', () => {
  const rows: readonly (readonly [string, Record<string, string>, RegExp, Record<string, string>?])[] = [
    ['an address without a secret', { WEBHOOK_URL: url }, /^WEBHOOK_URL, WEBHOOK_SECRET: set both or none/],
    ['a secret without an address', { WEBHOOK_SECRET: secret }, /set both or none/],
    [
      'a secret that is none',
      { WEBHOOK_URL: url, WEBHOOK_SECRET: 'hidden' },
      /^WEBHOOK_SECRET: must be whsec_/,
    ],
    [
      'a secret that is short',
      { WEBHOOK_URL: url, WEBHOOK_SECRET: `whsec_${Buffer.from('hidden').toString('base64')}` },
      /24 to 64/,
    ],
    [
      'an address that is none',
      { WEBHOOK_URL: 'hidden', WEBHOOK_SECRET: secret },
      /^WEBHOOK_URL: must be an http/,
    ],
    [
      'a range that is none',
      { WEBHOOK_ALLOWED_NETWORKS: 'home' },
      /^WEBHOOK_ALLOWED_NETWORKS: must be addresses or ranges/,
    ],
    [
      'a file that is not there',
      { WEBHOOKS_FILE: 'w.json' },
      /^WEBHOOKS_FILE: w\.json cannot be read \(ENOENT\)\.$/,
    ],
    [
      'a file that is no JSON',
      { WEBHOOKS_FILE: 'w.json' },
      /^WEBHOOKS_FILE: w\.json is not valid JSON\.$/,
      { 'w.json': '{hidden' },
    ],
    [
      'a name that is taken',
      { WEBHOOKS_FILE: 'w.json' },
      /0\.name: is taken/,
      { 'w.json': JSON.stringify([{ name: 'slack', url, secrets: [secret] }]) },
    ],
    [
      'a name used twice',
      { WEBHOOKS_FILE: 'w.json' },
      /two webhooks of one name/,
      { 'w.json': JSON.stringify([1, 2].map(() => ({ name: 'a', url, secrets: [secret] }))) },
    ],
    [
      'a field that is misspelt',
      { WEBHOOKS_FILE: 'w.json' },
      /Unrecognized key/,
      { 'w.json': JSON.stringify([{ name: 'a', url, secrets: [secret], event: [] }]) },
    ],
  ];
  it.each(rows.map((row) => ({ name: row[0], row })))(
    '$name is a sentence that names the place, and repeats no secret',
    ({ row: [, env, message, files = {}] }) => {
      const logged = problems(env, files);
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatch(message);
      expect(logged.join()).not.toContain('hidden');
      expect(logged.join()).not.toContain(secret);
    },
  );
});
