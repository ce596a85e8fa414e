/** The running pairing over HTTP: as JSON, as a picture, and as text. */
import { encode } from 'uqr';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PairingUpdate } from '../../../machines/domain/view.ts';
import { adminKey, at, type Harness, limitedKeys, startHarness, viewOf } from '../harness.ts';

const pairing = { id: 'pair-1', method: 'qr', expiresAt: at + 180_000 } as const;
const shown: PairingUpdate = {
  status: 'qr',
  pairingId: 'pair-1',
  qr: '2@reference,noise,identity,secret',
  attempt: 2,
  expiresAt: at + 19_500,
};
const paired = viewOf('ana@optica.es', { state: 'pairing', liveness: null, pairing });
const keys = limitedKeys({
  admin: { scopes: ['admin'], orgs: '*' },
  reader: { scopes: ['sessions:read'], orgs: '*' },
  acme: { scopes: ['sessions:pair'], orgs: ['acme'] },
});
let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ keys }, [viewOf('acme'), paired]);
});
afterEach(() => harness.stop());
const get = async (path: string, { key = 'admin', ...headers }: Record<string, string> = {}) => {
  const response = await fetch(`${harness.server.url}/v1/pairing/${path}`, {
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const org = encodeURIComponent('ana@optica.es');
const refusal = (text: string) => JSON.parse(text).error as { code: string; message: string };

describe('session.pairing', () => {
  const ask = async () =>
    (await harness.initialized('admin')).request('session.pairing', { orgId: paired.org });
  it('shows the present QR with the end of the QR and of the pairing', async () => {
    harness.stub.pairings.set(paired.org, shown);
    expect((await ask()).pairing).toEqual({
      pairingId: 'pair-1',
      method: 'qr',
      expiresAt: '2026-11-24T03:43:00.000Z',
      qr: { text: shown.status === 'qr' && shown.qr, attempt: 2, expiresAt: '2026-11-24T03:40:19.500Z' },
      code: null,
    });
  });
  it('shows the present code', async () => {
    harness.stub.pairings.set(paired.org, {
      status: 'code',
      pairingId: 'pair-1',
      code: 'ABCD1234',
      expiresAt: at + 9_000,
    });
    expect((await ask()).pairing).toMatchObject({
      qr: null,
      code: { text: 'ABCD1234', expiresAt: '2026-11-24T03:40:09.000Z' },
    });
  });
  it('shows neither before the first one, nor the QR of an earlier pairing', async () => {
    expect((await ask()).pairing).toMatchObject({ qr: null, code: null });
    harness.stub.pairings.set(paired.org, { ...shown, pairingId: 'pair-0' });
    expect((await ask()).pairing).toMatchObject({ qr: null, code: null });
  });
  it('has no pairing where none runs, and needs the scope and the organization', async () => {
    const client = await harness.initialized('acme');
    expect(await client.request('session.pairing', { orgId: 'acme' })).toMatchObject({
      pairing: null,
      session: { orgId: 'acme', state: 'connected' },
    });
    expect((await client.fails('session.pairing', { orgId: paired.org })).data.reason).toBe('not_found');
    const reader = await harness.initialized('reader');
    expect((await reader.fails('session.pairing', { orgId: 'acme' })).data).toMatchObject({
      reason: 'forbidden',
      scope: 'sessions:pair',
    });
  });
});

describe('GET /v1/pairing/{orgId}/qr', () => {
  /** The dark modules of the picture, as a phone's camera would find them. */
  const darkOf = (svg: string): Set<string> => {
    const path = /<path d="([^"]+)"/.exec(svg)?.[1] ?? '';
    const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)].map((run) => run.slice(1).map(Number));
    return new Set(
      runs.flatMap(([x = 0, y = 0, length = 0]) => Array.from({ length }, (_, n) => `${x + n},${y}`)),
    );
  };
  it('qr.svg draws every module of the present QR with its quiet zone, and is never stored', async () => {
    harness.stub.pairings.set(paired.org, shown);
    const { status, headers, text } = await get(`${org}/qr.svg`);
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'no-store',
      'retry-after': '20',
      expires: 'Tue, 24 Nov 2026 03:40:19 GMT',
      'x-content-type-options': 'nosniff',
    });
    const { data, size } = encode(shown.status === 'qr' ? shown.qr : '', { border: 4, ecc: 'L' });
    const dark = data.flatMap((row, y) => row.flatMap((is, x) => (is ? [`${x},${y}`] : [])));
    expect(darkOf(text)).toEqual(new Set(dark));
    expect(text).toContain(`viewBox="0 0 ${size} ${size}"`);
  });
  it('qr.txt draws it in half blocks, and Accept chooses where the path has no ending', async () => {
    harness.stub.pairings.set(paired.org, shown);
    const { headers, text } = await get(`${org}/qr.txt`);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const lines = text.trimEnd().split('\n');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[0]).toMatch(/^█+$/);
    expect((await get(`${org}/qr`, { accept: 'text/plain' })).text).toBe(text);
    expect((await get(`${org}/qr`)).text).toMatch(/^<svg/);
  });
  it('answers 404 with a sentence where there is no QR, and says when to ask again', async () => {
    const early = await get(`${org}/qr.svg`);
    expect([early.status, early.headers.get('retry-after')]).toEqual([404, '1']);
    expect(refusal(early.text).message).toContain('no QR yet');
    const none = await get('acme/qr.svg');
    expect([none.status, refusal(none.text).message]).toEqual([
      404,
      '"acme" is not being paired. Start a pairing with session.pair.',
    ]);
    harness.sessions.set(
      'acme',
      viewOf('acme', { state: 'pairing', pairing: { ...pairing, method: 'code' } }),
    );
    expect(refusal((await get('acme/qr.svg')).text).message).toContain('code');
  });
  it('refuses without a key or its scope, for other organizations, and for no organization', async () => {
    harness.stub.pairings.set(paired.org, shown);
    const outcome = async (...asked: Parameters<typeof get>) => {
      const { status, text } = await get(...asked);
      expect(text).not.toContain('svg');
      return [status, refusal(text).code];
    };
    expect(await outcome(`${org}/qr.svg`, { key: '' })).toEqual([401, 'unauthenticated']);
    expect(await outcome(`${org}/qr.svg`, { key: 'wrong' })).toEqual([401, 'unauthenticated']);
    expect(await outcome(`${org}/qr.svg`, { key: 'reader' })).toEqual([403, 'forbidden']);
    expect(await outcome(`${org}/qr.svg`, { key: 'acme' })).toEqual([404, 'not_found']);
    expect(await outcome('nobody/qr.svg')).toEqual([404, 'not_found']);
    expect(await outcome('%2e%2e%2fetc/qr.svg')).toEqual([400, 'invalid_params']);
    expect(await outcome('%/qr.svg')).toEqual([404, 'not_found']);
    expect(await outcome(`${org}/qr.png`)).toEqual([404, 'not_found']);
    const posted = await fetch(`${harness.server.url}/v1/pairing/acme/qr.svg`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
  it('counts as a request of its key', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { maxRequestsPer10Seconds: 1, requestBurst: 1 } }, [paired]);
    harness.stub.pairings.set(paired.org, shown);
    expect((await get(`${org}/qr.svg`, { key: adminKey })).status).toBe(200);
    const refused = await get(`${org}/qr.svg`, { key: adminKey });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
