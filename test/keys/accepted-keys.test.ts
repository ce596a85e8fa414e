import { describe, expect, it } from 'vitest';
import { type Keys, openKeys } from '../../src/keys/accepted-keys.ts';
import { createKey, listKeys } from '../../src/keys/administer.ts';
import { memoryKeys } from '../control/harness.ts';

const now = Date.UTC(2026, 10, 24);
const store = (text?: string) => {
  const { file, store: port } = memoryKeys(text);
  return { state: file, port };
};
const opened = async (port: Parameters<typeof openKeys>[0], apiKey?: string): Promise<Keys> => {
  const result = await openKeys(port, { now: () => now, ...(apiKey !== undefined && { apiKey }) });
  if (!result.ok) throw new Error(result.message);
  return result.keys;
};
const made = async (keys: Keys): Promise<string> => {
  let clear = '';
  expect(
    await keys.firstKey(async (key) => {
      clear = key;
    }),
  ).toMatchObject({ keyId: expect.any(String) });
  return clear;
};

describe('the first key', () => {
  it('has the form vigia_<id>_<secret> with 256 random bits, and belongs to an admin of all organizations', async () => {
    const keys = await opened(store().port);
    const key = await made(keys);
    expect(key).toMatch(/^vigia_[a-z0-9]+_[A-Za-z0-9_-]{43}$/);
    expect(keys.authenticate(key)?.principal()).toEqual({
      keyId: key.split('_')[1],
      name: 'first key',
      scopes: ['admin'],
      orgs: '*',
    });
    expect(await made(await opened(store().port))).not.toBe(key);
  });
  it('is stored as a digest only, and is accepted after a restart', async () => {
    const { port, state } = store();
    const key = await made(await opened(port));
    expect(state.text).not.toContain(key.slice(-43));
    expect(state.text).toMatch(/"sha256": "[0-9a-f]{64}"/);
    const again = await opened(port);
    expect(again.authenticate(key)?.principal()?.scopes).toEqual(['admin']);
    expect(await again.firstKey(() => Promise.reject(new Error('must not be asked')))).toBeUndefined();
  });
  it('is not created when the environment gives one', async () => {
    const { port, state } = store();
    expect(await (await opened(port, 'sixteen-letters!')).firstKey(async () => undefined)).toBeUndefined();
    expect(state.text).toBeUndefined();
  });
  it('that could not be saved for the operator is not stored either, and can be created again', async () => {
    const { port, state } = store();
    const keys = await opened(port);
    await expect(keys.firstKey(() => Promise.reject(new Error('EACCES')))).rejects.toThrow('EACCES');
    expect(state.text).toBeUndefined();
    expect(keys.authenticate(await made(keys))).toBeDefined();
  });
  it('whose digest could not be stored is not accepted', async () => {
    const { port, state } = store();
    const keys = await opened(port);
    state.failing = true;
    let clear = '';
    await expect(
      keys.firstKey(async (key) => {
        clear = key;
      }),
    ).rejects.toThrow('ENOSPC');
    expect(keys.authenticate(clear)).toBeUndefined();
  });
  it('is created again beside keys that are all revoked or expired, which stay listed', async () => {
    const { port, state } = store();
    const old = await made(await opened(port));
    const file = JSON.parse(state.text ?? '');
    for (const fate of [
      { revokedAt: new Date(now - 1).toISOString() },
      { expiresAt: new Date(now).toISOString() },
    ]) {
      state.text = JSON.stringify({ ...file, keys: [{ ...file.keys[0], ...fate }] });
      const keys = await opened(port);
      expect(keys.authenticate(old)).toBeUndefined();
      expect(keys.authenticate(await made(keys))).toBeDefined();
      expect(JSON.parse(state.text).keys).toMatchObject([
        { keyId: old.split('_')[1] },
        { name: 'first key' },
      ]);
    }
    state.text = JSON.stringify({
      ...file,
      keys: [{ ...file.keys[0], expiresAt: new Date(now + 1).toISOString() }],
    });
    expect((await opened(port)).authenticate(old)).toBeDefined();
  });
});

