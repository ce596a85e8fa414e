/** What a restart of healthy organizations sends to webhooks: nothing, unless something differs afterwards. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Receiver, secret } from '../delivery/harness.ts';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const organizations = 12;
const orgs = Array.from({ length: organizations }, (_, n) => `org-${n}`);
const whatsapp = new FakeWhatsApp();
const settled = new Receiver();
let harness: ProgramHarness;
let env: Record<string, string>;

beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  for (const [n, org] of orgs.entries())
    await seedCredentials(harness.org(org), { phone: fictionalPhone(n + 1), device: 1, name: org });
  env = {
    WEBHOOK_URL: await settled.listen(),
    WEBHOOK_SECRET: secret,
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
  };
});
afterAll(async () => {
  await harness.close();
  await Promise.all([whatsapp.close(), settled.close()]);
});

interface Posted {
  readonly type: string;
  readonly orgId: string;
  readonly data: { readonly session?: { readonly state: string }; readonly revision?: number };
}
const posted = ({ got }: Receiver) => got.map(({ body }) => JSON.parse(body) as Posted);
const start = async (wanted: readonly string[]): Promise<Program> => {
  const program = harness.start(env);
  const client = await harness.client(program);
  for (const org of wanted) await client.reaches(org, 'connected');
  return program;
};
/** The outbox is empty. */
const drained = async (program: Program): Promise<void> => {
  const client = await harness.client(program);
  await until('the outbox to be empty', async () => {
    const { items } = (await client.call('webhook.deliveries', { status: 'pending' })) as {
      items: unknown[];
    };
    return items.length === 0;
  });
};

it('sends one event for each new organization and one when it is connected, and nothing for restarts', async () => {
  const first = await start(orgs);
  await drained(first);
  const before = posted(settled);
  for (const org of orgs)
    expect(
      before.filter(({ orgId }) => orgId === org).map(({ type, data }) => `${type} ${data.session?.state}`),
    ).toEqual(['session.created restoring', 'session.updated connected']);
  expect(await first.stop()).toBe(0);

  const second = await start(orgs);
  await drained(second);
  await second.kill();
  const third = await start(orgs);
  await drained(third);
  expect(posted(settled).slice(before.length)).toEqual([]);
  expect(await third.stop()).toBe(0);
});

it('sends what differs after a restart: an organization that was removed meanwhile', async () => {
  const [gone = '', ...rest] = orgs;
  await rm(harness.org(gone), { recursive: true });
  const before = posted(settled).length;
  const program = await start(rest);
  await until('the removal', () => posted(settled).length > before);
  await drained(program);
  expect(posted(settled).slice(before)).toMatchObject([{ type: 'session.removed', orgId: gone }]);
  expect(await program.stop()).toBe(0);
});
