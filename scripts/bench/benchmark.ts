/** What a benchmark has to give: rows for the table, and the same as data for `reports/`. */
export interface Outcome {
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** Sentences below the table: what the figures mean, ratios, what was checked. */
  readonly notes: readonly string[];
  readonly data: unknown;
}
export interface Benchmark {
  /** One line for `--help`. */
  readonly doc: string;
  /** How many sessions it takes unless told otherwise. */
  readonly sessions: number;
  readonly run: (options: { readonly sessions: number; readonly say: (line: string) => void }) => Promise<Outcome>;
}
