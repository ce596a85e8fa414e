/** The effect of a changed key on connected clients. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Keys, openKeys } from '../../../src/keys/accepted-keys.ts';
import { createKey, type KeyRequest, revokeKey } from '../../../src/keys/administer.ts';
import type { Client } from '../client.ts';
import { type Harness, memoryKeys, startHarness, viewOf } from '../harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

/** A harness whose keys are stored, as a file that the test changes as another process would. */
const start = async () => {
  const { file, store } = memoryKeys();
  const opened = await openKeys(store);
  if (!opened.ok) throw new Error(opened.message);
  const { keys } = opened;
  harness = await startHarness({ keys });
  const make = async (over: Partial<KeyRequest> = {}) => {
    const made = await createKey(
      store,
      { name: 'k', scopes: ['sessions:read'], orgs: '*', ...over },
      Date.now(),
    );
    if (!made.ok) throw new Error(made.message);
    await keys.refresh();
    return made;
  };
  const revoke = async (keyId: string) => {
    expect(await revokeKey(store, keyId, Date.now())).toMatchObject({ changed: true });
    await keys.refresh();
  };
  return { file, store, keys, make, revoke };
};
const change = (org: string) =>
  harness.feed.publish({
    type: 'session.updated',
    org,
    view: viewOf(org),
    previousState: null,
    cause: 'x',
    durable: true,
  });
const subscribed = async (key: string): Promise<Client> => {
  const client = await harness.initialized(key);
  await client.request('subscribe', { topics: ['sessions'] });
  return client;
};
const edit = async (
  keys: Keys,
  file: { text: string | undefined },
  change: (key: Record<string, unknown>) => object,
) => {
  const stored = JSON.parse(file.text ?? '');
  file.text = JSON.stringify({ ...stored, keys: stored.keys.map(change) });
  return keys.refresh();
};

describe('a key changed by another process', () => {
  it('is accepted without a restart when it is new', async () => {
    const { make } = await start();
    await (await harness.initialized((await make()).key)).caughtUp();
  });
  it('closes its connections with 4401 at once when it is revoked, and other connections stay', async () => {
    const { make, revoke } = await start();
    const [first, second] = [await make(), await make()];
    const headers = { authorization: `Bearer ${first.key}` };
    const byHeader = await harness.connect({ headers }).open();
    const [open, other] = [await subscribed(first.key), await subscribed(second.key)];
    await byHeader.request('initialize', { protocolVersion: '1.0', client: { name: 't', version: '1' } });
    await revoke(first.keyId);
    change('acme');
    expect(await Promise.all([open.closed, byHeader.closed])).toEqual([4401, 4401]);
    expect(open.events).toEqual([]);
    await other.caughtUp();
    expect(other.events).toMatchObject([{ orgId: 'acme' }]);
    expect((await harness.connect({ headers }).refused).status).toBe(401);
  });
  it('is refused in initialize when it was revoked after the upgrade', async () => {
    const { make, revoke } = await start();
    const { keyId, key } = await make();
    const client = await harness.connect({ headers: { authorization: `Bearer ${key}` } }).open();
    await revoke(keyId);
    const error = await client.fails('initialize', {
      protocolVersion: '1.0',
      client: { name: 't', version: '1' },
    });
    expect(error.data.reason).toBe('unauthenticated');
    expect(await client.closed).toBe(4401);
  });
  it('sees and may do less from the next event and request on when it is narrowed', async () => {
    const { make, keys, file } = await start();
    const client = await subscribed((await make()).key);
    await edit(keys, file, (key) => ({ ...key, orgs: ['beta'] }));
    for (const org of ['acme', 'beta']) change(org);
    expect((await client.request('session.list')).items.map(({ orgId }: { orgId: string }) => orgId)).toEqual(
      ['beta'],
    );
    expect(client.events.map(({ orgId }) => orgId)).toEqual(['beta']);
    await edit(keys, file, (key) => ({ ...key, scopes: ['sessions:pair'] }));
    change('beta');
    expect((await client.fails('session.list')).data.reason).toBe('forbidden');
    expect(client.events.length).toBe(1);
  });
  it('closes its connections when it is replaced under the same id, or removed from the file', async () => {
    const { make, keys, file } = await start();
    const [first, second] = [await make(), await make()];
    const clients = [await subscribed(first.key), await subscribed(second.key)];
    await edit(keys, file, (key) =>
      key['keyId'] === first.keyId ? { ...key, sha256: '0'.repeat(64) } : key,
    );
    expect(await clients[0]?.closed).toBe(4401);
    file.text = JSON.stringify({ version: 1, keys: [] });
    await keys.refresh();
    expect(await clients[1]?.closed).toBe(4401);
  });
});

describe('a file of keys', () => {
  it.each(['', '{', '{"version":2,"keys":[]}', undefined])(
    'that becomes %j leaves the known keys in force',
    async (text) => {
      const { make, keys, file } = await start();
      const { key } = await make();
      const client = await subscribed(key);
      const good = file.text;
      file.text = text;
      expect(await keys.refresh()).toBe(false);
      await client.caughtUp();
      await (await harness.initialized(key)).caughtUp();
      file.text = good;
      expect(await keys.refresh()).toBe(true);
    },
  );
});

describe('a key that expires', () => {
  it('closes its connections with 4401 at that moment', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const { make } = await start();
      const lifetimeMs = 12 * 3_600_000; // less than a connection may last
      const [brief, long] = [
        await make({ expiresAt: new Date(Date.now() + lifetimeMs).toISOString() }),
        await make(),
      ];
      const [client, other] = [await subscribed(brief.key), await subscribed(long.key)];
      await vi.advanceTimersByTimeAsync(lifetimeMs - 60_000);
      await client.caughtUp(); // polling turns this clock a little too
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await client.closed).toBe(4401);
      await other.caughtUp();
    } finally {
      vi.useRealTimers();
    }
  });
  it('later than the longest timer of Node notifies at its time, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const { make, keys } = await start();
      const lifetimeMs = 40 * 86_400_000;
      const { key } = await make({ expiresAt: new Date(Date.now() + lifetimeMs).toISOString() });
      const pass = keys.authenticate(key);
      const reported: boolean[] = [];
      keys.onChange(() => reported.push(pass?.principal() !== undefined));
      await vi.advanceTimersByTimeAsync(lifetimeMs - 1);
      expect(reported.filter((isGood) => !isGood)).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(reported.at(-1)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});
