/** Checks that only TypeScript needs, and what is gone when it runs. */
import { on, type Reason } from './reason.ts';

export const forTypeScript: readonly Reason[] = [
  {
    why: 'The other kinds of judgement have neither such a number nor `strikes`, and a comparison with `undefined` is false. The check is for TypeScript.',
    survivors: [
      ...on('session/verdict.ts', "const isStrike = (j: Judgement) => j.kind === 'reopen' || (j.kind === 'retry' && j.strikes);", [
        "j.kind === 'retry'",
        'true',
      ]),
      ...on('session/verdict.ts', "return j.kind === 'reopen' && inARow(c, reason) <= j.free;", ["j.kind === 'reopen'", 'true']),
      ...on('session/verdict.ts', "if (j.kind === 'retry' && inARow(c, reason) >= j.limit) return j.verdict;", [
        "j.kind === 'retry'",
        'true',
      ]),
      ...on(
        'session/verdict.ts',
        "const floorMs = j.kind === 'retry' && inARow(c, e.reason) >= j.floorFrom ? j.floorMs / c.policy.floorDivisor : 0;",
        ["j.kind === 'retry'", 'true'],
      ),
    ],
  },
  {
    why: 'It runs only where a record or a verdict exists. The `?.` is for TypeScript.',
    survivors: [
      ...on(
        'session/verdict.ts',
        'Math.min(Math.max(0, (c.verdict?.nextProbeAt ?? 0) - c.clock.now()), Math.round(c.policy.probeMs * 1.2)); // a clock set back must not postpone it for years',
        ['c.verdict?.nextProbeAt', 'c.verdict.nextProbeAt'],
      ),
      ...on(
        'session/verdict.ts',
        'Math.min(longestTimerMs, Math.max(0, (c.verdict?.until ?? Number.POSITIVE_INFINITY) - c.clock.now()));',
        ['c.verdict?.until', 'c.verdict.until'],
      ),
      ...on('session/context.ts', "if (found.stored === 'restorable' && record?.fingerprint !== found.fingerprint) return undefined;", [
        'record?.fingerprint',
        'record.fingerprint',
      ]),
      ...on(
        'session/setup.ts',
        'const isOver = ({ verdict, clock }: SessionContext) => (verdict?.until ?? Number.POSITIVE_INFINITY) <= clock.now();',
        ['verdict?.until', 'verdict.until'],
      ),
      ...on(
        'session/setup.ts',
        "probesItself: ({ context: c }) => c.verdict?.nextProbeAt !== undefined && c.desired === 'running' && c.duplicateOf === undefined,",
        ['c.verdict?.nextProbeAt', 'c.verdict.nextProbeAt'],
      ),
      ...on(
        'session/setup.ts',
        "endsByItself: ({ context: c }) => c.verdict?.until !== undefined && c.desired === 'running' && c.duplicateOf === undefined,",
        ['c.verdict?.until', 'c.verdict.until'],
      ),
      ...on('session/context.ts', 'account: wrongNumber ? record?.account : (found.account ?? record?.account),', [
        'record?.account',
        'record.account',
      ]),
    ],
  },
  {
    why: 'Without the check, `null` counts as 0 and `undefined` as no number, so both comparisons are false. The check is for TypeScript.',
    survivors: [
      ...on('domain/commands.ts', "if (reason === 'banned_temporarily' && v.nextRetryAt !== null && v.nextRetryAt > now) {", [
        'v.nextRetryAt !== null',
        'true',
      ]),
      ...on('supervisor/reconcile.ts', 'const isFrozen = since !== undefined && now - since < policy.freezeMs;', [
        'since !== undefined',
        'true',
      ]),
    ],
  },
  {
    why: 'A pairing is reported only while one exists. The check is for TypeScript.',
    survivors: [
      ...on('session/setup.ts', 'if (c.pairing === undefined) return;', ['c.pairing === undefined', 'false']),
      ...on('session/setup.ts', 'asFound(c, found, c.pairing?.replaceAccount !== true && isOtherNumber(c.account, found.account)),', [
        'c.pairing?.replaceAccount',
        'c.pairing.replaceAccount',
      ]),
      ...on(
        'session/pairing.ts',
        "if (context.pairing === undefined) throw new Error('pairing was entered without a request');",
        ['context.pairing === undefined', 'false'],
        ["'pairing was entered without a request'", '""'],
      ),
      ...on(
        'session/pairing.ts',
        "input: ({ context }) => ({ org: context.org, pairingId: context.pairing?.id ?? '' }),",
        ['context.pairing?.id', 'context.pairing.id'],
        ["''", '"Stryker was here!"'],
      ),
    ],
  },
  {
    why: 'Only this event uses the guard. The check is for TypeScript.',
    survivors: [
      ...on('gate/setup.ts', "isUrgent: ({ event }) => event.type === 'slot.requested' && event.urgent,", [
        "event.type === 'slot.requested'",
        'true',
      ]),
      ...on('gate/setup.ts', "isOutdated: ({ event }) => event.type === 'attempt.failed' && event.reason === 'outdated',", [
        "event.type === 'attempt.failed'",
        'true',
      ]),
      ...on(
        'gate/setup.ts',
        "event.type === 'attempt.failed' && isMassRefusal(attemptFailed(c.tally, event.org, c.now(), c.policy), event.running, c.policy),",
        ["event.type === 'attempt.failed'", 'true'],
      ),
      ...on(
        'supervisor/setup.ts',
        "event.type === 'session.command' && event.command.type === 'session.pair' && c.roster.get(event.org)?.loaded !== true,",
        ["event.type === 'session.command'", 'true'],
      ),
    ],
  },
  {
    why: 'These are types and do not exist at run time.',
    survivors: [
      ...on('session/setup.ts', 'types: {', [
        '{ context: {} as SessionContext, events: {} as SessionEvent, input: {} as SessionInput, emitted: {} as SessionReport, }',
        '{}',
      ]),
      ...on(
        'gate/setup.ts',
        'types: { context: {} as GateContext, events: {} as GateEvent, emitted: {} as GateEmitted, input: {} as GateInput },',
        ['{ context: {} as GateContext, events: {} as GateEvent, emitted: {} as GateEmitted, input: {} as GateInput }', '{}'],
      ),
      ...on('supervisor/setup.ts', 'types: {', [
        '{ context: {} as SupervisorContext, input: {} as SupervisorInput, events: {} as SupervisorEvent, emitted: {} as SupervisorEmitted, }',
        '{}',
      ]),
    ],
  },
];
