/**
 * What a figure is held against. Made by `atMost` and `atLeast`, so that whether it was met is never a matter
 * of opinion.
 */
export interface Aim {
  /**
   * What is measured, as the table of aims says it: `CPU against naive`. One of its kind in its benchmark.
   */
  readonly what: string;
  /** `at most 0.125 ×` */
  readonly aim: string;
  /** `0.08 ×` */
  readonly reached: string;
  readonly met: boolean;
}
/** Three significant digits, for figures from 0.01 on. */
const digitsOf = (value: number): number => {
  if (value >= 100) return 0;
  if (value >= 10) return 1;
  return value >= 1 ? 2 : 3;
};
const formatted = (value: number, unit: string): string => {
  const digits = digitsOf(Math.abs(value));
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit}`;
};
/** A figure that is not a number has not been reached. `unit`: `×`, `ms`, `KB per session`. */
export const atMost = (what: string, limit: number, reached: number, unit: string): Aim => ({
  what,
  aim: `at most ${formatted(limit, unit)}`,
  reached: formatted(reached, unit),
  met: reached <= limit,
});
export const atLeast = (what: string, limit: number, reached: number, unit: string): Aim => ({
  what,
  aim: `at least ${formatted(limit, unit)}`,
  reached: formatted(reached, unit),
  met: reached >= limit,
});

/** What a benchmark has to give. All of it is written to `reports/`, and the page shows all but `data`. */
export interface Outcome {
  /** The table: every row has the same columns, and the name of the first column says what was compared. */
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** Sentences below the table: what the figures mean, ratios, what was checked. */
  readonly notes: readonly string[];
  readonly aims: readonly Aim[];
  /** The same as plain numbers, for programs. */
  readonly data: object;
}
export interface Benchmark {
  /** One line for `--help`, and the heading of its part of the page. */
  readonly doc: string;
  /**
   * For the page, in Markdown: what is run, against what, and what to bear in mind. The figures are not here
   * but in the data.
   */
  readonly about: string;
  /**
   * Why an aim is missed where it is, by `Aim.what`: what the profile says, and what would be needed. Shown
   * only while it is missed.
   */
  readonly missed?: Readonly<Record<string, string>>;
  /** How many sessions it takes unless told otherwise. */
  readonly sessions: number;
  readonly run: (options: {
    readonly sessions: number;
    readonly say: (line: string) => void;
  }) => Promise<Outcome>;
}

export const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)] ?? Number.NaN;
export const median = (values: readonly number[]): number => quantile(values, 0.5);
