/**
 * The webhook check of the Python example, against signatures from the library of the Standard Webhooks
 * project.
 */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { python, whyNoPython } from './python.ts';

const why = whyNoPython();
const now = 1_768_188_910;
const body = JSON.stringify({
  id: 'evt_1',
  type: 'session.updated',
  orgId: '2',
  data: { name: 'Óptica – ñandú' },
});
const [secret = '', next = '', foreign = ''] = [1, 2, 3].map(
  () => `whsec_${randomBytes(24).toString('base64')}`,
);
const signed = (by: readonly string[], at = now, text = body) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(at),
  'webhook-signature': by.map((one) => new Webhook(one).sign('msg_1', new Date(at * 1_000), text)).join(' '),
});
const good = signed([secret])['webhook-signature'];
const signedAs = (signature: string) => ({ ...signed([secret]), 'webhook-signature': signature });

interface Case {
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}
const sound: Readonly<Record<string, Case>> = {
  'as it was sent': { secrets: [secret], headers: signed([secret]) },
  'with names of headers in other case': {
    secrets: [secret],
    headers: Object.fromEntries(
      Object.entries(signed([secret])).map(([name, value]) => [name.replace('webhook', 'Webhook'), value]),
    ),
  },
  'signed with the old secret and the new, known by the old': {
    secrets: [secret],
    headers: signed([next, secret]),
  },
  'signed with the old secret and the new, known by the new': {
    secrets: [next],
    headers: signed([secret, next]),
  },
  'signed with the old secret, while both are known': { secrets: [next, secret], headers: signed([secret]) },
  'almost five minutes old': { secrets: [secret], headers: signed([secret], now - 299) },
  'from a clock almost five minutes ahead': { secrets: [secret], headers: signed([secret], now + 299) },
  'with signatures of versions to come': { secrets: [secret], headers: signedAs(`v1a,AAAA v2,x ${good}`) },
};
const bad: Readonly<Record<string, Case>> = {
  'with another body': { secrets: [secret], headers: signed([secret]), body: body.replace('"2"', '"4"') },
  'with one byte more': { secrets: [secret], headers: signed([secret]), body: `${body} ` },
  'with another id': { secrets: [secret], headers: { ...signed([secret]), 'webhook-id': 'msg_2' } },
  'with another time': {
    secrets: [secret],
    headers: { ...signed([secret]), 'webhook-timestamp': String(now + 1) },
  },
  'signed with a foreign secret': { secrets: [secret, next], headers: signed([foreign]) },
  'more than five minutes old': { secrets: [secret], headers: signed([secret], now - 301) },
  'from a clock more than five minutes ahead': { secrets: [secret], headers: signed([secret], now + 301) },
  'without a signature': {
    secrets: [secret],
    headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': String(now) },
  },
  'with an empty signature': { secrets: [secret], headers: signedAs('') },
  'with the version alone': { secrets: [secret], headers: signedAs('v1,') },
  'with the right digest of another version': {
    secrets: [secret],
    headers: signedAs(good.replace('v1,', 'v2,')),
  },
  'with a signature that is not ASCII': { secrets: [secret], headers: signedAs('v1,ñ') },
  'without a secret to check it with': { secrets: [], headers: signed([secret]) },
  'with a time that is no number': {
    secrets: [secret],
    headers: { ...signed([secret]), 'webhook-timestamp': 'nan' },
  },
  'with a time in other digits': {
    secrets: [secret],
    headers: { ...signed([secret]), 'webhook-timestamp': '١٧٦٨١٨٨٩١٠' },
  },
  'with a body that is not JSON': {
    secrets: [secret],
    headers: signed([secret], now, 'not json'),
    body: 'not json',
  },
};
const program = `
import json, sys
from vigia import verify_webhook, WebhookRefused
told = {}
for name, case in json.load(sys.stdin).items():
    try:
        told[name] = verify_webhook(case["secrets"], case["headers"], case["body"].encode(), now=${now})["id"]
    except WebhookRefused as refused:
        told[name] = "refused: " + str(refused)
print(json.dumps(told))
`;

it('a webhook is accepted only when it is unchanged, recent, and signed with a known secret', async ({
  skip,
}) => {
  if (why !== undefined) return skip(why);
  const cases = Object.entries({ ...sound, ...bad }).map(([name, one]) => [name, { body, ...one }]);
  const { code, out, err } = await python(['-c', program], {
    input: JSON.stringify(Object.fromEntries(cases)),
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const told = JSON.parse(out) as Record<string, string>;
  for (const name of Object.keys(sound)) expect(told[name], name).toBe('evt_1');
  for (const name of Object.keys(bad)) expect(told[name], name).toMatch(/^refused: .+\.$/);
  expect(Object.keys(told)).toHaveLength(cases.length);
});
it('a malformed secret is a configuration error, not a refused webhook', async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const { code, err } = await python([
    '-c',
    'import vigia; vigia.verify_webhook(["whsec_???"], {"webhook-id": "m", "webhook-timestamp": "1", ' +
      '"webhook-signature": "v1,x"}, b"{}", now=1)',
  ]);
  expect(code).toBe(1);
  expect(err).toContain('ValueError: A webhook secret is whsec_ and base64 after it.');
});
