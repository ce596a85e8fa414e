/**
 * The caches that Baileys keeps for each socket, in a lighter form: same contents, same lifetimes. Each
 * belongs to one organization, so no organization sees or evicts another's entries. A cache costs nothing
 * until its first entry.
 */
import type { CacheStore } from '@whiskeysockets/baileys';
import { type Bounds, ExpiringMap } from './expiring-map.ts';

const minuteMs = 60_000;
/**
 * The lifetimes are those of Baileys (`DEFAULT_CACHE_TTLS`). So are the sizes, where Baileys has a bound at
 * all.
 */
const bounds = {
  retries: { most: 500, holdsMs: 60 * minuteMs },
  calls: { most: 100, holdsMs: 5 * minuteMs },
  devices: { most: 1_000, holdsMs: 5 * minuteMs },
  placeholders: { most: 500, holdsMs: 60 * minuteMs },
} as const satisfies Readonly<Record<string, Bounds>>;

export class Cache extends ExpiringMap<unknown> implements CacheStore {
  override get<T>(key: string): T | undefined {
    return super.get(key) as T | undefined;
  }
  del(key: string): void {
    this.delete(key);
  }
  flushAll(): void {
    this.clear();
  }
}
/**
 * An attempt to send a message again counts twice (`handleReceipt` and `sendMessagesAgain` in
 * `lib/Socket/messages-recv.js` of Baileys), and five is the end.
 */
const countsOfAttempt = 2;
/**
 * Counts decryption retries and resends per message, across reconnects, so that a broken message cannot loop
 * for ever.
 */
export class RetryCounters extends Cache {
  constructor() {
    super(bounds.retries);
  }
  /**
   * A connection was lost. WhatsApp repeats the receipts that it did not get an answer to, so an attempt that
   * was lost with the connection is made again: it must not count. Otherwise two lost attempts are the end,
   * and the contact never gets the message.
   */
  forgiveLost(): void {
    for (const key of this.keys()) {
      const left = Number(this.get(key) ?? 0) - countsOfAttempt;
      if (left > 0) this.set(key, left);
      else this.delete(key);
    }
  }
}
export const retryCounters = (): RetryCounters => new RetryCounters();
/**
 * New for each socket, as in Baileys: after a reconnect the devices of a contact are no longer known. Baileys
 * itself uses `NodeCache`, whose instances have a timer, an emitter and counters each: 23 KB for a socket
 * (WHATSAPP-FACTS.md#cache-memory).
 */
export const socketCaches = () => ({
  callOfferCache: new Cache(bounds.calls),
  userDevicesCache: new Cache(bounds.devices),
  placeholderResendCache: new Cache(bounds.placeholders),
});
