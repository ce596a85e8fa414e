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
const on = (file: string, line: string, ...mutants: readonly (readonly [was: string, becomes: string])[]): Survivor[] =>
  mutants.map(([was, becomes]) => ({ file, line, was, becomes }));

export const reasons: readonly Reason[] = [
  {
    why: 'The other kinds of judgement have no such number, nor `strikes`: what is compared with nothing is false. The check is for TypeScript.',
    survivors: [
      ...on('judging.ts', "const isStrike = (j: Judgement) => j.kind === 'reopen' || (j.kind === 'retry' && j.strikes);", [
        "j.kind === 'retry'",
        'true',
      ]),
      ...on('judging.ts', "return j.kind === 'reopen' && inARow(c, reason) <= j.free;", ["j.kind === 'reopen'", 'true']),
      ...on('judging.ts', "if (j.kind === 'retry' && inARow(c, reason) >= j.limit) return j.verdict;", ["j.kind === 'retry'", 'true']),
      ...on(
        'judging.ts',
        "const floorMs = j.kind === 'retry' && inARow(c, e.reason) >= j.floorFrom ? j.floorMs / c.policy.floorDivisor : 0;",
        ["j.kind === 'retry'", 'true'],
      ),
    ],
  },
  {
    why: 'It is asked only where a verdict is why one is there: the `?.` is for TypeScript.',
    survivors: [
      ...on(
        'judging.ts',
        'Math.min(Math.max(0, (c.verdict?.nextProbeAt ?? 0) - c.chance.now()), Math.round(c.policy.probeMs * 1.2)); // a clock set back must not postpone it for years',
        ['c.verdict?.nextProbeAt', 'c.verdict.nextProbeAt'],
      ),
      ...on('judging.ts', 'Math.min(longestTimerMs, Math.max(0, (c.verdict?.until ?? Number.POSITIVE_INFINITY) - c.chance.now()));', [
        'c.verdict?.until',
        'c.verdict.until',
      ]),
      ...on('session.context.ts', "if (found.stored === 'restorable' && record?.fingerprint !== found.fingerprint) return undefined;", [
        'record?.fingerprint',
        'record.fingerprint',
      ]),
      ...on(
        'session.words.ts',
        'const isOver = ({ verdict, chance }: SessionContext) => (verdict?.until ?? Number.POSITIVE_INFINITY) <= chance.now();',
        ['verdict?.until', 'verdict.until'],
      ),
      ...on(
        'session.words.ts',
        "probesItself: ({ context: c }) => c.verdict?.nextProbeAt !== undefined && c.desired === 'running' && c.duplicateOf === undefined,",
        ['c.verdict?.nextProbeAt', 'c.verdict.nextProbeAt'],
      ),
      ...on(
        'session.words.ts',
        "endsByItself: ({ context: c }) => c.verdict?.until !== undefined && c.desired === 'running' && c.duplicateOf === undefined,",
        ['c.verdict?.until', 'c.verdict.until'],
      ),
    ],
  },
  {
    why: 'A word in a list of times is neither earlier nor later than anything: the first look at the list drops it.',
    survivors: [
      ...on('breaker.ts', 'export const noTally: Tally = { live: 0, lostAt: [], failed: new Map() };', ['[]', '["Stryker was here"]']),
      ...on('reconcile.ts', 'const crashes = (known?.crashes ?? []).filter((at) => at > now - policy.crashWindowMs);', [
        '[]',
        '["Stryker was here"]',
      ]),
    ],
  },
  {
    why: 'What is not there is compared with a time: `null` counts as 0, `undefined` as no number, and both comparisons are false without the check, which is for TypeScript.',
    survivors: [
      ...on('commands.ts', "if (reason === 'banned_temporarily' && v.nextRetryAt !== null && v.nextRetryAt > now) {", [
        'v.nextRetryAt !== null',
        'true',
      ]),
      ...on('reconcile.ts', 'const isFrozen = since !== undefined && now - since < policy.freezeMs;', ['since !== undefined', 'true']),
    ],
  },
  {
    why: 'An actor is stopped with the state that started it: its name only has to be another one than that of the others, and nobody calls it.',
    survivors: [
      ...on(
        'session.live.ts',
        "invoke: { id: 'permit', src: 'permit', input: ({ context }) => ({ org: context.org, urgent: context.urgent }) },",
        ["'permit'", '""'],
      ),
      ...on('session.live.ts', "invoke: keepBeside('keepConnected'),", ["'keepConnected'", '""']),
      ...on('session.live.ts', "keepBeside('keepRunning'),", ["'keepRunning'", '""']),
      ...on('session.machine.ts', "id: 'archive',", ["'archive'", '""']),
    ],
  },
  {
    why: 'What is asked is whether it is `well`: every other word, and none, is as good.',
    survivors: [
      ...on(
        'session.live.ts',
        "{ guard: 'isHearing', actions: [{ type: 'noteHearing', params: { hearing: 'deaf' } }, shownAgain] },",
        ["{ hearing: 'deaf' }", '{}'],
        ["'deaf'", '""'],
      ),
      ...on(
        'session.live.ts',
        "entry: [{ type: 'notePings', params: { pings: 'missed' } }, shownAgain],",
        ["{ pings: 'missed' }", '{}'],
        ["'missed'", '""'],
      ),
      ...on(
        'session.live.ts',
        "'storage.failed': { actions: [{ type: 'noteWrites', params: { writes: 'failing' } }, shownAgain] },",
        ["{ writes: 'failing' }", '{}'],
        ["'failing'", '""'],
      ),
    ],
  },
  {
    why: 'What is not there is as false as `false`.',
    survivors: [
      ...on(
        'session.live.ts',
        "entry: [{ type: 'noteBacklog', params: { caughtUp: false } }, ordered('connection.open'), shown('restoring', 'connecting')],",
        ['{ caughtUp: false }', '{}'],
      ),
    ],
  },
  {
    why: 'Never is reached by no row without a limit, so nobody asks which verdict it would lead to.',
    survivors: [...on('disconnect.ts', "verdict: 'exhausted',", ["'exhausted'", '""'])],
  },
  {
    why: 'Two organizations never have one name.',
    survivors: [
      ...on(
        'reconcile.ts',
        '(a.record?.firstSeen ?? Number.POSITIVE_INFINITY) - (b.record?.firstSeen ?? Number.POSITIVE_INFINITY) || (a.org < b.org ? -1 : 1);',
        ['a.org < b.org', 'a.org <= b.org'],
      ),
    ],
  },
  {
    why: 'A pairing is spoken of only while there is one: the check is for TypeScript.',
    survivors: [...on('session.words.ts', 'if (c.pairing === undefined) return;', ['c.pairing === undefined', 'false'])],
  },
  {
    why: 'A ban that is over is refused for a twin alone, in whatever state.',
    survivors: [
      ...on('session.words.ts', "servedItsBan: ({ context: c, event }) => isOver(c) && refusal(c, event, 'failed') === undefined,", [
        "'failed'",
        '""',
      ]),
    ],
  },
  {
    why: 'Types: nothing of it is left when it runs.',
    survivors: [
      ...on('session.words.ts', 'types: {', [
        '{ context: {} as SessionContext, events: {} as SessionEvent, input: {} as SessionInput, emitted: {} as SessionReport, output: {} as { readonly unlinked: boolean }, }',
        '{}',
      ]),
      ...on(
        'gate.words.ts',
        'types: { context: {} as GateContext, events: {} as GateEvent, emitted: {} as GateEmitted, input: {} as GateInput },',
        ['{ context: {} as GateContext, events: {} as GateEvent, emitted: {} as GateEmitted, input: {} as GateInput }', '{}'],
      ),
    ],
  },
  {
    why: 'Whoever waits has put the gate into `crowded` by asking, and it stays there as long as somebody waits: being freed only starts its timer anew.',
    survivors: [...on('gate.machine.ts', "'gate.freed': { target: '.crowded', actions: ['free', admit('open')] },", ["'.crowded'", '""'])],
  },
  {
    why: 'An outage ends with the first that is proven, and that forgets who failed before: who was the last to fail is not asked again.',
    survivors: [
      ...on(
        'gate.machine.ts',
        "{ guard: 'wouldBeMassRefusal', target: 'probing', actions: { type: 'countFailed', params: ({ event }) => event } },",
        ["{ type: 'countFailed', params: ({ event }) => event }", '{}'],
      ),
    ],
  },
  {
    why: 'Without a target it stays in `crowded` and does not enter it anew: no timer runs, as in `clear`, and whoever asks next enters it.',
    survivors: [...on('gate.machine.ts', "{ guard: 'nobodyWaits', target: 'clear' },", ["'clear'", '""'])],
  },
  {
    why: 'What is neither open nor a canary is a probe.',
    survivors: [
      ...on(
        'gate.machine.ts',
        "states: { pausing: { after: { nextProbe: { target: 'pausing', reenter: true, actions: admit('probing') } } } },",
        ["'probing'", '""'],
      ),
    ],
  },
  {
    why: 'Whoever stops waiting has left the queue before anybody else is let in: a place is never granted to one that is gone.',
    survivors: [
      ...on('gate.machine.ts', "gate.on('place.granted', ({ org, counts }) => waiting.get(org)?.({ type: 'permit.granted', counts }));", [
        "waiting.get(org)?.({ type: 'permit.granted', counts })",
        "waiting.get(org)({ type: 'permit.granted', counts })",
      ]),
    ],
  },
  {
    why: 'The guard stands on this one event: the check is for TypeScript.',
    survivors: [
      ...on('gate.words.ts', "isUrgent: ({ event }) => event.type === 'place.asked' && event.urgent,", [
        "event.type === 'place.asked'",
        'true',
      ]),
      ...on('gate.words.ts', "isOutdated: ({ event }) => event.type === 'attempt.failed' && event.reason === 'outdated',", [
        "event.type === 'attempt.failed'",
        'true',
      ]),
      ...on(
        'gate.words.ts',
        "event.type === 'attempt.failed' && isMassRefusal(attemptFailed(c.tally, event.org, c.now(), c.policy), event.running, c.policy),",
        ["event.type === 'attempt.failed'", 'true'],
      ),
    ],
  },
  {
    why: 'The verdict is passed all the same, and the first line of `adopted` leads whoever has one to `failed`.',
    survivors: [
      ...on(
        'session.machine.ts',
        "{ guard: 'isDuplicate', target: 'failed', actions: { type: 'judge', params: { reason: 'conflict' } } },",
        ["'failed'", '""'],
      ),
      ...on(
        'session.machine.ts',
        "{ guard: 'isOfWrongNumber', target: 'failed', actions: { type: 'judge', params: { reason: 'wrong_account' } } },",
        ["'failed'", '""'],
      ),
      ...on(
        'session.machine.ts',
        "{ guard: 'isCorrupt', target: 'failed', actions: { type: 'judge', params: { reason: 'creds_corrupt' } } },",
        ["'failed'", '""'],
      ),
    ],
  },
  {
    why: 'It has nothing left to do where it is, as in the state that it does not go to.',
    survivors: [
      ...on('session.machine.ts', "states: { saving: { invoke: keepThen('resting', 'idle') }, resting: {} },", ["'resting'", '""']),
      ...on('session.machine.ts', "{ target: 'untilSomeone' },", ["{ target: 'untilSomeone' }", '{}'], ["'untilSomeone'", '""']),
    ],
  },
];
