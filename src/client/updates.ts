/** What a subscription tells, as a stream that can be read with `for await`; bounded, because readers may be slow. */
import { maxUnreadUpdates } from './bounds.ts';
import { VigiaError } from './client-error.ts';
import type { Session, VigiaEvent } from './contract.ts';

export type Update =
  /**
   * The state of things now: at the beginning (`first`), and again when the server could not vouch for having kept all that
   * was missed; what happened in between is not known then, only what came of it. `sessions` is empty unless the topic
   * "sessions" was asked for.
   */
  | { readonly kind: 'snapshot'; readonly first: boolean; readonly sessions: readonly Session[] }
  /** Connected again; whatever was missed follows now, and nothing of it is missing (but QRs and codes, which are never kept). */
  | { readonly kind: 'resumed' }
  | { readonly kind: 'event'; readonly event: VigiaEvent };

interface Reader {
  readonly resolve: (result: IteratorResult<Update, undefined>) => void;
  readonly reject: (error: VigiaError) => void;
}

/** `onLeave`: the reader has left its loop. `limit`: updates. */
export const createStream = (onLeave: () => void, limit = maxUnreadUpdates) => {
  const unread: Update[] = [];
  const readers: Reader[] = [];
  let ending: { readonly error?: VigiaError } | undefined;
  let isRead = false; // only then updates are kept

  const end = (error?: VigiaError) => {
    if (ending) return;
    ending = error ? { error } : {};
    for (const { resolve, reject } of readers.splice(0)) {
      if (error) reject(error);
      else resolve({ done: true, value: undefined });
    }
  };
  const iterator: AsyncIterableIterator<Update, undefined> = {
    next: async () => {
      const update = unread.shift();
      if (update) return { done: false, value: update };
      if (ending?.error) throw ending.error;
      if (ending) return { done: true, value: undefined };
      return new Promise((resolve, reject) => readers.push({ resolve, reject }));
    },
    return: async () => {
      end();
      unread.length = 0;
      onLeave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return {
    read: () => {
      isRead = true;
      return iterator;
    },
    push: (update: Update) => {
      if (ending || !isRead) return;
      const reader = readers.shift();
      if (reader) return reader.resolve({ done: false, value: update });
      if (unread.push(update) <= limit) return;
      unread.length = 0;
      end(new VigiaError('reader_too_slow', `More than ${limit} updates were left unread, so events would have been lost.`));
      onLeave();
    },
    end,
  };
};
