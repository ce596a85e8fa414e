/** The lighter memory of recent messages keeps what Baileys' own keeps, for as long. */
import type { WASocket } from '@whiskeysockets/baileys';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lightenRetryMemory } from '../../../src/whatsapp/patches/retry-memory.ts';
import { partsOf } from '../../../src/whatsapp/patches/socket-parts.ts';
import { useFakeWhatsApp } from '../../support/whatsapp/harness.ts';

afterEach(() => {
  vi.useRealTimers();
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
const managerOf = (sock: WASocket) =>
  (sock as unknown as { messageRetryManager: Manager }).messageRetryManager;

describe('the memory of messages that may be asked for again', () => {
  const harness = useFakeWhatsApp();
  const lightened = async () => {
    const { socket } = await harness.online();
    lightenRetryMemory(partsOf(socket));
    return managerOf(socket);
  };
  it('no longer has what Baileys allocates for it beforehand', async () => {
    const { socket } = await harness.online();
    const before = managerOf(socket) as unknown as Record<string, { readonly max?: number }>;
    expect(before['recentMessagesMap']?.max).toBe(512);
    expect(before['baseKeys']?.max).toBe(1_024);
    lightenRetryMemory(partsOf(socket));
    expect(before['recentMessagesMap']?.max).toBeUndefined();
    expect(before['baseKeys']?.max).toBeUndefined();
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
    expect(manager.getRecentMessage('chat', 'm2')).toBeUndefined();
    expect(manager.messageKeyIndex.size).toBe(0);
  });
  it('forgets after five minutes, the index with it', async () => {
    const manager = await lightened();
    vi.useFakeTimers();
    manager.addRecentMessage('chat', 'm', {});
    vi.advanceTimersByTime(299_999);
    expect(manager.getRecentMessage('chat', 'm')).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(manager.getRecentMessage('chat', 'm')).toBeUndefined();
    expect(manager.messageKeyIndex.size).toBe(0);
  });
  it('knows the key of a session that was asked for before', async () => {
    const manager = await lightened();
    const [key, other] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)];
    manager.saveBaseKey('a', 'm', key);
    expect(manager.hasSameBaseKey('a', 'm', key)).toBe(true);
    expect(manager.hasSameBaseKey('a', 'm', other)).toBe(false);
    manager.deleteBaseKey('a', 'm');
    expect(manager.hasSameBaseKey('a', 'm', key)).toBe(false);
  });
});
