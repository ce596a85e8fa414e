/**
 * Patch of Baileys' memory of messages that a contact may ask for again. Baileys keeps it in two caches that
 * allocate their full size beforehand: 70 of the 150 KB of a socket that never sends.
 * `enableRecentMessageCache: false` would save as much and lose every resend; this loses none:
 * WHATSAPP-FACTS.md#cache-memory.
 */
import { type Bounds, ExpiringMap } from '../expiring-map.ts';
import type { Parts } from './socket-parts.ts';

/** Size and lifetime are Baileys' own (`MessageRetryManager` of 7.0.0-rc14). */
const minuteMs = 60_000;
const recentMessages: Bounds = { most: 512, holdsMs: 5 * minuteMs };
const baseKeys: Bounds = { most: 1_024, holdsMs: 15 * minuteMs };

interface Memory {
  recentMessagesMap: Pick<ExpiringMap<unknown>, 'get' | 'set' | 'delete' | 'clear'>;
  baseKeys: Pick<ExpiringMap<unknown>, 'get' | 'set' | 'delete' | 'clear'>;
  readonly messageKeyIndex: Map<string, string>;
}
/** Between the chat and the message's id in a key of `recentMessagesMap`. */
const separator = '\u0000';

const memoryOf = ({ sock }: Parts): Memory | undefined => {
  const memory = (sock as unknown as { readonly messageRetryManager?: Partial<Memory> | null })
    .messageRetryManager;
  return memory?.recentMessagesMap && memory.baseKeys && memory.messageKeyIndex
    ? (memory as Memory)
    : undefined;
};
export const retryMemoryProblem = (parts: Parts): string | undefined =>
  memoryOf(parts) === undefined ? 'the library keeps its recent messages in another place' : undefined;

export const lightenRetryMemory = (parts: Parts): void => {
  const memory = memoryOf(parts);
  if (memory === undefined) return;
  memory.recentMessagesMap = new ExpiringMap<unknown>(recentMessages, (key) => {
    memory.messageKeyIndex.delete(key.slice(key.lastIndexOf(separator) + 1));
  });
  memory.baseKeys = new ExpiringMap<unknown>(baseKeys);
};
