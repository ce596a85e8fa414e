/** Keys that a key makes: never more than it has itself. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeys } from '../../../src/keys/accepted-keys.ts';
import { administrationOf } from '../../../src/keys/administration.ts';
import { maxStoredKeys } from '../../../src/keys/key-format.ts';
import type { Client } from '../client.ts';
import { adminKey, type Harness, memoryKeys, startHarness } from '../harness.ts';

const hour = 3_600_000;
let harness: Harness;
let admin: Client;
let file: ReturnType<typeof memoryKeys>['file'];
let clock: number;
beforeEach(async () => {
  clock = Date.now();
  const memory = memoryKeys();
  file = memory.file;
  const now = () => clock;
  const opened = await openKeys(memory.store, { apiKey: adminKey, now });
  if (!opened.ok) throw new Error(opened.message);
  const { keys } = opened;
  harness = await startHarness({ keys, now, keyAdministration: administrationOf(memory.store, keys, now) });
  admin = await harness.initialized(adminKey);
});
afterEach(() => harness.stop());
const order = (over: object = {}) => ({
  name: 'page',
  scopes: ['sessions:read', 'keys:write'],
  orgs: ['acme'],
  expiresInSeconds: 3_600,
  ...over,
});

describe('key.create', () => {
  it('makes a key that works at once, with its scopes and organizations, until it expires', async () => {
    const { key, keyId, expiresAt } = await admin.request('key.create', order());
    expect(expiresAt).toBe(new Date(clock + hour).toISOString());
    const page = await harness.initialized(key);
    expect((await page.request('session.list')).items.map(({ orgId }: { orgId: string }) => orgId)).toEqual([
      'acme',
    ]);
    expect((await page.fails('session.stop', { orgId: 'acme' })).data.reason).toBe('forbidden');
    expect(page.frames[0].result.principal).toMatchObject({ keyId, expiresAt, orgs: ['acme'] });
    clock += hour;
    await page.send(JSON.stringify({ jsonrpc: '2.0', id: 'late', method: 'session.list' }));
    expect(await page.closed).toBe(4401);
  });
  it('stores and lists no clear key', async () => {
    const { key } = await admin.request('key.create', order());
    expect(file.text).not.toContain(key);
    expect(JSON.stringify(await admin.request('key.list'))).not.toContain(key);
    expect(JSON.stringify(harness.logged)).not.toContain(key);
  });
  it('gives no scope, no organization and no time that the calling key lacks', async () => {
    const { key } = await admin.request('key.create', order());
    const page = await harness.initialized(key);
    for (const over of [
      { scopes: ['sessions:pair'] },
      { scopes: ['admin'] },
      { orgs: '*' },
      { orgs: ['beta'] },
      { orgs: ['acme', 'beta'] },
      { expiresInSeconds: 3_601 },
    ])
      expect((await page.fails('key.create', order(over))).data.reason, JSON.stringify(over)).toBe(
        'forbidden',
      );
    const { expiresInSeconds: _, ...endless } = order();
    expect((await page.request('key.create', endless)).expiresAt).toBe(new Date(clock + hour).toISOString());
    expect((await page.request('key.create', order({ expiresInSeconds: 60 }))).key).toMatch(/^vigia_/);
  });
  it('lets an admin of some organizations give every scope for these alone', async () => {
    const { key } = await admin.request('key.create', order({ scopes: ['admin'] }));
    const limited = await harness.initialized(key);
    expect(
      (await limited.request('key.create', order({ scopes: ['admin', 'sessions:logout'] }))).keyId,
    ).toMatch(/./);
    expect((await limited.fails('key.create', order({ orgs: '*' }))).data.reason).toBe('forbidden');
  });
  it('needs the scope keys:write', async () => {
    const { key } = await admin.request('key.create', order({ scopes: ['sessions:read'] }));
    const reader = await harness.initialized(key);
    for (const [method, params] of [
      ['key.create', order()],
      ['key.list', {}],
      ['key.revoke', { keyId: 'abc' }],
    ] as const)
      expect((await reader.fails(method, params)).data).toMatchObject({
        reason: 'forbidden',
        scope: 'keys:write',
      });
  });
  it('names what is wrong with the params', async () => {
    for (const over of [
      { name: '' },
      { name: '\u001b[2J' },
      { scopes: [] },
      { scopes: ['all'] },
      { orgs: [] },
    ])
      expect((await admin.fails('key.create', order(over))).data.reason).toBe('invalid_params');
    expect((await admin.fails('key.create', order({ expiresInSeconds: 0 }))).data.reason).toBe(
      'invalid_params',
    );
  });
  it('replaces the oldest key that has ended when the file is full, and never an active one', async () => {
    const stored = (n: number, over: object) => ({
      keyId: `k${n}`,
      sha256: '0'.repeat(64),
      name: 'x',
      scopes: ['sessions:read'],
      orgs: '*',
      createdAt: new Date(clock).toISOString(),
      ...over,
    });
    const active = Array.from({ length: maxStoredKeys - 1 }, (_, n) => stored(n, {}));
    const ended = stored(maxStoredKeys, { expiresAt: new Date(clock - 1).toISOString() });
    file.text = JSON.stringify({ version: 1, keys: [...active, ended] });
    await admin.request('key.create', order());
    expect(file.text).not.toContain(`"k${maxStoredKeys}"`);
    expect((await admin.fails('key.create', order())).data.reason).toBe('limit_exceeded');
  });
});

describe('key.list and key.revoke', () => {
  it('list the newest first in pages, with the maker and the status', async () => {
    const first = await admin.request('key.create', order());
    clock += 1_000;
    const second = await admin.request('key.create', order());
    const page = await admin.request('key.list', { limit: 1 });
    expect(page.items).toMatchObject([{ keyId: second.keyId, createdBy: 'env', status: 'active' }]);
    expect(await admin.request('key.list', { cursor: page.nextCursor })).toMatchObject({
      items: [{ keyId: first.keyId }],
      nextCursor: null,
    });
  });
  it('end a key with all keys that it made, and their connections', async () => {
    const parent = await admin.request('key.create', order());
    const child = await (await harness.initialized(parent.key)).request('key.create', order());
    const grandchild = await (await harness.initialized(child.key)).request('key.create', order());
    const other = await admin.request('key.create', order());
    const page = await harness.initialized(grandchild.key);
    expect(await admin.request('key.revoke', { keyId: parent.keyId })).toMatchObject({ changed: true });
    expect(await page.closed).toBe(4401);
    expect(await admin.request('key.revoke', { keyId: child.keyId })).toMatchObject({ changed: false });
    const { items } = await admin.request('key.list');
    const active = items.filter(({ status }: { status: string }) => status === 'active');
    expect(active).toMatchObject([{ keyId: other.keyId }]);
  });
  it('show and end only keys that the calling key could have made', async () => {
    const wide = await admin.request('key.create', order({ orgs: '*' }));
    const strong = await admin.request('key.create', order({ scopes: ['sessions:logout'] }));
    const own = await admin.request('key.create', order());
    const page = await harness.initialized(own.key);
    expect((await page.request('key.list')).items).toMatchObject([{ keyId: own.keyId }]);
    for (const { keyId } of [wide, strong, { keyId: 'nothing' }])
      expect((await page.fails('key.revoke', { keyId })).data.reason).toBe('not_found');
    expect((await page.fails('key.revoke', { keyId: wide.key.slice(0, 64) })).message).not.toContain(
      'vigia_',
    );
    expect(await page.request('key.revoke', { keyId: own.keyId })).toEqual({
      keyId: own.keyId,
      changed: true,
    });
    expect(await page.closed).toBe(4401);
  });
  it('answer unavailable, with a sentence, when the stored keys cannot be read', async () => {
    file.text = '{"version":1,';
    for (const [method, params] of [
      ['key.create', order()],
      ['key.list', {}],
      ['key.revoke', { keyId: 'abc' }],
    ] as const)
      expect((await admin.fails(method, params)).data.reason).toBe('unavailable');
  });
});
