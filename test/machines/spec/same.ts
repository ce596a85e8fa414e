/**
 * One comparison of the tens of thousands that walks and stories make. `expect` takes longer than the step that it judges, so it is
 * asked only about what differs, for its words.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

export const same = (actual: unknown, promised: unknown, what?: string): void => {
  if (actual === promised || isDeepStrictEqual(actual, promised)) return;
  expect(actual, what).toEqual(promised);
};
