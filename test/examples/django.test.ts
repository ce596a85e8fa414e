/** The Django app of docs/examples, in real Django, with the built program and the fake WhatsApp server. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secret } from '../delivery/harness.ts';
import type { Client } from '../support/client.ts';
import { apiKey, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { djangoProject, djangoPython, python, whyNoDjango, whyNoPython } from './python.ts';
import { startListening } from './receiver-process.ts';

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let program: Program;
let client: Client;
let env: Record<string, string>;
let site: Awaited<ReturnType<typeof startListening>> | undefined;

/** An HTTP server on a free port; `close` stops it. */
const listening = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(resolve)) };
};
/** An address of loopback where nothing listens. */
const unused = async (): Promise<string> => {
  const server = await listening((_, response) => response.end());
  await server.close();
  return server.url;
};
const seed = (org: string, n: number) =>
  seedCredentials(harness.org(org), { phone: fictionalPhone(n), device: 1, name: `Org ${org}` });

const why = whyNoPython() ?? whyNoDjango();
const interpreter = djangoPython();
describe.skipIf(why !== undefined)(`the Django app${why === undefined ? '' : ` (${why})`}`, () => {
  const manage = (...args: string[]) =>
    python(['manage.py', ...args], { program: interpreter, cwd: djangoProject, env });
  interface Row {
    readonly org_id: string;
    readonly state: string;
    readonly action: string | null;
    readonly account: string | null;
    readonly revision: number;
  }
  const query = async (sql: string): Promise<unknown[][]> => {
    const code =
      'import json, os, sqlite3, sys\nprint(json.dumps(sqlite3.connect(os.environ["DATABASE"], ' +
      'isolation_level=None, timeout=30).execute(sys.argv[1]).fetchall()))';
    const { out, err } = await python(['-c', code, sql], { program: interpreter, env });
    expect(err).toBe('');
    return JSON.parse(out) as unknown[][];
  };
  const row = async (org: string) => {
    const columns = ['org_id', 'state', 'action', 'account', 'revision'] as const;
    const [found] = await query(`SELECT ${columns.join()} FROM whatsapp_connection WHERE org_id = '${org}'`);
    return found && (Object.fromEntries(columns.map((name, n) => [name, found[n]])) as unknown as Row);
  };
  const rowIs = (org: string, state: string) =>
    until(`the row of ${org} to be ${state}`, async () => {
      const found = await row(org);
      return found?.state === state && found;
    });

  beforeAll(async () => {
    harness = await ProgramHarness.at(await whatsapp.listen());
    const base = join(harness.root, '..');
    await mkdir(harness.root, { recursive: true });
    await writeFile(join(base, 'key'), `${apiKey}\n`, { mode: 0o600 });
    const address = await unused();
    program = harness.start({
      WEBHOOK_URL: `${address}/whatsapp/webhook`,
      WEBHOOK_SECRET: secret,
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
    });
    env = {
      VIGIA_URL: await program.url(),
      VIGIA_KEY_FILE: join(base, 'key'),
      VIGIA_WEBHOOK_SECRET: secret,
      DJANGO_SECRET_KEY: 'a key of these tests alone',
      DATABASE: join(base, 'db.sqlite3'),
      SITE_URL: address,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
    };
    expect(await manage('makemigrations', '--check', '--dry-run')).toMatchObject({ code: 0 });
    expect(await manage('migrate')).toMatchObject({ code: 0 });
    const command = [interpreter, 'manage.py', 'runserver', '--noreload', address.slice('http://'.length)];
    site = await startListening(command, { cwd: djangoProject, env });
    await until('Django to answer', () => fetch(address).catch(() => false));
    client = await harness.client(program);
  });
  afterAll(async () => {
    await harness.close();
    await Promise.all([site?.close(), whatsapp.close()]);
  });

  it('has a row for each reported session, and the command corrects what was lost', async () => {
    await seed('2', 2);
    await seed('4', 4);
    expect(await rowIs('2', 'connected')).toMatchObject({
      action: null,
      account: `${fictionalPhone(2)}:1@s.whatsapp.net`,
    });
    await rowIs('4', 'connected');
    whatsapp.revoke(fictionalPhone(4));
    expect(await rowIs('4', 'failed')).toMatchObject({ action: 'pair' });

    expect(await query("DELETE FROM whatsapp_connection WHERE org_id = '2'")).toEqual([]);
    expect(await manage('sync_whatsapp')).toMatchObject({ code: 0, out: '2 sessions\n', err: '' });
    expect(await row('2')).toMatchObject({ state: 'connected' });
  });

  it('drops an event that arrives again, and refuses a request that the secret did not sign', async () => {
    const { items } = (await client.call('webhook.deliveries', { status: 'delivered' })) as {
      items: { id: string }[];
    };
    const before = await query('SELECT count(*) FROM whatsapp_webhook');
    for (const { id } of items) await client.call('webhook.redeliver', { deliveryId: id });
    await until('the redeliveries', async () => {
      const waiting = (await client.call('webhook.deliveries', { status: 'pending' }))['items'] as unknown[];
      return waiting.length === 0;
    });
    expect(await query('SELECT count(*) FROM whatsapp_webhook')).toEqual(before);
    const refused = await fetch(`${env['SITE_URL']}/whatsapp/webhook`, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(400);
  });

  it('lets a customer link a phone on a page of its own, whose address a command prints', async () => {
    const { out } = await manage('pairing_address', 'luz');
    const address = out.trim();
    const first = await fetch(address);
    const [, token = ''] = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await first.text()) ?? [];
    const cookie = first.headers.getSetCookie().map((one) => one.split(';', 1)[0]);
    const started = await fetch(address, {
      method: 'POST',
      headers: { cookie: cookie.join('; ') },
      body: new URLSearchParams({ csrfmiddlewaretoken: token }),
    });
    expect(await started.text()).toContain('Scan this square.');
    const picture = await until('the picture', async () => {
      const answer = await fetch(`${address}qr.svg`);
      return answer.ok && answer;
    });
    expect(picture.headers.get('content-type')).toBe('image/svg+xml');
    expect(picture.headers.get('cache-control')).toContain('no-store');
    expect(await picture.text()).toMatch(/^<svg /);
    const { pairing } = (await client.call('session.pairing', { orgId: 'luz' })) as {
      pairing: { qr: { text: string } };
    };
    await whatsapp.scan(pairing.qr.text, { phone: fictionalPhone(6) });
    await rowIs('luz', 'connected');
    expect(await (await fetch(address)).text()).toContain('Your WhatsApp is linked.');
    expect((await fetch(`${address}qr.svg`)).status).toBe(404);
    expect((await fetch(address.replace('/pair/', '/pair/x'))).status).toBe(404);

    await client.call('session.logout', { orgId: 'luz' });
    await rowIs('luz', 'gone');
  });

  it('keeps the newer of two states, in whatever order they arrive', async () => {
    const session = await client.get('2');
    let sent = 0;
    const send = async (type: string, revision: number, state = '') => {
      const id = `evt_${(sent += 1)}`;
      const body = JSON.stringify({
        id,
        type,
        orgId: '9',
        data: { session: { ...session, orgId: '9', revision, state }, revision },
      });
      const at = new Date();
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(id, at, body),
      };
      const answer = await fetch(`${env['SITE_URL']}/whatsapp/webhook`, { method: 'POST', headers, body });
      expect(answer.status).toBe(204);
      const found = await row('9');
      return found && `${found.state} ${found.revision}`;
    };
    expect(await send('session.created', 1, 'restoring')).toBe('restoring 1');
    expect(await send('session.updated', 7, 'retrying')).toBe('retrying 7');
    expect(await send('session.updated', 5, 'connected')).toBe('retrying 7');
    expect(await send('something.new', 8, 'connected')).toBe('retrying 7');
    expect(await send('session.removed', 6)).toBe('retrying 7'); // overtaken
    expect(await send('session.removed', 10)).toBe('gone 10');
    expect(await send('session.updated', 9, 'connected')).toBe('gone 10');
    // paired again: it counts from the beginning
    expect(await send('session.created', 1, 'pairing')).toBe('pairing 1');
    expect(await manage('sync_whatsapp')).toMatchObject({ out: '2 sessions\n' });
    expect(await row('9')).toMatchObject({ state: 'gone' });
  });
});

