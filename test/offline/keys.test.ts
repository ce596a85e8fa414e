/** Keys that are created and revoked without the server, with real files and real processes. */
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/keys/key-format.ts';
import { openKeyAdmin } from '../../src/offline/keys.ts';
import { moduleUrl, startChild, temporaryRoot } from '../sessions/real-root.ts';

let root = '';
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: root, remove } = await temporaryRoot());
});
afterEach(() => remove());

const file = () => join(root, '.vigia/keys.json');
const panel = { name: 'panel', scopes: ['sessions:read'], orgs: ['acme'] } as const;
const createKey = async (over: object = {}) => {
  const answer = await openKeyAdmin(root).create({ ...panel, ...over });
  if (!answer.ok) throw new Error(answer.message);
  return answer;
};

describe('a key', () => {
  it('is stored as a digest that only its owner can read, even before the first start of a server', async () => {
    const { keyId, key } = await createKey();
    expect(key).toMatch(new RegExp(`^vigia_${keyId}_[A-Za-z0-9_-]{43}$`));
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, '.vigia'))).mode & 0o777).toBe(0o700);
    const text = await readFile(file(), 'utf8');
    expect(text).toContain(digestOf(key).toString('hex'));
    expect(text).not.toContain(key.split('_')[2]);
  });
  it('is revoked once, and stays in the list', async () => {
    const admin = openKeyAdmin(root);
    const first = await createKey();
    const second = await createKey({ name: 'other', expiresAt: '2100-01-01T00:00:00.000Z' });
    expect(await admin.revoke(first.keyId)).toEqual({ ok: true, keyId: first.keyId, changed: true });
    expect(await admin.revoke(first.keyId)).toMatchObject({ ok: true, changed: false });
    const past = openKeyAdmin(root, () => Date.parse('2100-01-02T00:00:00.000Z'));
    expect(await admin.list()).toMatchObject({
      ok: true,
      keys: [
        {
          ...panel,
          keyId: first.keyId,
          expiresAt: null,
          status: 'revoked',
          revokedAt: expect.stringMatching(/Z$/),
        },
        {
          name: 'other',
          keyId: second.keyId,
          expiresAt: '2100-01-01T00:00:00.000Z',
          status: 'active',
          revokedAt: null,
        },
      ],
    });
    expect(await past.list()).toMatchObject({ keys: [{ status: 'revoked' }, { status: 'expired' }] });
    expect(JSON.stringify(await admin.list())).not.toMatch(/sha256|[0-9a-f]{64}/);
  });
  it.each([
    [{ name: '' }, /name/],
    [{ name: 'a\u001b[31m' }, /control a terminal/],
    [{ scopes: [] }, /at least one scope/],
    [{ scopes: ['everything'] }, /scopes/],
    [{ orgs: [] }, /orgs/],
    [{ orgs: ['../x'] }, /organization id/],
    [{ expiresAt: 'tomorrow' }, /expiresAt/],
    [{ expiresAt: '2001-01-01T00:00:00Z' }, /in the past/],
  ])('is not created from %j, and the message gives the reason', async (over, message) => {
    const answer = await openKeyAdmin(root).create({ ...panel, ...over } as never);
    expect(answer).toMatchObject({
      ok: false,
      code: 'key_request_invalid',
      message: expect.stringMatching(message),
    });
    await expect(stat(file())).rejects.toThrow('ENOENT');
  });
  it('that does not exist or is passed whole is not revoked, and the message does not repeat it', async () => {
    const admin = openKeyAdmin(root);
    expect(await admin.revoke('unknown')).toMatchObject({ ok: false, code: 'key_unknown' });
    const { key } = await createKey();
    const answer = await admin.revoke(key);
    expect(answer).toMatchObject({
      ok: false,
      code: 'key_unknown',
      message: expect.stringMatching(/id only/),
    });
    expect(JSON.stringify(answer)).not.toContain(key);
  });
});

describe('the file', () => {
  it('that is not valid stays unchanged', async () => {
    await mkdir(join(root, '.vigia'));
    await writeFile(file(), '{"version":1,');
    const admin = openKeyAdmin(root);
    for (const answer of [await admin.create(panel), await admin.list(), await admin.revoke('abc')])
      expect(answer).toMatchObject({ ok: false, code: 'key_file_unreadable' });
    expect(await readFile(file(), 'utf8')).toBe('{"version":1,');
  });
  it('that is a symlink is not followed', async () => {
    await mkdir(join(root, '.vigia'));
    await symlink('/dev/null', file());
    expect(await openKeyAdmin(root).create(panel)).toMatchObject({
      ok: false,
      code: 'disk',
      message: expect.stringMatching('ELOOP'),
    });
  });
  it('is not created in a directory that does not exist, and the message says so', async () => {
    const admin = openKeyAdmin(join(root, 'nowhere'));
    for (const answer of [await admin.create(panel), await admin.list(), await admin.revoke('abc')])
      expect(answer).toMatchObject({
        ok: false,
        code: 'no_directory',
        message: expect.stringMatching(/no such directory/),
      });
    await expect(stat(join(root, 'nowhere'))).rejects.toThrow('ENOENT');
  });
  it('keeps every key when many processes write at once', async () => {
    const program = `const { openKeyAdmin } = await import(${moduleUrl('offline/keys.ts')});
      const admin = openKeyAdmin(process.argv[1]);
      for (let n = 0; n < 6; n += 1) {
        const made = await admin.create({ name: String(process.pid), scopes: ['admin'], orgs: '*' });
        if (!made.ok) throw new Error(made.message);
        if (n % 2 === 0) await admin.revoke(made.keyId);
      }
      console.log('done');`;
    const children = Array.from({ length: 4 }, () => startChild(program, [root]));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual(['done', 'done', 'done', 'done']);
    const listed = await openKeyAdmin(root).list();
    if (!listed.ok) throw new Error(listed.message);
    for (const { pid } of children)
      expect(listed.keys.filter(({ name }) => name === String(pid)).length).toBe(6);
    expect(listed.keys.filter(({ status }) => status === 'revoked').length).toBe(12);
  });
});
