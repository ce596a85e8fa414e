/**
 * What Baileys remembers for each socket, in a lighter form: same contents, same times. Each belongs to one organization, so that
 * none sees another's entries and none can push another's out; and none costs anything before something is put in.
 */
import type { CacheStore } from '@whiskeysockets/baileys';
import { type Bounds, ExpiringMap } from './expiring-map.ts';

const minuteMs = 60_000;
/** How long each holds is Baileys' own figure (`DEFAULT_CACHE_TTLS`). How many, too, where it has a bound at all. */
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
/** Counts decryption retries per message, across reconnects, so that a broken message cannot loop for ever. */
export const retryCounters = (): Cache => new Cache(bounds.retries);
/**
 * Of one socket, as Baileys has them: after a reconnect nobody can say which devices a contact has now. Baileys' own are `NodeCache`s,
 * each with a timer, an emitter and counters: 23 KB a socket (WHATSAPP-FACTS.md#cache-memory).
 */
export const socketCaches = () => ({
  callOfferCache: new Cache(bounds.calls),
  userDevicesCache: new Cache(bounds.devices),
  placeholderResendCache: new Cache(bounds.placeholders),
});
