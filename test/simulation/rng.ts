/**
 * Random numbers from a seed. Every part of the simulation draws from a sequence of its own, so that leaving
 * one operation out of a run changes little else.
 */
export class Rng {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32, public domain (Tommy Ettinger). */
  next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** A whole number, `from` and `to` included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.next() * list.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  /** Waiting time until the next of many independent events, `mean` on average. */
  untilNext(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }
}

/**
 * Random numbers for one purpose: the same for the same seed and label, whatever other parts draw. A new
 * label changes every known seed.
 */
export const rngFor = (seed: number, label: string): Rng => {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of label) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return new Rng(hash ^ (hash >>> 13));
};
