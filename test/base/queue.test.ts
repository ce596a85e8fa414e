import { expect, it } from 'vitest';
import { createQueue } from '../../src/base/queue.ts';

it('gives entries in their order, also when it is never empty', () => {
  const queue = createQueue<number>();
  expect(queue.take()).toBeUndefined();
  let next = 0;
  for (let n = 0; n < 10_000; n += 1) {
    queue.add(2 * n);
    queue.add(2 * n + 1);
    expect(queue.take()).toBe(next);
    next += 1;
  }
  expect(queue.isEmpty()).toBe(false);
  for (; next < 20_000; next += 1) expect(queue.take()).toBe(next);
  expect(queue.isEmpty()).toBe(true);
});
