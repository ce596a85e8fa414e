import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MemoryDisk } from '../../support/memory-disk.ts';
import {
  bytesOf,
  credentialsOf,
  credsPath,
  inIt,
  linkedDisk,
  openLinked,
  parsed,
  saveChanged,
} from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const passes = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const broken = (disk: MemoryDisk, code = 'ENOSPC') => disk.inject({ operation: 'write', path: /.*/u, code });
const session = (value: string, id = 'a') => ({ session: { [id]: Buffer.from(value) } });
/** Whether it has resolved, once everything that can happen now has happened. */
const resolved = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await passes(0);
  return done;
};

describe('a fenced store', () => {
  test('still writes what it was given before, and nothing that it is given after', async () => {
    const { store, disk } = await openLinked();
    const before = store.auth.keys.set(session('before'));
    store.auth.creds.nextPreKeyId = 7;
    store.saveCreds();
    store.fence();
    const after = store.auth.keys.set(session('after'));
    store.auth.creds.nextPreKeyId = 8;
    store.saveCreds();
    await Promise.all([before, after, store.backUp()]);
    expect(await store.drained()).toBe('durable');
    expect(parsed(disk.peek(inIt('session-a.json')))).toEqual(Buffer.from('before'));
    expect(parsed(disk.peek(credsPath))).toMatchObject({ nextPreKeyId: 7 });
    expect(disk.peek(inIt('creds.json.bak'))).toBeUndefined();
  });

  test('on a broken disk tries at once and for 5 s, then lets everybody go and says what it is', async () => {
    const { store, disk, events, warnings } = await openLinked();
    broken(disk);
    const written = store.auth.keys.set(session('1'));
    const backedUp = store.backUp();
    await passes(20_000);
    store.fence();
    const drained = store.drained();
    await passes(4_000);
    expect(await resolved(written)).toBe(false);
    await passes(1_000);
    expect(await drained).toBe('lost');
    await Promise.all([written, backedUp]);
    expect(warnings).toEqual(['store.gave_up']);
    expect(events).toEqual(['failed ENOSPC']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('puts removed credentials back, also when it was fenced in the middle of its last round', async () => {
    const disk = linkedDisk();
    let fence = () => {};
    const rename: MemoryDisk['rename'] = async (from, to) => {
      if (to.endsWith('.bak')) {
        await disk.remove(credsPath);
        fence();
      }
      await disk.rename(from, to);
    };
    const { store } = await openLinked({ ...disk, rename });
    fence = store.fence;
    const backedUp = store.backUp();
    await passes(10_000);
    await backedUp;
    expect(await store.drained()).toBe('durable');
    expect(disk.peek(credsPath)).toEqual(bytesOf(credentialsOf(1)));
  });

  test('whose disk comes back within that time loses nothing', async () => {
    const { store, disk, events } = await openLinked();
    const repair = broken(disk);
    const written = store.auth.keys.set(session('1'));
    await passes(20_000);
    store.fence();
    const drained = store.drained();
    await passes(2_000);
    repair();
    await passes(1_000);
    expect(await drained).toBe('durable');
    await written;
    expect(disk.peek(inIt('session-a.json'))).toBeDefined();
    expect(events).toEqual(['failed ENOSPC']);
  });
});

describe('drained', () => {
  test('says pending after 10 s on a broken disk, and leaves no timer behind when it is done', async () => {
    const { store, disk } = await openLinked();
    expect(await store.drained()).toBe('durable');
    expect(vi.getTimerCount()).toBe(0);
    const repair = broken(disk);
    saveChanged(store);
    const drained = store.drained();
    await passes(9_999);
    expect(await resolved(drained)).toBe(false);
    await passes(1);
    expect(await drained).toBe('pending');
    repair();
    await passes(30_000);
    expect(await store.drained()).toBe('durable');
    expect(vi.getTimerCount()).toBe(0);
  });
});