describe.skipIf(whyNoPython() !== undefined)('the Python client', () => {
  const call = (url: string, key: string) =>
    python([
      '-c',
      'import sys, vigia\nprint(*[s["orgId"] for s in vigia.Vigia(*sys.argv[1:]).sessions(page_size=1)])',
      url,
      key,
    ]);
  it('reads all pages, and raises an error with a message for people and without the key', async () => {
    const fleet = new FakeWhatsApp();
    const own = await ProgramHarness.at(await fleet.listen());
    for (const n of [2, 4, 5])
      await seedCredentials(own.org(String(n)), { phone: fictionalPhone(n), device: 1, name: 'x' });
    const url = await own.start().url();
    await until('every organization', async () => (await call(url, apiKey)).out.trim() === '2 4 5');
    const wrong = await call(url, 'a-wrong-key-0123456789');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/vigia\.VigiaError: .+\.\n$/) });
    const nobody = await call(await unused(), 'a-wrong-key-0123456789');
    expect(nobody.err).toMatch(/vigia\.VigiaUnreachable: Vigía cannot be reached at .+\n$/);
    expect(wrong.err + nobody.err).not.toContain('a-wrong-key');
    await own.close();
    await fleet.close();
  });
  it('follows no redirect, so the key is not sent to another server', async () => {
    const asked: string[] = [];
    const elsewhere = await listening((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? ''}`);
      response.writeHead(307, { location: '/stolen' }).end();
    });
    const { err } = await call(elsewhere.url, apiKey);
    await elsewhere.close();
    expect(err).toMatch(/VigiaUnreachable: Something that is not Vigía answered with HTTP 307\.\n$/);
    expect(asked).toEqual([`/v1/session.list Bearer ${apiKey}`]);
  });
});
