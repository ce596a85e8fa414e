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
      {
        file: 'session.words.ts',
        line: 'const isOver = ({ verdict, chance }: SessionContext) => (verdict?.until ?? Number.POSITIVE_INFINITY) <= chance.now();',
        was: 'verdict?.until',
        becomes: 'verdict.until',
      },
      {
        file: 'session.words.ts',
        line: "probesItself: ({ context: c }) => c.verdict?.nextProbeAt !== undefined && c.desired === 'running' && c.duplicateOf === undefined,",
        was: 'c.verdict?.nextProbeAt',
        becomes: 'c.verdict.nextProbeAt',
      },
      {
        file: 'session.words.ts',
        line: "endsByItself: ({ context: c }) => c.verdict?.until !== undefined && c.desired === 'running' && c.duplicateOf === undefined,",
        was: 'c.verdict?.until',
        becomes: 'c.verdict.until',
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
  {
    why: 'An actor is stopped with the state that started it: its name only has to be another one than that of the others, and nobody calls it.',
    survivors: [
      {
        file: 'session.live.ts',
        line: "invoke: { id: 'permit', src: 'permit', input: ({ context }) => ({ org: context.org, urgent: context.urgent }) },",
        was: "'permit'",
        becomes: '""',
      },
      { file: 'session.live.ts', line: "invoke: keepBeside('keepConnected'),", was: "'keepConnected'", becomes: '""' },
      { file: 'session.live.ts', line: "keepBeside('keepRunning'),", was: "'keepRunning'", becomes: '""' },
    ],
  },
  {
    why: 'What is asked is whether it is `well`: every other word, and none, is as good.',
    survivors: [
      {
        file: 'session.live.ts',
        line: "{ guard: 'isHearing', actions: [{ type: 'noteHearing', params: { hearing: 'deaf' } }, shownAgain] },",
        was: "{ hearing: 'deaf' }",
        becomes: '{}',
      },
      {
        file: 'session.live.ts',
        line: "{ guard: 'isHearing', actions: [{ type: 'noteHearing', params: { hearing: 'deaf' } }, shownAgain] },",
        was: "'deaf'",
        becomes: '""',
      },
      {
        file: 'session.live.ts',
        line: "entry: [{ type: 'notePings', params: { pings: 'missed' } }, shownAgain],",
        was: "{ pings: 'missed' }",
        becomes: '{}',
      },
      {
        file: 'session.live.ts',
        line: "entry: [{ type: 'notePings', params: { pings: 'missed' } }, shownAgain],",
        was: "'missed'",
        becomes: '""',
      },
      {
        file: 'session.live.ts',
        line: "'storage.failed': { actions: [{ type: 'noteWrites', params: { writes: 'failing' } }, shownAgain] },",
        was: "{ writes: 'failing' }",
        becomes: '{}',
      },
      {
        file: 'session.live.ts',
        line: "'storage.failed': { actions: [{ type: 'noteWrites', params: { writes: 'failing' } }, shownAgain] },",
        was: "'failing'",
        becomes: '""',
      },
    ],
  },
  {
    why: 'What is not there is as false as `false`.',
    survivors: [
      {
        file: 'session.live.ts',
        line: "entry: [{ type: 'noteBacklog', params: { caughtUp: false } }, ordered('connection.open'), shown('restoring', 'connecting')],",
        was: '{ caughtUp: false }',
        becomes: '{}',
      },
    ],
  },
  {
    why: 'Never is reached by no row without a limit, so nobody asks which verdict it would lead to.',
    survivors: [{ file: 'disconnect.ts', line: "verdict: 'exhausted',", was: "'exhausted'", becomes: '""' }],
  },
  {
    why: 'Two organizations never have one name.',
    survivors: [
      {
        file: 'reconcile.ts',
        line: '(a.record?.firstSeen ?? Number.POSITIVE_INFINITY) - (b.record?.firstSeen ?? Number.POSITIVE_INFINITY) || (a.org < b.org ? -1 : 1);',
        was: 'a.org < b.org',
        becomes: 'a.org <= b.org',
      },
    ],
  },
  {
    why: 'A pairing is spoken of only while there is one: the check is for TypeScript.',
    survivors: [
      { file: 'session.words.ts', line: 'if (c.pairing === undefined) return;', was: 'c.pairing === undefined', becomes: 'false' },
    ],
  },
  {
    why: 'A ban that is over is refused for a twin alone, in whatever state.',
    survivors: [
      {
        file: 'session.words.ts',
        line: "servedItsBan: ({ context: c, event }) => isOver(c) && refusal(c, event, 'failed') === undefined,",
        was: "'failed'",
        becomes: '""',
      },
    ],
  },
  {
    why: 'Types: nothing of it is left when it runs.',
    survivors: [
      {
        file: 'session.words.ts',
        line: 'types: {',
        was: '{ context: {} as SessionContext, events: {} as SessionEvent, input: {} as SessionInput, emitted: {} as SessionReport, output: {} as { readonly unlinked: boolean }, }',
        becomes: '{}',
      },
    ],
  },
];
