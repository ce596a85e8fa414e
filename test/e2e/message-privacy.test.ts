/** Planted words in everything that a message carries: they reach the other end, and no other place. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type End, openTwoEnds } from '../support/messaging.ts';
import { apiKey } from '../support/program.ts';
import { until } from '../support/until.ts';

let ends: Awaited<ReturnType<typeof openTwoEnds>>;
beforeAll(async () => {
  ends = await openTwoEnds();
});
afterAll(() => ends.close());

const planted = /planted[- ]?\w*/gi;
const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Planted-Name\nEND:VCARD';
const contents = [
  { type: 'text', text: { body: 'planted-text' } },
  {
    type: 'location',
    location: { latitude: 1, longitude: 2, name: 'planted-place', address: 'planted-street' },
  },
  { type: 'contacts', contacts: { items: [{ name: 'planted-contact', vcard }] } },
];
const get = async (end: End, path: string): Promise<string> =>
  (
    await fetch(`${await end.program.url()}${path}`, { headers: { authorization: `Bearer ${apiKey}` } })
  ).text();
const answersOf = async (end: End): Promise<string> => {
  const orgId = end.org;
  const answers = [
    await end.call('session.history', { orgId }),
    await end.call('session.explain', { orgId }),
    await end.call('alert.list', {}),
    await end.call('webhook.deliveries', { limit: 100 }),
    await end.call('message.list', { orgId }),
    await end.call('message.counts', { orgId }),
    await end.call('server.settings', {}),
  ];
  return JSON.stringify(answers) + (await get(end, '/metrics'));
};

it('leaves no word of a message in logs, lists, metrics, history or the output of a crash', async () => {
  const { acme, beta } = ends;
  for (const [n, content] of contents.entries()) {
    const { status } = await acme.call('message.send', {
      ...{ orgId: 'acme', to: beta.phone, idempotencyKey: `planted-key-${n}` },
      ...content,
    });
    expect(status).toBe(200);
  }
  const wrong = await acme.call('message.send', {
    ...{ orgId: 'acme', to: beta.phone, idempotencyKey: 'k', type: 'text' },
    text: { body: 'planted-text', preview: 'planted-preview' },
  });
  expect(wrong.status).toBe(400);
  await until('all to arrive', () => beta.posted('message.received').length >= contents.length);
  expect(JSON.stringify(beta.posted('message.received'))).toMatch(planted); // so the search finds it

  for (const end of [acme, beta]) {
    expect((await answersOf(end)).match(planted) ?? []).toEqual([]);
    process.kill(end.program.pid, 'SIGABRT'); // the system’s own end of a crash
    await end.program.ends();
    expect(end.program.output.match(planted) ?? []).toEqual([]);
    expect(end.program.output).not.toMatch(/privKey|PRIVATE KEY/);
    expect(end.program.output).not.toContain(end === acme ? beta.phone : acme.phone);
  }
});
