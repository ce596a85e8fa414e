/**
 * The updates of a subscription as a stream for `for await`. The stream is bounded, because a reader may be
 * slow.
 */
import { maxUnreadUpdates } from './bounds.ts';
import { VigiaError } from './client-error.ts';
import type { Session, VigiaEvent } from './contract.ts';

export type Update =
  /**
   * The present state: at the beginning (`first`), and again after a gap that the server could not fill. The
   * events in between are then lost; only their outcome is known. `sessions` is empty unless the topic
   * "sessions" was requested.
   */
  | { readonly kind: 'snapshot'; readonly first: boolean; readonly sessions: readonly Session[] }
  /** Connected again. All missed events follow, except QRs and codes, which are never kept. */
  | { readonly kind: 'resumed' }
  | { readonly kind: 'event'; readonly event: VigiaEvent };

interface Reader {
  readonly resolve: (result: IteratorResult<Update, undefined>) => void;
  readonly reject: (error: VigiaError) => void;
}

/** `onLeave`: the reader left its loop, or was too slow. `limit`: updates. */
export const createStream = (onLeave: () => void, limit = maxUnreadUpdates) => {
  const unread: Update[] = [];
  const readers: Reader[] = [];
  let ending: { readonly error: VigiaError | undefined } | undefined;
  let isRead = false; // updates are kept only for a reader

  const end = (error?: VigiaError) => {
    if (ending) return;
    ending = { error };
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
      end(
        new VigiaError(
          'reader_too_slow',
          `More than ${limit} updates were left unread. Subscribe again, and read them sooner.`,
        ),
      );
      onLeave();
    },
    end,
  };
};
