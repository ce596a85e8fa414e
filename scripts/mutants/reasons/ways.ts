/** Another way to the same state, or a way that nobody goes. */
import { on, type Reason } from './reason.ts';

export const ways: readonly Reason[] = [
  {
    why: 'Two organizations never have one name.',
    survivors: [
      ...on(
        'supervisor/reconcile.ts',
        '(a.record?.firstSeen ?? Number.POSITIVE_INFINITY) - (b.record?.firstSeen ?? Number.POSITIVE_INFINITY) || (a.org < b.org ? -1 : 1);',
        ['a.org < b.org', 'a.org <= b.org'],
      ),
    ],
  },
  {
    why: 'A ban that is over is refused for a twin alone, in whatever state.',
    survivors: [
      ...on('session/setup.ts', "servedItsBan: ({ context: c, event }) => isOver(c) && refusal(c, event, 'failed') === undefined,", [
        "'failed'",
        '""',
      ]),
    ],
  },
  {
    why: 'Whoever waits has put the gate into `crowded` by asking, and it stays there as long as somebody waits: being freed only starts its timer anew.',
    survivors: [
      ...on('gate/gate.machine.ts', "'gate.freed': { target: '.crowded', actions: ['free', admit('open')] },", ["'.crowded'", '""']),
    ],
  },
  {
    why: 'An outage ends with the first that is proven, and that forgets who failed before: who was the last to fail is not asked again.',
    survivors: [
      ...on(
        'gate/gate.machine.ts',
        "{ guard: 'wouldBeMassRefusal', target: 'probing', actions: { type: 'countFailed', params: ({ event }) => event } },",
        ["{ type: 'countFailed', params: ({ event }) => event }", '{}'],
      ),
    ],
  },
  {
    why: 'Without a target it stays in `crowded` and does not enter it anew: no timer runs, as in `clear`, and whoever asks next enters it.',
    survivors: [...on('gate/gate.machine.ts', "{ guard: 'nobodyWaits', target: 'clear' },", ["'clear'", '""'])],
  },
  {
    why: 'Whoever stops waiting has left the queue before anybody else is let in: a place is never granted to one that is gone.',
    survivors: [
      ...on(
        'gate/gate.machine.ts',
        "gate.on('place.granted', ({ org, counts }) => waiting.get(org)?.({ type: 'permit.granted', counts }));",
        ["waiting.get(org)?.({ type: 'permit.granted', counts })", "waiting.get(org)({ type: 'permit.granted', counts })"],
      ),
    ],
  },
  {
    why: 'The verdict is passed all the same, and the first line of `adopted` leads whoever has one to `failed`.',
    survivors: [
      ...on(
        'session/session.machine.ts',
        "{ guard: 'isDuplicate', target: 'failed', actions: { type: 'judge', params: { reason: 'conflict' } } },",
        ["'failed'", '""'],
      ),
      ...on(
        'session/session.machine.ts',
        "{ guard: 'isOfWrongNumber', target: 'failed', actions: { type: 'judge', params: { reason: 'wrong_account' } } },",
        ["'failed'", '""'],
      ),
      ...on(
        'session/session.machine.ts',
        "{ guard: 'isCorrupt', target: 'failed', actions: { type: 'judge', params: { reason: 'creds_corrupt' } } },",
        ["'failed'", '""'],
      ),
    ],
  },
  {
    why: 'It has nothing left to do where it is, as in the state that it does not go to.',
    survivors: [
      ...on('session/session.machine.ts', "states: { saving: { invoke: keepThen('resting', 'idle') }, resting: {} },", ["'resting'", '""']),
      ...on('session/session.machine.ts', "{ target: 'untilSomeone' },", ["{ target: 'untilSomeone' }", '{}'], ["'untilSomeone'", '""']),
    ],
  },
  {
    why: 'A set of the same members says the same: nobody is added or taken away, so nobody is the first or the last.',
    survivors: [
      ...on('supervisor/setup.ts', 'if (r.writable === c.unwritable.has(r.org)) {', ['r.writable === c.unwritable.has(r.org)', 'true']),
    ],
  },
];
