/** Pairing links against those that hold none, an old one, or a part of one: nothing is learnt or started. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linksPort } from '../../../src/app/links.ts';
import { maxStarts, type Outcome, visitMs } from '../../../src/links/link.ts';
import type { PairingOrder } from '../../../src/links/links.ts';
import { type Links, openLinks } from '../../../src/links/links.ts';
import { at, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

const keys = limitedKeys({
  admin: { scopes: ['admin'], orgs: '*' },
  other: { scopes: ['sessions:pair'], orgs: ['beta'] },
});
const pairing = { id: 'pair-1', method: 'qr', expiresAt: at + 180_000 } as const;
let harness: Harness;
let links: Links;
let clock: number;
let stored: string | undefined;
let started: { org: string; order: PairingOrder }[];
let cancelled: string[];
let ended: Outcome[];
const open = () =>
  openLinks({
    read: async () => (stored === undefined ? undefined : Buffer.from(stored)),
    write: async (text) => void (stored = text),
    now: () => clock,
    view: (org) => harness.sessions.get(org),
    pair: async (org, order) => {
      started.push({ org, order });
      harness.sessions.set(org, viewOf(org, { state: 'pairing', liveness: null, pairing }));
      return { ok: true, pairingId: pairing.id };
    },
    cancel: async (org) => void cancelled.push(org),
    onEnd: (_, outcome) => void ended.push(outcome),
  });
beforeEach(async () => {
  [clock, stored, started, cancelled, ended] = [at, undefined, [], [], []];
  links = await open();
  const port = linksPort(links, 'https://vigia.example/', () => '');
  harness = await startHarness({
    keys,
    links: port,
    linkFrameAncestors: ['https://panel.example'],
    now: () => clock,
  });
  harness.stub.pairings.set('acme', {
    status: 'qr',
    pairingId: pairing.id,
    qr: 'the secret of the QR',
    attempt: 1,
    expiresAt: at + 20_000,
  });
});
afterEach(async () => {
  await links.close();
  await harness.stop();
});
const make = async (over: object = {}) => {
  const client = await harness.initialized('admin');
  const { link, url } = await client.request('pairing.createLink', { orgId: 'acme', ...over });
  return { linkId: link.linkId as string, token: String(url).split('#')[1] ?? '', url: String(url), client };
};
const ask = async (path: 'state' | 'start', body: object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${harness.server.url}/v1/link/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  return { status: response.status, body: (await response.json()) as any };
};
const begin = async (token: string) => {
  const { body } = await ask('state', { token });
  return ask('start', { token, visit: body.visit, method: 'qr' });
};

describe('a pairing link', () => {
  it('opens the pairing of its organization without a key, and shows its QR', async () => {
    const { token, url } = await make({ name: 'Óptica Luz', language: 'es' });
    expect(url).toMatch(/^https:\/\/vigia\.example\/link#[\w-]{43}$/);
    const first = await ask('state', { token });
    expect(first.body).toMatchObject({
      status: 'open',
      name: 'Óptica Luz',
      startsLeft: maxStarts,
      attempt: null,
    });
    const own = await ask('start', { token, visit: first.body.visit, method: 'qr' });
    expect(own.body.attempt).toMatchObject({ phase: 'waiting', qr: { svg: expect.stringMatching(/^<svg/) } });
    expect(started).toEqual([{ org: 'acme', order: { method: 'qr', phoneNumber: undefined } }]);
  });
  it('stores, lists and logs no token', async () => {
    const { token, client } = await make();
    await begin(token);
    for (const text of [
      stored,
      JSON.stringify(await client.request('pairing.links')),
      JSON.stringify(harness.logged),
    ])
      expect(text).not.toContain(token);
  });
  it('ends when the phone is linked and connected, and an event informs the backend', async () => {
    const { token, client } = await make();
    await begin(token);
    links.onPairing('acme', { status: 'completed', pairingId: pairing.id, reason: null });
    await links.onSession(viewOf('acme'));
    expect(ended).toEqual(['completed']);
    expect((await client.request('pairing.links')).items).toMatchObject([{ status: 'completed', starts: 1 }]);
  });
  it('stays open after a wrong number, so that the customer begins again', async () => {
    const { token } = await make();
    const { body } = await begin(token);
    links.onPairing('acme', { status: 'failed', pairingId: pairing.id, reason: 'wrong_account' });
    const state = await ask('state', { token, visit: body.visit });
    expect(state.body).toMatchObject({
      status: 'open',
      attempt: { phase: 'failed', reason: 'wrong_account' },
    });
    expect(ended).toEqual([]);
  });
  it('survives a restart with its starts, and so does its end', async () => {
    const { token, linkId } = await make();
    await begin(token);
    await links.close();
    links = await open();
    expect(await links.enter(token, undefined)).toMatchObject({ kind: 'open', link: { starts: 1 } });
    await links.revoke(linkId);
    links = await open();
    expect(await links.enter(token, undefined)).toMatchObject({
      kind: 'ended',
      link: { outcome: 'revoked' },
    });
  });
});

describe('an attack on a pairing link', () => {
  const nothingStarted = () => expect(started).toEqual([]);
  it('that guesses is refused with the same sentence, and has to wait after ten guesses', async () => {
    const { token } = await make();
    for (let n = 0; n < 10; n += 1) {
      const guess = `guess${n}${token.slice(6)}`;
      expect(await ask('state', { token: guess })).toMatchObject({
        status: 404,
        body: { error: { code: 'link_unknown' } },
      });
    }
    expect((await ask('start', { token: 'x'.repeat(43), visit: 'v', method: 'qr' })).status).toBe(429);
    expect((await ask('state', { token })).status).toBe(200); // a right link is no guess
    nothingStarted();
  });
  it('that sends no token, too much, or another type is refused', async () => {
    const { token } = await make();
    for (const body of [{}, { token: 7 }, { token, visit: 'v', more: 1 }, { token: '__proto__' }])
      expect((await ask('state', body)).status, JSON.stringify(body)).toBe(400);
    expect((await ask('state', { token, visit: 'x'.repeat(5_000) })).status).toBe(413);
    expect((await ask('state', { token }, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await ask('state', { token }, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask('start', { token, visit: 'v', method: 'code' })).status).toBe(400);
    expect((await ask('start', { token, visit: 'v', method: 'qr', phoneNumber: '34600111222' })).status).toBe(
      400,
    );
    nothingStarted();
  });
  it('with an expired, a revoked or a completed one starts nothing', async () => {
    const { token, linkId, client } = await make({ expiresInSeconds: 60 });
    const revoked = await make();
    await client.request('pairing.revokeLink', { linkId: revoked.linkId });
    clock += 60_000;
    for (const [ended, outcome] of [
      [token, 'expired'],
      [revoked.token, 'revoked'],
    ] as const) {
      const { status, body } = await begin(ended);
      expect([status, body.status, body.attempt]).toEqual([200, outcome, null]);
    }
    expect(await client.request('pairing.revokeLink', { linkId })).toMatchObject({ changed: false });
    nothingStarted();
    clock += 8 * 86_400_000;
    expect((await ask('state', { token })).status).toBe(404); // forgotten after a week
  });
  it('that revokes or outlives a running pairing ends this pairing too', async () => {
    const { token, linkId, client } = await make();
    const { body } = await begin(token);
    await client.request('pairing.revokeLink', { linkId });
    expect([cancelled, ended]).toEqual([['acme'], ['revoked']]);
    const after = await ask('state', { token, visit: body.visit });
    expect(after.body.attempt).toEqual({ phase: 'waiting', reason: null }); // no QR
  });
  it('from a second page is refused while the first is open', async () => {
    const { token } = await make();
    const first = await ask('state', { token });
    for (const visit of [undefined, 'visit_guessed'])
      expect(await ask('state', { token, visit })).toMatchObject({
        status: 409,
        body: { error: { code: 'link_in_use' } },
      });
    expect((await ask('start', { token, visit: 'visit_guessed', method: 'qr' })).status).toBe(409);
    nothingStarted();
    expect((await ask('state', { token, visit: first.body.visit })).status).toBe(200);
    clock += visitMs;
    expect((await ask('state', { token })).status).toBe(200);
  });
  it('that starts 100 times starts ten pairings, and ends the link', async () => {
    const { token } = await make();
    const { body } = await ask('state', { token });
    const statuses = await Promise.all(
      Array.from({ length: 100 }, () => ask('start', { token, visit: body.visit, method: 'qr' })),
    );
    expect(started).toHaveLength(maxStarts);
    expect(statuses.at(-1)?.body.status).toBe('used_up');
    expect(ended).toEqual(['used_up']);
  });
  it('with a key of another organization neither sees, makes nor ends it', async () => {
    const { linkId } = await make();
    const other = await harness.initialized('other');
    expect((await other.fails('pairing.createLink', { orgId: 'acme' })).data.reason).toBe('not_found');
    expect((await other.request('pairing.links')).items).toEqual([]);
    expect((await other.fails('pairing.links', { orgId: 'acme' })).data.reason).toBe('not_found');
    expect((await other.fails('pairing.revokeLink', { linkId })).data.reason).toBe('not_found');
    expect(ended).toEqual([]);
  });
  it('in a frame of a foreign site is refused by the policy of the page', async () => {
    const policyOf = async (path: string) =>
      (await fetch(`${harness.server.url}${path}`)).headers.get('content-security-policy') ?? '';
    expect(await policyOf('/link')).toContain('frame-ancestors https://panel.example');
    expect(await policyOf('/')).toContain("frame-ancestors 'none'");
  });
  it('that makes links without end is bounded by organization', async () => {
    const { client } = await make();
    for (let n = 1; n < 20; n += 1) await client.request('pairing.createLink', { orgId: 'acme' });
    expect((await client.fails('pairing.createLink', { orgId: 'acme' })).data.reason).toBe('limit_exceeded');
    expect((await client.request('pairing.createLink', { orgId: 'beta' })).link.status).toBe('open');
  });
});
