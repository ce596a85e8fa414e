/** One subscription for a caller: its listener, its stream, and its end. */
import type { VigiaError } from './client-error.ts';
import type { Topic } from './contract.ts';
import type { Subscriber } from './subscriptions.ts';
import { createStream, type Update } from './updates.ts';

export interface Wanted {
  readonly topics: readonly Topic[];
  /** At most 500 are requested by name. Default: every organization of the key. */
  readonly orgs?: '*' | readonly string[];
}
export interface Subscription extends AsyncIterable<Update, undefined> {
  /** Ends it. */
  close(): void;
  /** Resolves when it has ended: with the error that ended it, or undefined after `close`. */
  readonly ended: Promise<VigiaError | undefined>;
}

/** `add` begins the subscription and returns a function that removes it. */
export const openSubscription = (
  add: (subscriber: Subscriber) => () => void,
  { topics, orgs = '*' }: Wanted,
  listener?: (update: Update) => void,
): Subscription => {
  let settle: (error: VigiaError | undefined) => void = () => undefined;
  const ended = new Promise<VigiaError | undefined>((resolve) => {
    settle = resolve;
  });
  let remove: () => void = () => undefined;
  const stream = createStream(() => {
    remove();
    settle(undefined);
  });
  const finish = (error?: VigiaError) => {
    stream.end(error);
    settle(error);
  };
  const onUpdate = (update: Update) => {
    stream.push(update);
    listener?.(update);
  };
  remove = add({ filter: { topics, orgs }, onUpdate, onEnd: finish });
  return {
    ended,
    close: () => {
      remove();
      finish();
    },
    [Symbol.asyncIterator]: stream.read,
  };
};
