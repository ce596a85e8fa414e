/**
 * Compares two values, tens of thousands of times in a run. `expect` takes longer than the step that it
 * checks, so it is called only for its message, when the values differ.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

export const same = (actual: unknown, promised: unknown, what?: string): void => {
  if (actual === promised || isDeepStrictEqual(actual, promised)) return;
  expect(actual, what).toEqual(promised);
};
