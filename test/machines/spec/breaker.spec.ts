/**
 * The specification of an outage, with small numbers: three failures stand for all. `a minute passes` is
 * longer than every window.
 */
import { assign, setup } from 'xstate';

export const outageMin = 3;
export interface Tally {
  readonly live: number;
  readonly lost: number;
  readonly failed: number;
}
type Happening =
  | 'one is proven'
  | 'a live one is lost'
  | 'a live one is stopped'
  | 'another attempt fails'
  | 'the same attempt fails again'
  | 'an attempt meets a refused version'
  | 'a newer version is found'
  | 'a minute passes';

const specSetup = setup({
  types: { context: {} as Tally, events: {} as { type: Happening } },
  guards: {
    hasRoom: ({ context: c }) => c.live < 3,
    mayLose: ({ context: c }) => c.live > 0 && c.lost < 4,
    isLive: ({ context: c }) => c.live > 0,
    mostAreLost: ({ context: c }) =>
      c.live > 0 && c.lost < 4 && c.lost + 1 >= outageMin && c.lost + 1 > (c.live - 1 + c.lost + 1) / 2,
    allFail: ({ context: c }) => c.live === 0 && c.failed < 3 && c.failed + 1 >= outageMin,
    allStillFail: ({ context: c }) => c.live === 0 && c.failed >= outageMin,
    mayFail: ({ context: c }) => c.failed < 3,
    hasFailed: ({ context: c }) => c.failed > 0,
  },
  actions: {
    prove: assign(({ context: c }) => ({ live: c.live + 1, failed: 0 })),
    lose: assign(({ context: c }) => ({ live: c.live - 1, lost: c.lost + 1 })),
    stop: assign(({ context: c }) => ({ live: c.live - 1 })),
    fail: assign(({ context: c }) => ({ failed: c.failed + 1 })),
    forget: assign({ lost: 0, failed: 0 }),
    same: assign({}),
  },
});
const counts = {
  'a live one is stopped': { guard: 'isLive', actions: 'stop' },
  'a minute passes': { actions: 'forget' },
} as const;

export const breakerSpec = specSetup.createMachine({
  id: 'spec',
  context: { live: 0, lost: 0, failed: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        ...counts,
        'one is proven': { guard: 'hasRoom', actions: 'prove' },
        'a live one is lost': [
          { guard: 'mostAreLost', target: 'probing', actions: 'lose' },
          { guard: 'mayLose', actions: 'lose' },
        ],
        'another attempt fails': [
          { guard: 'allFail', target: 'probing', actions: 'fail' },
          { guard: 'mayFail', actions: 'fail' },
        ],
        'the same attempt fails again': [
          { guard: 'allStillFail', target: 'probing' }, // the last live one was stopped meanwhile
          { guard: 'hasFailed', actions: 'same' },
        ],
        'an attempt meets a refused version': 'outdated',
        'a newer version is found': { actions: 'same' },
      },
    },
    probing: {
      on: {
        ...counts,
        'one is proven': { guard: 'hasRoom', target: 'open', actions: 'prove' },
        'a live one is lost': { guard: 'mayLose', actions: 'lose' },
        'another attempt fails': { actions: 'same' },
        'the same attempt fails again': { actions: 'same' },
        'an attempt meets a refused version': 'outdated',
      },
    },
    outdated: {
      on: {
        ...counts,
        'one is proven': { guard: 'hasRoom', target: 'open', actions: 'prove' },
        'a live one is lost': { guard: 'mayLose', actions: 'lose' },
        'another attempt fails': { actions: 'same' },
        'an attempt meets a refused version': { actions: 'same' },
        'a newer version is found': { actions: 'same' },
      },
    },
  },
});
