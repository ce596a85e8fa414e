/** The lighter memories of the client library hold what its own hold, for as long, and for one organization only. */
import type { WASocket } from '@whiskeysockets/baileys';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lightenRetryMemory, retryCounters, socketCaches } from '../../src/whatsapp/caches.ts';
import { ExpiringMap } from '../../src/whatsapp/expiring-map.ts';
import { useFakeWhatsApp } from '../support/whatsapp/harness.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('an expiring map', () => {
  const bounds = { most: 3, holdsMs: 1_000 };
  it('lets an entry go after its time, counted from when it was last set, and says so', () => {
    vi.useFakeTimers();
    const dropped = vi.fn();
    const map = new ExpiringMap<number>(bounds, dropped);
    map.set('a', 1);
    vi.advanceTimersByTime(600);
    map.set('b', 2);
    map.set('a', 3);
    vi.advanceTimersByTime(600);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([3, 2, 2]);
    vi.advanceTimersByTime(399);
    expect(map.get('a')).toBe(3);
    vi.advanceTimersByTime(1);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([undefined, undefined, 0]);
    expect(dropped.mock.calls).toEqual([
      ['b', 2],
      ['a', 3],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('lets the oldest go when there are too many', () => {
    const map = new ExpiringMap<number>(bounds);
    for (const [n, key] of ['a', 'b', 'c', 'a', 'd'].entries()) map.set(key, n);
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([3, undefined, 2, 4]);
  });
  it('has one timer while it holds something, none when it is empty, and is as good as new after it was cleared', () => {
    vi.useFakeTimers();
    const map = new ExpiringMap<number>(bounds);
    expect(vi.getTimerCount()).toBe(0);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    expect(vi.getTimerCount()).toBe(1);
    map.clear();
    expect([vi.getTimerCount(), map.size, map.delete('a')]).toEqual([0, 0, false]);
    map.set('a', 1);
    expect(map.delete('a')).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    map.set('b', 2);
    expect([map.get('b'), vi.getTimerCount()]).toEqual([2, 1]);
  });
});

describe('the caches of two organizations', () => {
  it('know nothing of each other, and forget on demand', () => {
    const [one, other] = [retryCounters(), retryCounters()];
    one.set('message', 4);
    expect([one.get('message'), other.get('message')]).toEqual([4, undefined]);
    one.del('message');
    expect(one.get('message')).toBeUndefined();
    const [mine, theirs] = [socketCaches(), socketCaches()];
    for (const name of ['callOfferCache', 'userDevicesCache', 'placeholderResendCache'] as const) {
      mine[name].set('x', [name]);
      expect([mine[name].get('x'), theirs[name].get('x')]).toEqual([[name], undefined]);
      mine[name].flushAll();
      expect(mine[name].get('x')).toBeUndefined();
    }
  });
});

interface Manager {
  readonly messageKeyIndex: ReadonlyMap<string, string>;
  addRecentMessage(to: string, id: string, message: object): void;
  getRecentMessage(to: string, id: string): { readonly message: unknown } | undefined;
  markRetrySuccess(id: string): void;
  saveBaseKey(address: string, id: string, key: Uint8Array): void;
  hasSameBaseKey(address: string, id: string, key: Uint8Array): boolean;
  deleteBaseKey(address: string, id: string): void;
  clear(): void;
}
const managerOf = (sock: WASocket) => (sock as unknown as { messageRetryManager: Manager }).messageRetryManager;

describe('the memory of messages that may be asked for again', () => {
  const house = useFakeWhatsApp();
  const lightened = async () => {
    const { socket } = await house.online();
    expect(lightenRetryMemory(socket)).toBe(true);
    return managerOf(socket);
  };
  it('is where we reach for it, and what Baileys sets aside for it beforehand is gone', async () => {
    const { socket } = await house.online();
    const before = managerOf(socket) as unknown as Record<string, { readonly max?: number }>;
    expect([before['recentMessagesMap']?.max, before['baseKeys']?.max]).toEqual([512, 1_024]);
    expect(lightenRetryMemory(socket)).toBe(true);
    expect([before['recentMessagesMap']?.max, before['baseKeys']?.max]).toEqual([undefined, undefined]);
    expect(lightenRetryMemory({} as WASocket)).toBe(false);
  });
  it('gives back what was sent, until it was resent, and no more than the last 512', async () => {
    const manager = await lightened();
    for (let n = 0; n <= 512; n += 1) manager.addRecentMessage('chat', `m${n}`, { n });
    expect(manager.getRecentMessage('chat', 'm0')).toBeUndefined();
    expect(manager.getRecentMessage('chat', 'm1')?.message).toEqual({ n: 1 });
    expect(manager.getRecentMessage('other', 'm1')).toBeUndefined();
    expect(manager.messageKeyIndex.size).toBe(512);
    manager.markRetrySuccess('m1');
    expect(manager.getRecentMessage('chat', 'm1')).toBeUndefined();
    expect(manager.messageKeyIndex.size).toBe(511);
    manager.clear();
    expect([manager.getRecentMessage('chat', 'm2'), manager.messageKeyIndex.size]).toEqual([undefined, 0]);
  });
  it('forgets after five minutes, the index with it', async () => {
    const manager = await lightened();
    vi.useFakeTimers();
    manager.addRecentMessage('chat', 'm', {});
    vi.advanceTimersByTime(299_999);
    expect(manager.getRecentMessage('chat', 'm')).toBeDefined();
    vi.advanceTimersByTime(1);
    expect([manager.getRecentMessage('chat', 'm'), manager.messageKeyIndex.size]).toEqual([undefined, 0]);
  });
  it('knows the key of a session that was asked for before', async () => {
    const manager = await lightened();
    const [key, other] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)];
    manager.saveBaseKey('a', 'm', key);
    expect([manager.hasSameBaseKey('a', 'm', key), manager.hasSameBaseKey('a', 'm', other)]).toEqual([true, false]);
    manager.deleteBaseKey('a', 'm');
    expect(manager.hasSameBaseKey('a', 'm', key)).toBe(false);
  });
});
