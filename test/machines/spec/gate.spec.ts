/**
 * The specification of the gate with two slots, one token a second and a burst of two. Urgent requests go
 * first, and the gate admits none while credentials cannot be written. `a` and `b` are automatic; an operator
 * sends `v`.
 */
import { assign, setup } from 'xstate';

export const places = 2;
export const burst = 2;
export type Guest = 'a' | 'b' | 'v';
export interface Admission {
  readonly tokens: number;
  readonly urgent: readonly Guest[];
  readonly waiting: readonly Guest[];
  readonly inside: readonly Guest[];
  readonly held: boolean;
}
type Happening =
  | `${Guest} asks`
  | `${Guest} leaves`
  | 'a second passes'
  | 'writing fails'
  | 'writing works again';

const admitted = (c: Admission): Admission => {
  let { tokens, urgent, waiting, inside } = c;
  while (!c.held && tokens > 0 && inside.length < places) {
    const next = urgent[0] ?? waiting[0];
    if (next === undefined) break;
    [tokens, urgent, waiting] = [
      tokens - 1,
      urgent.filter((g) => g !== next),
      waiting.filter((g) => g !== next),
    ];
    inside = [...inside, next].sort();
  }
  return { ...c, tokens, urgent, waiting, inside };
};
const isHere = (c: Admission, g: Guest) => [...c.urgent, ...c.waiting, ...c.inside].includes(g);
type WithGuest = { readonly g: Guest };
const specSetup = setup({
  types: { context: {} as Admission, events: {} as { type: Happening } },
  guards: {
    isAway: ({ context: c }, { g }: WithGuest) => !isHere(c, g),
    isHere: ({ context: c }, { g }: WithGuest) => isHere(c, g),
  },
  actions: {
    ask: assign(({ context: c }, { g }: WithGuest) =>
      admitted(g === 'v' ? { ...c, urgent: [...c.urgent, g] } : { ...c, waiting: [...c.waiting, g] }),
    ),
    leave: assign(({ context: c }, { g }: WithGuest) => {
      const without = (list: readonly Guest[]) => list.filter((other) => other !== g);
      return admitted({
        ...c,
        urgent: without(c.urgent),
        waiting: without(c.waiting),
        inside: without(c.inside),
      });
    }),
  },
});
const asks = (g: Guest) =>
  ({ guard: { type: 'isAway', params: { g } }, actions: { type: 'ask', params: { g } } }) as const;
const leaves = (g: Guest) =>
  ({ guard: { type: 'isHere', params: { g } }, actions: { type: 'leave', params: { g } } }) as const;

export const gateSpec = specSetup.createMachine({
  id: 'spec',
  context: { tokens: burst, urgent: [], waiting: [], inside: [], held: false },
  initial: 'open',
  states: {
    open: {
      on: {
        'a asks': asks('a'),
        'b asks': asks('b'),
        'v asks': asks('v'),
        'a leaves': leaves('a'),
        'b leaves': leaves('b'),
        'v leaves': leaves('v'),
        'a second passes': {
          actions: assign(({ context: c }) => admitted({ ...c, tokens: Math.min(burst, c.tokens + 1) })),
        },
        'writing fails': { actions: assign({ held: true }) },
        'writing works again': { actions: assign(({ context: c }) => admitted({ ...c, held: false })) },
      },
    },
  },
});
