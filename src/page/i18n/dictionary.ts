/** The shape of a dictionary: that of the English one, with other words. */
import type { en } from './en.ts';

export type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => unknown
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };
export type Dictionary = Widened<typeof en>;
