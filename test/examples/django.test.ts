/** The example for a Django backend, with the built program and the fake WhatsApp server. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageOfReason } from '../../src/protocol/reasons.ts';
import { apiKey, type Program, ProgramHarness } from '../support/program.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { python, whyNoPython } from './python.ts';

const why = whyNoPython();
let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
let program: Program;
const seed = (org: string, n: number) =>
  seedCredentials(harness.org(org), { phone: fictionalPhone(n), device: 1, name: `Org ${org}` });
beforeEach(async ({ skip }) => {
  if (why !== undefined) return skip(why);
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
  await mkdir(harness.root, { recursive: true });
  await writeFile(join(harness.root, '../key'), `${apiKey}\n`, { mode: 0o600 });
});
afterEach(async () => {
  if (why !== undefined) return;
  await harness.close();
  await whatsapp.close();
});
const envOf = async () => ({
  VIGIA_URL: await program.url(),
  VIGIA_KEY_FILE: join(harness.root, '../key'),
  CONNECTIONS_DB: join(harness.root, '../connections.sqlite3'),
});
const connections = async (...args: string[]) => python(['connections.py', ...args], { env: await envOf() });
const preamble =
  'import json, os, sys\nimport connections as c\nfrom vigia import Vigia\nt = ' +
  'c.connect(os.environ["CONNECTIONS_DB"])\n';
const inTable = async (code: string, input: object = {}) => {
  const { out, err } = await python(['-c', preamble + code], {
    env: await envOf(),
    input: JSON.stringify(input),
  });
  expect(err).toBe('');
  return out.trim();
};
/** An HTTP server on a free port; `close` stops it. */
const listening = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(resolve)) };
};

it('sync updates the table, restore is accepted, and explain gives the reason of a failure', async () => {
  for (const n of [2, 4, 5, 6]) await seed(String(n), n);
  program = harness.start();
  const client = await harness.client(program);
  for (const org of ['2', '4', '5', '6']) await client.reaches(org, 'connected');
  whatsapp.revoke(fictionalPhone(4));
  await client.reaches('4', 'failed(revoked)');
  await client.call('session.stop', { orgId: '5' });

  const first = await connections('sync');
  const account = (n: number) => `${fictionalPhone(n)}:1@s.whatsapp.net`;
  expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
  expect(first.out.trim().split('\n')).toEqual([
    '4 sessions',
    `2\tconnected\t-\t${account(2)}`,
    `4\tfailed\trevoked\t${account(4)}`,
    `5\tidle\t-\t${account(5)}`,
    `6\tconnected\t-\t${account(6)}`,
  ]);
  const paged =
    'v = Vigia(os.environ["VIGIA_URL"], open(os.environ["VIGIA_KEY_FILE"]).read())\nprint(*[s["orgId"] ' +
    'for s in v.sessions(page_size=1)])';
  expect(await inTable(paged)).toBe('2 4 5 6');
  expect(
    await inTable(
      'print(*[r[0] for r in t.execute("SELECT org_id FROM whatsapp_connection WHERE needs_person")])',
    ),
  ).toBe('4');

  expect((await connections('restore', '5')).out).toMatch(/^(restoring|connected)\n$/);
  await client.reaches('5', 'connected');
  expect(await connections('restore', '4')).toMatchObject({
    code: 1,
    err: `invalid_state: Cannot restore "4". ${messageOfReason('revoked')}\n`,
  });
  expect(await connections('restore', 'nobody')).toMatchObject({
    code: 1,
    err: 'not_found: There is no organization "nobody" here.\n',
  });
  expect((await connections('explain', '4')).out).toMatch(
    /^"4" has failed .*WhatsApp unlinked this device.* You can .*pair it with the phone/,
  );

  await client.call('session.logout', { orgId: '6' });
  expect((await connections('sync')).out.trim().split('\n')).toEqual([
    '3 sessions',
    `2\tconnected\t-\t${account(2)}`,
    `4\tfailed\trevoked\t${account(4)}`,
    `5\tconnected\t-\t${account(5)}`,
    `6\tgone\t-\t${account(6)}`,
  ]);
});

it('webhooks are applied in any order, and also twice', async () => {
  await seed('2', 2);
  program = harness.start();
  const client = await harness.client(program);
  const session = await client.reaches('2', 'connected');
  const event = (type: string, revision: number, state = '') => ({
    type,
    orgId: '2',
    data: { session: { ...session, revision, state }, revision },
  });
  const apply =
    'for e in json.load(sys.stdin)["events"]: c.apply_webhook(t, e)\nprint(*t.execute("SELECT state, ' +
    'revision FROM whatsapp_connection").fetchone())';
  const tell = (...events: object[]) => inTable(apply, { events });
  expect(await tell(event('session.created', 1, 'restoring'))).toBe('restoring 1');
  expect(await tell(event('session.updated', 7, 'retrying'), event('session.updated', 5, 'connected'))).toBe(
    'retrying 7',
  );
  expect(await tell(event('session.updated', 9, 'connected'), event('session.updated', 9, 'connected'))).toBe(
    'connected 9',
  );
  expect(await tell({ type: 'something.new', orgId: '2', data: {} })).toBe('connected 9');
  expect(await tell(event('session.removed', 8))).toBe('connected 9'); // overtaken
  expect(await tell(event('session.removed', 10), event('session.updated', 9, 'connected'))).toBe('gone 10');
  // paired again: it counts from the beginning
  expect(await tell(event('session.created', 1, 'pairing'))).toBe('pairing 1');
});

it('a wrong key or a missing server leads to a message without the key', async () => {
  program = harness.start();
  const env = await envOf();
  await writeFile(env.VIGIA_KEY_FILE, 'a-wrong-key-0123456789');
  const wrong = await connections('sync');
  expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/^unauthenticated: .+\.\n$/) });
  const gone = await listening((_, response) => response.end());
  await gone.close();
  const nobody = await python(['connections.py', 'sync'], { env: { ...env, VIGIA_URL: gone.url } });
  expect(nobody).toMatchObject({ code: 3, err: expect.stringMatching(/^Vigía cannot be reached at .+\n$/) });
  expect(wrong.err + nobody.err).not.toContain('a-wrong-key');
  expect(await python(['connections.py', 'what'], { env })).toMatchObject({ code: 2 });
});

it('a redirect is not followed, so the key is not sent to another server', async () => {
  program = harness.start();
  const asked: string[] = [];
  const elsewhere = await listening((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? ''}`);
    response.writeHead(307, { location: '/stolen' }).end();
  });
  const { code, err } = await python(['connections.py', 'sync'], {
    env: { ...(await envOf()), VIGIA_URL: elsewhere.url },
  });
  await elsewhere.close();
  expect({ code, err }).toEqual({ code: 3, err: 'Something that is not Vigía answered with HTTP 307.\n' });
  expect(asked).toEqual([`/v1/rpc Bearer ${apiKey}`]);
});
