/**
 * Random numbers from a seed: the same seed makes the same choices (what the machine makes of them is timing,
 * and differs).
 */
export interface Rng {
  /** 0 <= n < 1. */
  next(): number;
  /** Whole, from `from` up to and without `to`. */
  between(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
}

/** Mulberry32: 32 bits of state, plenty for choosing when to kill. */
export const rngOf = (seed: number): Rng => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from));
  return {
    next,
    between,
    pick: (from) => {
      if (from.length === 0) throw new Error('there is nothing to pick from');
      return from[between(0, from.length)] as (typeof from)[number];
    },
  };
};
