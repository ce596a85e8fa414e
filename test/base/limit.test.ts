import { describe, expect, it } from 'vitest';
import { createLimit } from '../../src/base/limit.ts';

describe('a concurrency limit', () => {
  it('runs at most as many at a time as it has slots, and starts all in order', async () => {
    const limit = createLimit(3);
    let inside = 0;
    let most = 0;
    const begun: number[] = [];
    const work = Array.from({ length: 3_000 }, (_, n) =>
      limit(async () => {
        begun.push(n);
        inside += 1;
        most = Math.max(most, inside);
        await Promise.resolve();
        inside -= 1;
        return n;
      }),
    );
    expect(await Promise.all(work)).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
    expect(most).toBe(3);
    expect(begun).toEqual([...begun].sort((a, b) => a - b));
  });

  it('frees the slot when the work fails', async () => {
    const limit = createLimit(1);
    await expect(limit(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit(async () => 'next')).toBe('next');
  });
});
