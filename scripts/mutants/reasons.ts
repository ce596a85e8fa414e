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
  {
    why: 'It is asked only where a verdict is why one is there: the `?.` is for TypeScript.',
    survivors: [
      {
        file: 'judging.ts',
        line: 'Math.min(Math.max(0, (c.verdict?.nextProbeAt ?? 0) - c.chance.now()), Math.round(c.policy.probeMs * 1.2)); // a clock set back must not postpone it for years',
        was: 'c.verdict?.nextProbeAt',
        becomes: 'c.verdict.nextProbeAt',
      },
      {
        file: 'judging.ts',
        line: 'Math.min(longestTimerMs, Math.max(0, (c.verdict?.until ?? Number.POSITIVE_INFINITY) - c.chance.now()));',
        was: 'c.verdict?.until',
        becomes: 'c.verdict.until',
      },
      {
        file: 'session.context.ts',
        line: "if (found.stored === 'restorable' && record?.fingerprint !== found.fingerprint) return undefined;",
        was: 'record?.fingerprint',
        becomes: 'record.fingerprint',
      },
    ],
  },
  {
    why: 'A word in a list of times is neither earlier nor later than anything: the first look at the list drops it.',
    survivors: [
      {
        file: 'breaker.ts',
        line: 'export const noTally: Tally = { live: 0, lostAt: [], failed: new Map() };',
        was: '[]',
        becomes: '["Stryker was here"]',
      },
      {
        file: 'reconcile.ts',
        line: 'const crashes = (known?.crashes ?? []).filter((at) => at > now - policy.crashWindowMs);',
        was: '[]',
        becomes: '["Stryker was here"]',
      },
    ],
  },
  {
    why: 'What is not there is compared with a time: `null` counts as 0, `undefined` as no number, and both comparisons are false without the check, which is for TypeScript.',
    survivors: [
      {
        file: 'commands.ts',
        line: "if (reason === 'banned_temporarily' && v.nextRetryAt !== null && v.nextRetryAt > now) {",
        was: 'v.nextRetryAt !== null',
        becomes: 'true',
      },
      {
        file: 'reconcile.ts',
        line: 'const isFrozen = since !== undefined && now - since < policy.freezeMs;',
        was: 'since !== undefined',
        becomes: 'true',
      },
    ],
  },
];
