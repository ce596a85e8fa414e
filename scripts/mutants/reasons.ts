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
export const reasons: readonly Reason[] = [
  {
    why: 'The other kinds of judgement have no such number, nor `strikes`: what is compared with nothing is false. The check is for TypeScript.',
    survivors: [
      {
        file: 'judging.ts',
        line: "const isStrike = (j: Judgement) => j.kind === 'reopen' || (j.kind === 'retry' && j.strikes);",
        was: "j.kind === 'retry'",
        becomes: 'true',
      },
      {
        file: 'judging.ts',
        line: "return j.kind === 'reopen' && inARow(c, reason) <= j.free;",
        was: "j.kind === 'reopen'",
        becomes: 'true',
      },
      {
        file: 'judging.ts',
        line: "if (j.kind === 'retry' && inARow(c, reason) >= j.limit) return j.verdict;",
        was: "j.kind === 'retry'",
        becomes: 'true',
      },
      {
        file: 'judging.ts',
        line: "const floorMs = j.kind === 'retry' && inARow(c, e.reason) >= j.floorFrom ? j.floorMs / c.policy.floorDivisor : 0;",
        was: "j.kind === 'retry'",
        becomes: 'true',
      },
    ],
  },
];
