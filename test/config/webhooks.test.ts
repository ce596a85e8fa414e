/** The limits of webhooks, and everything that the delivery needs of an endpoint. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const secret = `whsec_${Buffer.from('twenty-four bytes or more').toString('base64')}`;
const url = 'https://django.example/hook/path';
const read = (env: Record<string, string>, files: Record<string, string> = {}) =>
  readConfig(env, (file) => files[file] ?? expect.unreachable());
const problems = (...given: Parameters<typeof read>) => {
  const result = read(...given);
  return result.ok ? [] : result.problems;
};

describe('the limits of a webhook', () => {
  const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  const webhook = { name: 'crm', url, secrets: [secret] };
  const problemsOf = (content: unknown) =>
    problems({ WEBHOOKS_FILE: '/w.json' }, { '/w.json': JSON.stringify(content) });
  const problemWith = (over: object) => problemsOf([{ ...webhook, ...over }]);

  it('a secret has 24 to 64 bytes of base64 after its prefix, and nothing around it', () => {
    for (const bytes of [24, 64]) expect(problemWith({ secrets: [secretOf(bytes)] }), `${bytes}`).toEqual([]);
    for (const wrong of [
      secretOf(23),
      secretOf(65),
      ` ${secret}`,
      `${secret}!`,
      secret.slice(6),
      `${secret}===`,
    ])
      expect(problemWith({ secrets: [wrong] }), wrong).toEqual([
        'WEBHOOKS_FILE: /w.json: 0.secrets.0: must be whsec_ and base64 of 24 to 64 random bytes, ' +
          'for example: echo "whsec_$(openssl rand -base64 32)".',
      ]);
  });
  it('has one to three secrets', () => {
    expect(problemWith({ secrets: [secret, secret, secret] })).toEqual([]);
    for (const secrets of [[], [secret, secret, secret, secret]])
      expect(problemWith({ secrets })).toHaveLength(1);
  });
  it('has a name of 1 to 32 letters in lower case, digits and hyphens', () => {
    for (const name of ['a', '1-crm', 'x'.repeat(32)]) expect(problemWith({ name }), name).toEqual([]);
    for (const name of ['', 'Crm', '-crm', 'my crm', 'crm!', 'x'.repeat(33)])
      expect(problemWith({ name }), name).toEqual([
        'WEBHOOKS_FILE: /w.json: 0.name: must have 1 to 32 letters in lower case, digits and hyphens.',
      ]);
    for (const name of ['webhook', 'slack', 'pagerduty'])
      expect(problemWith({ name }), name).toEqual([
        'WEBHOOKS_FILE: /w.json: 0.name: is taken by a variable of its own.',
      ]);
  });
  it('names the types of its events, at least one where it names any', () => {
    expect(problemWith({ events: ['session.updated', 'alert.firing', 'session.qrCode'] })).toEqual([]);
    expect(problemWith({ events: [] })).toHaveLength(1);
    for (const event of [
      'session',
      'Session.updated',
      '.updated',
      'session.',
      'a session.updated',
      'session.updated!',
    ])
      expect(problemWith({ events: [event] }), event).toEqual([
        'WEBHOOKS_FILE: /w.json: 0.events.0: must look like session.updated.',
      ]);
  });
  it('gets settled changes or all', () => {
    for (const changes of ['settled', 'all']) expect(problemWith({ changes })).toEqual([]);
    expect(problemWith({ changes: 'some' })).toEqual([
      expect.stringMatching(/^WEBHOOKS_FILE: \/w\.json: 0\.changes: Invalid option: .*\.$/),
    ]);
  });
  it('has an http:// or https:// address', () => {
    for (const right of ['http://host', 'HTTPS://host/path'])
      expect(problemWith({ url: right }), right).toEqual([]);
    for (const wrong of ['ftp://host', 'a http://host', 'http://', 'https:/host', 'host'])
      expect(problemWith({ url: wrong }), wrong).toEqual([
        'WEBHOOKS_FILE: /w.json: 0.url: must be an http:// or https:// address.',
      ]);
  });
  it('is one of at most fifty in a file, which is an array', () => {
    const many = (length: number) => Array.from({ length }, (_, n) => ({ ...webhook, name: `crm-${n}` }));
    expect(problemsOf(many(50))).toEqual([]);
    expect(problemsOf(many(51))).toEqual([
      expect.stringMatching(/^WEBHOOKS_FILE: \/w\.json: the file: .*\.$/),
    ]);
    expect(problemsOf({})).toEqual([expect.stringMatching(/^WEBHOOKS_FILE: \/w\.json: the file: .*\.$/)]);
    expect(problemsOf([webhook, webhook])).toEqual(['WEBHOOKS_FILE: /w.json has two webhooks of one name.']);
  });
});

describe('an endpoint of the variables', () => {
  const endpoints = (env: Record<string, string>, files: Record<string, string> = {}) => {
    const result = read(env, files);
    return result.ok ? result.config.endpoints : result.problems;
  };
  it('has everything that the delivery needs', () => {
    expect(
      endpoints(
        {
          WEBHOOK_URL: url,
          WEBHOOK_SECRET: secret,
          SLACK_WEBHOOK_URL: 'https://slack.example',
          PAGERDUTY_ROUTING_KEY: 'k'.repeat(16),
          PAGERDUTY_URL: 'https://events.eu.pagerduty.com/v2/enqueue',
          WEBHOOKS_FILE: '/w.json',
        },
        { '/w.json': JSON.stringify([{ name: 'crm', url, secrets: [secret], changes: 'all' }]) },
      ),
    ).toEqual([
      { name: 'webhook', kind: 'webhook', url, secrets: [secret], events: undefined, changes: 'settled' },
      { name: 'slack', kind: 'slack', url: 'https://slack.example', secrets: [] },
      {
        name: 'pagerduty',
        kind: 'pagerduty',
        url: 'https://events.eu.pagerduty.com/v2/enqueue',
        secrets: ['k'.repeat(16)],
      },
      { name: 'crm', kind: 'webhook', url, secrets: [secret], changes: 'all' },
    ]);
    const all = {
      WEBHOOK_URL: url,
      WEBHOOK_SECRET: secret,
      WEBHOOK_CHANGES: 'all',
      WEBHOOK_EVENTS: 'alert.firing',
    };
    expect(endpoints(all)).toMatchObject([{ changes: 'all', events: ['alert.firing'] }]);
  });
  it('of PagerDuty has a key of 16 to 64 characters', () => {
    expect(endpoints({ PAGERDUTY_ROUTING_KEY: 'k'.repeat(64) })).toMatchObject([{ name: 'pagerduty' }]);
    for (const length of [15, 65])
      expect(problems({ PAGERDUTY_ROUTING_KEY: 'k'.repeat(length) })).toEqual([
        expect.stringMatching(/^PAGERDUTY_ROUTING_KEY: .+\.$/),
      ]);
  });
  it('without its other half is refused with both names', () => {
    for (const env of [{ WEBHOOK_URL: url }, { WEBHOOK_SECRET: secret }])
      expect(problems(env)).toEqual([
        'WEBHOOK_URL, WEBHOOK_SECRET: set both or none; without a signature a receiver cannot check ' +
          'the sender.',
      ]);
  });
  it.each(['WEBHOOK_URL', 'SLACK_WEBHOOK_URL', 'PAGERDUTY_URL', 'ALERTMANAGER_URL', 'HEARTBEAT_URL'])(
    'is an http:// or https:// address: %s',
    (name) => {
      const env = name === 'WEBHOOK_URL' ? { WEBHOOK_SECRET: secret } : {};
      expect(problems({ ...env, [name]: 'http://host' })).toEqual([]);
      expect(problems({ ...env, [name]: 'ws://host' })).toEqual([
        `${name}: must be an http:// or https:// address.`,
      ]);
    },
  );
});
