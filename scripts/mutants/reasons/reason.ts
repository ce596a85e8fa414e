/**
 * Why a mutant that lives is no gap in the tests: it does the same as what it was made of. Each is named by the line it stands on,
 * so that a changed line asks for its reason anew. The report fails for a survivor without a reason, and for a reason without one.
 */
export interface Survivor {
  /** In `machines/`. */
  readonly file: string;
  /** The line it begins on, without what is blank around it. */
  readonly line: string;
  readonly was: string;
  readonly becomes: string;
}
export interface Reason {
  readonly why: string;
  readonly survivors: readonly Survivor[];
}
/** All that one line has of them. */
export const on = (file: string, line: string, ...mutants: readonly (readonly [was: string, becomes: string])[]): Survivor[] =>
  mutants.map(([was, becomes]) => ({ file, line, was, becomes }));
