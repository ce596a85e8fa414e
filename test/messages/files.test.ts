/** Files of clients on a real disk, and the secret of an installation. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { type FetchMedia, MediaFiles } from '../../src/messages/media-files.ts';
import { defaultPolicy } from '../../src/messages/policy.ts';
import { openSecret, secretName } from '../../src/messages/secret.ts';
import { memoryDisk } from '../support/memory-disk.ts';

let directory: string;
let elapsed = 0;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vigia-media-'));
  elapsed = 0;
});
afterEach(() => rm(directory, { recursive: true }));

const noFetch: FetchMedia = () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }));
const open = async (over: Partial<typeof defaultPolicy.media> = {}, fetch = noFetch, held: string[] = []) => {
  const policy = { ...defaultPolicy.media, ...over };
  const files = new MediaFiles({ disk: nodeDisk(), directory, policy, fetch, elapsed: () => elapsed });
  await files.open(held);
  return files;
};
const bodyOf = (text: string) => Readable.from([Buffer.from(text)]);
const answering =
  (body: Readable, over: { status?: number; bytes?: number | null } = {}): FetchMedia =>
  async () => ({ status: 200, mimeType: 'image/png', bytes: null, body, ...over });

describe('an upload', () => {
  it('is streamed into a file of its own, and belongs to its organization for an hour', async () => {
    const files = await open();
    const { mediaId, bytes, sha256 } = await files.upload('acme', 'image/png', 5, bodyOf('hello'));
    expect({ bytes, sha256 }).toEqual({ bytes: 5, sha256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=' });
    const stored = files.find('acme', mediaId);
    expect(await readFile(stored?.file ?? '', 'utf8')).toBe('hello');
    expect(files.find('beta', mediaId)).toBeUndefined();
    elapsed = 3_600_000;
    expect(files.find('acme', mediaId)).toBeUndefined();
    await files.expire();
    expect(await readdir(directory)).toEqual([]);
  });
  it('that a message holds stays until the message is sent, also over a restart', async () => {
    const files = await open();
    const { mediaId } = await files.upload('acme', 'image/png', 5, bodyOf('hello'));
    const { file = '' } = files.find('acme', mediaId) ?? {};
    files.hold(file);
    elapsed = 3_600_000;
    await files.expire();
    await writeFile(join(directory, 'left'), 'by a killed process');
    const after = await open({}, noFetch, [file]);
    expect(await readdir(directory)).toHaveLength(1);
    await after.release(file);
    expect(await readdir(directory)).toEqual([]);
  });
  it.each([
    ['more bytes than announced', 3, {}],
    ['fewer bytes than announced', 9, {}],
    ['more bytes than a file may have', 5, { bytes: 4 }],
  ])('with %s is refused, and leaves nothing', async (_, bytes, over) => {
    const files = await open(over);
    await expect(files.upload('acme', 'image/png', bytes, bodyOf('hello'))).rejects.toThrow(/bytes/);
    expect(await readdir(directory)).toEqual([]);
  });
  it('beyond the room for waiting files is refused', async () => {
    const files = await open({ storedBytes: 8, storedBytesOfAll: 12 });
    await files.upload('acme', 'image/png', 5, bodyOf('hello'));
    await expect(files.upload('acme', 'image/png', 5, bodyOf('hello'))).rejects.toThrow('uploads wait');
    await files.upload('beta', 'image/png', 5, bodyOf('hello'));
    await expect(files.upload('gamma', 'image/png', 5, bodyOf('hello'))).rejects.toThrow('uploads wait');
  });
  it('that is silent is cut', async () => {
    const files = await open({ silenceMs: 50 });
    const body = new PassThrough();
    body.write('he');
    await expect(files.upload('acme', 'image/png', 5, body)).rejects.toThrow('silent');
    expect(await readdir(directory)).toEqual([]);
  });
  it('is one of two at a time for an organization, and of sixteen in all', async () => {
    const files = await open({ transfersOfAll: 3 });
    const bodies = [1, 2, 3].map(() => new PassThrough());
    const running = ['acme', 'acme', 'beta'].map((org, n) =>
      files.upload(org, 'image/png', 1, bodies[n] as PassThrough),
    );
    await expect(files.upload('acme', 'image/png', 1, bodyOf('x'))).rejects.toThrow('At most 2');
    await expect(files.upload('gamma', 'image/png', 1, bodyOf('x'))).rejects.toThrow('at a time');
    for (const body of bodies) body.end('x');
    await Promise.all(running);
    await files.upload('acme', 'image/png', 1, bodyOf('x'));
  });
});

describe('media from an address', () => {
  it('is streamed into a file with the type of the answer, unless the client names one', async () => {
    const files = await open({}, answering(bodyOf('hello')));
    expect(await files.fetch('acme', 'https://example.com/x', undefined)).toMatchObject({
      bytes: 5,
      mimeType: 'image/png',
    });
    const named = await open({}, answering(bodyOf('hello')));
    expect(await named.fetch('acme', 'https://example.com/x', 'image/gif')).toMatchObject({
      mimeType: 'image/gif',
    });
  });
  it.each([
    ['another status', answering(bodyOf('x'), { status: 302 }), 'status 302'],
    ['too many bytes', answering(bodyOf('hello')), 'more than 4 bytes'],
    ['an end that comes too early', answering(bodyOf('he'), { bytes: 3 }), 'announced'],
    ['a failed connection', noFetch, 'ECONNREFUSED'],
    ['a body that hangs', answering(new PassThrough()), 'silent'],
    ['an address that never answers', (_: string, signal: AbortSignal) => hanging(signal), 'silent'],
  ])('with %s is refused, and leaves nothing', async (_, fetch, message) => {
    const files = await open({ bytes: 4, silenceMs: 50 }, fetch);
    const error: unknown = await files
      .fetch('acme', 'https://example.com/x', undefined)
      .catch((why: unknown) => why);
    expect(error).toMatchObject({ name: 'MediaRefused', message: expect.stringContaining(message) });
    expect(await readdir(directory)).toEqual([]);
  });
});
const hanging = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('the secret', () => {
  const logged: string[] = [];
  const log = (event: string) => void logged.push(event);
  it('stays over restarts, and does not follow a copy of the directory', async () => {
    const disk = memoryDisk({});
    disk.placeDirectory('/a/.vigia', 0o700);
    disk.placeDirectory('/b/.vigia', 0o700);
    const first = await openSecret(disk, '/a/.vigia', log);
    expect(first).toHaveLength(32);
    expect(await openSecret(disk, '/a/.vigia', log)).toEqual(first);
    expect(logged).toEqual([]);
    disk.place(`/b/.vigia/${secretName}`, disk.peek(`/a/.vigia/${secretName}`) ?? '', 0o600);
    const second = await openSecret(disk, '/b/.vigia', log);
    expect(second).not.toEqual(first);
    expect(await openSecret(disk, '/b/.vigia', log)).toEqual(second);
    expect(logged).toEqual(['messages.secret_replaced']);
  });
  it('that is damaged is replaced, and one that cannot be stored is not used', async () => {
    const disk = memoryDisk({});
    disk.placeDirectory('/a/.vigia', 0o700);
    disk.place(`/a/.vigia/${secretName}`, '{', 0o600);
    expect(await openSecret(disk, '/a/.vigia', log)).toHaveLength(32);
    const full = memoryDisk({});
    full.placeDirectory('/a/.vigia', 0o700);
    full.inject({ operation: 'write', path: /.*/, code: 'ENOSPC' });
    await expect(openSecret(full, '/a/.vigia', log)).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});
