/** Repeats a call that the server refused because of its rate limit. Such a call was not carried out. */
import { setTimeout as wait } from 'node:timers/promises';
import { VigiaError } from '../client/client.ts';

/** The shortest wait, whatever the server says: a client that is refused too often is closed as a flood. */
const leastMs = 1_000;
const tries = 60;

export const retryThrottled = async <T>(call: () => Promise<T>): Promise<T> => {
  for (let n = 1; ; n += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof VigiaError) || error.reason !== 'rate_limited' || n >= tries) throw error;
      const { retryAfterMs } = error.data;
      await wait(Math.max(leastMs, typeof retryAfterMs === 'number' ? retryAfterMs : leastMs));
    }
  }
};
