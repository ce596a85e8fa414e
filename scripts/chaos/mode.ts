/** What every mode of `npm run chaos` is given, and what it has to tell. */
import type { Rng } from './rng.ts';

export interface ModeOptions {
  readonly rng: Rng;
  /**
   * How much is still wanted after so much; 0 ends. Asked before each new piece of work, in the mode's own
   * unit.
   */
  readonly left: (done: number) => number;
  readonly say: (line: string) => void;
}
export interface Report {
  /** One sentence for each thing that went wrong; empty is what is wanted. */
  readonly broken: readonly string[];
}
export interface Mode {
  /** One line for `--help`. */
  readonly doc: string;
  /** Rejects when it cannot go on; the message says what was seen. */
  readonly run: (options: ModeOptions) => Promise<Report>;
}
