import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bytesOf, credentialsOf, credsPath, directory, inIt, linkedDisk, openLinked } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const minutePasses = (): void => void vi.setSystemTime(Date.now() + 61_000);
const session = inIt('session-a.json');
const read = async (store: Awaited<ReturnType<typeof openLinked>>['store']) =>
  (await store.auth.keys.get('session', ['a']))['a'];

test.each(['EACCES', 'EIO', 'EMFILE', 'ELOOP'])(
  '%s while reading a key is a fault, not an absent key',
  async (code) => {
    const { store, disk } = await openLinked();
    disk.inject({ operation: 'read', path: session, code, times: 1 });
    await expect(read(store)).rejects.toMatchObject({ code });
    expect(await read(store)).toBeNull();
  },
);

test('a key that is a symlink is refused, and writing it replaces the symlink itself', async () => {
  const disk = linkedDisk();
  disk.placeSymlink(session);
  const { store } = await openLinked(disk);
  await expect(read(store)).rejects.toMatchObject({ code: 'ELOOP' });
  await store.auth.keys.set({ session: { a: Buffer.from('1') } });
  expect(await disk.stat(session)).toMatchObject({ kind: 'file', mode: 0o600 });
});

test.each(['', '{"type":"Buf', 'null'])(
  '%j in a key file is a fault while it is young, then evidence and an absent key',
  async (content) => {
    const disk = linkedDisk();
    disk.place(session, content);
    const { store, warnings } = await openLinked(disk);
    await expect(read(store)).rejects.toMatchObject({ code: 'damaged' });
    expect(disk.peek(session)?.toString()).toBe(content);
    expect(warnings).toEqual([]);

    minutePasses();
    const evidence = `${session}.corrupt-${Date.now()}`;
    expect(await read(store)).toBeNull();
    expect(await read(store)).toBeNull();
    expect(disk.peek(session)).toBeUndefined();
    expect(disk.peek(evidence)?.toString()).toBe(content);
    expect(warnings).toEqual(['key.unreadable']);
  },
);

test('a damaged file dated in the future (the clock was set back) is not waited for until then', async () => {
  const disk = linkedDisk();
  vi.setSystemTime(Date.now() + 86_400_000);
  disk.place(session, '');
  const { store } = await openLinked(disk);
  vi.setSystemTime(Date.now() - 86_400_000);
  expect(await read(store)).toBeNull();
});

test('a sound file that is written while the damaged one is being looked at is not moved aside', async () => {
  const disk = linkedDisk();
  disk.place(session, '');
  minutePasses();
  const { store, warnings } = await openLinked(disk);
  const reading = read(store);
  const writing = store.auth.keys.set({ session: { a: Buffer.from('new') } });
  await Promise.all([reading, writing]);
  expect(disk.peek(session)?.toString()).toContain(Buffer.from('new').toString('base64'));
  expect(await read(store)).toEqual(Buffer.from('new'));
  expect(warnings.length).toBeLessThanOrEqual(1);
});

test('a write waits while a damaged file of the same name is moved aside', async () => {
  const disk = linkedDisk();
  disk.place(session, '');
  minutePasses();
  let written: Promise<void> | undefined;
  const { store } = await openLinked({
    ...disk,
    rename: async (from, to) => {
      if (to.includes('.corrupt-')) {
        written = store.auth.keys.set({ session: { a: Buffer.from('new') } });
        await vi.advanceTimersByTimeAsync(100);
      }
      return disk.rename(from, to);
    },
  });
  expect(await read(store)).toBeNull();
  await written;
  expect(await read(store)).toEqual(Buffer.from('new'));
});

test('a fenced store moves nothing aside', async () => {
  const disk = linkedDisk();
  disk.place(session, '');
  minutePasses();
  const { store } = await openLinked(disk);
  store.fence();
  await expect(read(store)).rejects.toMatchObject({ code: 'damaged' });
  expect(disk.peek(session)).toBeDefined();
});

test('no key is absent in a directory that is gone', async () => {
  const { store, disk } = await openLinked();
  await disk.rename(directory, '/vault/away');
  await expect(read(store)).rejects.toMatchObject({ code: 'gone' });
  await disk.rename('/vault/away', directory);
  expect(await read(store)).toBeNull();
});

test('keys that cannot be written yet are read as they were set, the newest first', async () => {
  const { store, disk } = await openLinked();
  await store.auth.keys.set({ session: { a: Buffer.from('old'), b: Buffer.from('old') } });
  const repair = disk.inject({ operation: 'write', path: /.*/u, code: 'ENOSPC' });
  const value = Buffer.from('new');
  const writes = [
    store.auth.keys.set({ session: { a: Buffer.from('newer'), b: null } }),
    store.auth.keys.set({ session: { a: value } }),
  ];
  value.fill(0); // the caller may reuse what it gave
  await vi.advanceTimersByTimeAsync(100);
  expect(await store.auth.keys.get('session', ['a', 'b'])).toEqual({ a: Buffer.from('new'), b: null });
  expect(disk.peek(session)?.toString()).toContain(Buffer.from('old').toString('base64'));
  repair();
  await vi.advanceTimersByTimeAsync(1_000);
  await Promise.all(writes);
  expect(await store.auth.keys.get('session', ['a', 'b'])).toEqual({ a: Buffer.from('new'), b: null });
  expect(disk.peek(inIt('session-b.json'))).toBeUndefined();
});

test('at most sixteen files are read at once', async () => {
  const disk = linkedDisk();
  let now = 0;
  let most = 0;
  const { store } = await openLinked({
    ...disk,
    read: async (path) => {
      now += 1;
      most = Math.max(most, now);
      try {
        return await disk.read(path);
      } finally {
        now -= 1;
      }
    },
  });
  await store.auth.keys.get(
    'pre-key',
    Array.from({ length: 812 }, (_, id) => String(id)),
  );
  expect(most).toBe(16);
});

test('reading and moving aside leave the credentials alone', async () => {
  const { store, disk } = await openLinked();
  await store.auth.keys.get('device-list', ['1', '2']);
  expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
});
