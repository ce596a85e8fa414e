/** Words of which only some letters, or none, are ever asked for. */
import { on, type Reason } from './reason.ts';

export const words: readonly Reason[] = [
  {
    why: 'A word in a list of times is neither earlier nor later than any time. The first pass over the list drops it.',
    survivors: [
      ...on('gate/breaker.ts', 'export const noTally: Tally = { live: 0, lostAt: [], failed: new Map() };', ['[]', '["Stryker was here"]']),
      ...on('supervisor/reconcile.ts', 'const crashes = (known?.crashes ?? []).filter((at) => at > now - policy.crashWindowMs);', [
        '[]',
        '["Stryker was here"]',
      ]),
    ],
  },
  {
    why: 'An actor stops with the state that started it. Its name only has to differ from the others, and no code uses it.',
    survivors: [
      ...on(
        'session/live.ts',
        "invoke: { id: 'permit', src: 'permit', input: ({ context }) => ({ org: context.org, urgent: context.urgent }) },",
        ["'permit'", '""'],
      ),
      ...on('session/live.ts', "invoke: saveRecordMeanwhile('saveConnectedRecord'),", ["'saveConnectedRecord'", '""']),
      ...on('session/live.ts', "saveRecordMeanwhile('saveRunningRecord'),", ["'saveRunningRecord'", '""']),
      ...on('session/session.machine.ts', "id: 'archive',", ["'archive'", '""']),
      ...on(
        'session/pairing.ts',
        "invoke: { id: 'permit', src: 'permit', input: ({ context }) => ({ org: context.org, urgent: true }) },",
        ["'permit'", '""'],
      ),
      ...on('session/pairing.ts', "saveRecordMeanwhile('savePairingRecord'),", ["'savePairingRecord'", '""']),
      ...on('supervisor/supervisor.machine.ts', "id: 'scan',", ["'scan'", '""']),
      ...on('supervisor/supervisor.machine.ts', "invoke: { id: 'settle', src: 'settle', onDone: 'stopped', onError: 'stopped' },", [
        "'settle'",
        '""',
      ]),
    ],
  },
  {
    why: 'The code only compares with `well`. Every other word, and none, is equal.',
    survivors: [
      ...on(
        'session/live.ts',
        "{ guard: 'isHearing', actions: [{ type: 'noteHearing', params: { hearing: 'deaf' } }, shownAgain] },",
        ["{ hearing: 'deaf' }", '{}'],
        ["'deaf'", '""'],
      ),
      ...on(
        'session/live.ts',
        "entry: [{ type: 'notePings', params: { pings: 'missed' } }, shownAgain],",
        ["{ pings: 'missed' }", '{}'],
        ["'missed'", '""'],
      ),
      ...on(
        'session/live.ts',
        "'storage.failed': { actions: [{ type: 'noteWrites', params: { writes: 'failing' } }, shownAgain] },",
        ["{ writes: 'failing' }", '{}'],
        ["'failing'", '""'],
      ),
    ],
  },
  {
    why: '`undefined` is as false as `false`.',
    survivors: [
      ...on(
        'session/live.ts',
        "entry: [{ type: 'noteBacklog', params: { caughtUp: false } }, ordered('connection.open'), shown('restoring', 'connecting')],",
        ['{ caughtUp: false }', '{}'],
      ),
    ],
  },
  {
    why: 'Rows without a limit never reach it, so no code reads the verdict.',
    survivors: [...on('domain/disconnect.ts', "verdict: 'exhausted',", ["'exhausted'", '""'])],
  },
  {
    why: 'Every attempt that is neither open nor a canary is a probe.',
    survivors: [
      ...on(
        'gate/gate.machine.ts',
        "states: { pausing: { after: { nextProbe: { target: 'pausing', reenter: true, actions: admit('probing') } } } },",
        ["'probing'", '""'],
      ),
    ],
  },
  {
    why: 'It must only differ from what the next scan finds. An unsettled directory changes nothing.',
    survivors: [
      ...on(
        'supervisor/setup.ts',
        "enqueue.assign({ roster: new Map(c.roster).set(r.org, { ...known, found: { ...known.found, stored: 'unsettled' } }) });",
        ["'unsettled'", '""'],
      ),
    ],
  },
  {
    why: 'The first scan clears it before any code reads it.',
    survivors: [...on('supervisor/supervisor.machine.ts', 'scanRequested: false,', ['false', 'true'])],
  },
];