describe('a key', () => {
  it('that is stored is accepted, and no similar text is', async () => {
    const keys = await opened(store().port);
    const key = await made(keys);
    const [, id, secret = ''] = /^vigia_([a-z0-9]+)_(.+)$/.exec(key) ?? [];
    const turned = secret.startsWith('A') ? `B${secret.slice(1)}` : `A${secret.slice(1)}`;
    for (const wrong of [
      '',
      'vigia_',
      key.slice(0, -1),
      `${key}A`,
      ` ${key}`,
      `vigia_${id}_${turned}`,
      `vigia_000000000000_${secret}`,
    ]) {
      expect(keys.authenticate(wrong), wrong).toBeUndefined();
    }
  });
  it('from the environment is accepted beside the stored ones', async () => {
    const { port } = store();
    const stored = await made(await opened(port));
    const keys = await opened(port, 'sixteen-letters!');
    expect(keys.authenticate('sixteen-letters!')?.principal()).toMatchObject({
      keyId: 'env',
      scopes: ['admin'],
      orgs: '*',
    });
    expect(keys.authenticate(stored)?.principal()).toMatchObject({ name: 'first key' });
    expect(keys.authenticate('sixteen-letters?')).toBeUndefined();
  });
});

describe('openKeys', () => {
  it.each([
    ['fifteen-letters', /has 15 characters and needs at least 16/],
    ['', /has 0 characters/],
    ['x'.repeat(257), /at most 256/],
    ['a key with some spaces', /a space/],
    ['contraseña-muy-larga', /outside ASCII/],
    ['sixteen-letters!\n', /control character/],
  ])('refuses the API_KEY %j with a message that does not repeat it', async (apiKey, message) => {
    const result = await openKeys(store().port, { apiKey });
    expect(result).toMatchObject({
      ok: false,
      code: 'api_key_unfit',
      message: expect.stringMatching(message),
    });
    if (!result.ok && apiKey !== '') expect(result.message).not.toContain(apiKey.trim());
  });
  it.each(['', '{', '[]', '{"version":2,"keys":[]}', '{"version":1,"keys":[{"keyId":"../x"}]}'])(
    'refuses a key file that reads %j, and does not change it',
    async (text) => {
      const { port, state } = store(text);
      expect(await openKeys(port)).toMatchObject({ ok: false, code: 'key_file_unreadable' });
      expect(state.text).toBe(text);
    },
  );
  it('throws a fault of the disk, which does not mean "no keys"', async () => {
    const port = { ...store().port, read: () => Promise.reject(new Error('EACCES')) };
    await expect(openKeys(port)).rejects.toThrow('EACCES');
  });
});

describe('a key that has expired', () => {
  const hourMs = 3_600_000;
  const expiring = async (clock: { now: number }) => {
    const { port, state } = store();
    const created = await createKey(
      port,
      { name: 'x', scopes: ['admin'], orgs: '*', expiresAt: new Date(now + hourMs).toISOString() },
      now,
    );
    if (!created.ok) throw new Error(created.message);
    const open = async () => {
      const result = await openKeys(port, { now: () => clock.now });
      if (!result.ok) throw new Error(result.message);
      return result.keys;
    };
    return { port, state, key: created.key, open };
  };
  it('stays expired when the clock is set back, in this process and after a restart', async () => {
    const clock = { now };
    const { key, open, port } = await expiring(clock);
    const keys = await open();
    const held = keys.authenticate(key);
    expect(held?.principal()).toBeDefined();
    clock.now = now + hourMs;
    expect(held?.principal()).toBeUndefined();
    clock.now = now; // set back
    expect(held?.principal()).toBeUndefined();
    expect(keys.authenticate(key)).toBeUndefined();
    await keys.saveExpired();
    const again = await open();
    expect(again.authenticate(key)).toBeUndefined();
    expect(await listKeys(port, now)).toMatchObject({ keys: [{ status: 'expired' }] });
  });
  it('is stored as such once, and again after a store that refused', async () => {
    const clock = { now: now + hourMs };
    const { key, open, state } = await expiring(clock);
    const keys = await open();
    state.failing = true;
    await expect(keys.saveExpired()).rejects.toThrow('ENOSPC');
    state.failing = false;
    await keys.saveExpired();
    const { text } = state;
    expect(text).toContain('"expiredAt"');
    state.failing = true;
    await keys.saveExpired(); // nothing is left to store
    expect(state.text).toBe(text);
    expect(keys.authenticate(key)).toBeUndefined();
  });
});
it('a file of keys that an editor saved with a mark is read', async () => {
  const { port, state } = store();
  const key = await made(await opened(port));
  state.text = `\ufeff${state.text?.replaceAll('\n', '\r\n')}`;
  expect((await opened(port)).authenticate(key)).toBeDefined();
});
