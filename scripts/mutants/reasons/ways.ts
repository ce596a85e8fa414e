/** Another way to the same state, or a way that nobody goes. */
import { on, type Reason } from './reason.ts';

export const ways: readonly Reason[] = [
  {
    why: 'Two organizations never have the same name.',
    survivors: [
      ...on(
        'supervisor/reconcile.ts',
        '(a.record?.firstSeen ?? Number.POSITIVE_INFINITY) - (b.record?.firstSeen ?? Number.POSITIVE_INFINITY) || (a.org < b.org ? -1 : 1);',
        ['a.org < b.org', 'a.org <= b.org'],
      ),
    ],
  },
  {
    why: 'A command after the end of a ban is refused only for a duplicate, in every state.',
    survivors: [
      ...on('session/setup.ts', "servedItsBan: ({ context: c, event }) => isOver(c) && refusal(c, event, 'failed') === undefined,", [
        "'failed'",
        '""',
      ]),
    ],
  },
  {
    why: 'A waiting request has already put the gate into `crowded`, where it stays while a request waits. The freed slot only restarts its timer.',
    survivors: [
      ...on('gate/gate.machine.ts', "'gate.freed': { target: '.crowded', actions: ['free', admit('open')] },", ["'.crowded'", '""']),
    ],
  },
  {
    why: 'An outage ends with the first proven session, which clears the earlier failures. The last failure is not read again.',
    survivors: [
      ...on(
        'gate/gate.machine.ts',
        "{ guard: 'wouldBeMassRefusal', target: 'probing', actions: { type: 'countFailed', params: ({ event }) => event } },",
        ["{ type: 'countFailed', params: ({ event }) => event }", '{}'],
      ),
    ],
  },
  {
    why: 'Without a target it stays in `crowded` without entering it again. No timer runs, as in `clear`, and the next request enters it.',
    survivors: [...on('gate/gate.machine.ts', "{ guard: 'nobodyWaits', target: 'clear' },", ["'clear'", '""'])],
  },
  {
    why: 'A request that stops waiting leaves the queue before another is admitted. A slot is never granted to a request that is gone.',
    survivors: [
      ...on(
        'gate/gate.machine.ts',
        "gate.on('slot.granted', ({ org, counts }) => waiting.get(org)?.({ type: 'permit.granted', counts }));",
        ["waiting.get(org)?.({ type: 'permit.granted', counts })", "waiting.get(org)({ type: 'permit.granted', counts })"],
      ),
    ],
  },
  {
    why: 'The verdict is set all the same, and the first line of `adopted` leads a session with a verdict to `failed`.',
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
    why: 'It has nothing left to do in its state, as in the state that it does not enter.',
    survivors: [
      ...on('session/session.machine.ts', "states: { saving: { invoke: saveRecordThen('resting', 'idle') }, resting: {} },", [
        "'resting'",
        '""',
      ]),
      ...on(
        'session/session.machine.ts',
        "{ target: 'awaitingOperator' },",
        ["{ target: 'awaitingOperator' }", '{}'],
        ["'awaitingOperator'", '""'],
      ),
    ],
  },
  {
    why: 'A set with the same members is equal: no member is added or removed, so none is first or last.',
    survivors: [
      ...on('supervisor/setup.ts', 'if (r.writable === c.unwritable.has(r.org)) {', ['r.writable === c.unwritable.has(r.org)', 'true']),
    ],
  },
];
