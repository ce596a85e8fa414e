/** A call that the server refuses because there were too many was not carried out: it is asked again when the server says. */
import { setTimeout as wait } from 'node:timers/promises';
import { VigiaError } from '../client/client.ts';

/** Not less, whatever the server says: who is refused too often is cut off as a flood. */
const leastMs = 1_000;
const tries = 60;

export const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
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
