/**
 * The specification of endings in a row: which count, which are forgiven at once, how long each waits, and
 * how many lead to a verdict. `floor` is the least wait, in seconds. In an outage of the whole fleet (the
 * permit says so) nothing counts, except that WhatsApp asked for a restart.
 */
import { assign, setup } from 'xstate';

export const maxStrikes = 4;
export interface Counted {
  readonly strikes: number;
  /** The ending that came last, and how often in a row. Only where a row matters. */
  readonly row: readonly ['restart' | 'conflict' | 'unknown', number] | null;
  readonly counts: boolean;
  readonly verdict: 'exhausted' | 'conflict' | 'unknown' | null;
  readonly floor: number;
}
export const events = [
  'it is let in',
  'it is let in during an outage',
  'the backoff passes',
  'the network drops',
  'no answer comes',
  'it stops answering pings',
  'WhatsApp is busy',
  'WhatsApp asks for a restart',
  'WhatsApp refuses our version',
  'the disk cannot be read',
  'another login takes over',
  'it ends for no known reason',
] as const;
export type Happening = (typeof events)[number];

const rowOf = (c: Counted, name: 'restart' | 'conflict' | 'unknown') => (c.row?.[0] === name ? c.row[1] : 0);
const next = (c: Counted, name: 'restart' | 'conflict' | 'unknown', most: number) =>
  Math.min(rowOf(c, name) + Number(c.counts), most);
const row = (name: 'restart' | 'conflict' | 'unknown', n: number): Counted['row'] =>
  n === 0 ? null : [name, n];

const specSetup = setup({
  types: { context: {} as Counted, events: {} as { type: Happening } },
  guards: {
    restartsFreely: ({ context: c }) => rowOf(c, 'restart') < 3,
    isLast: ({ context: c }) => c.counts && c.strikes + 1 >= maxStrikes,
    isSecondConflict: ({ context: c }) => c.counts && rowOf(c, 'conflict') === 1,
    isFourthUnknown: ({ context: c }) => c.counts && rowOf(c, 'unknown') === 3,
  },
  actions: {
    admit: assign((_, p: { counts: boolean }) => ({ counts: p.counts, floor: 0 })),
    pass: assign((_, p: { floor: number }) => ({ row: null, floor: p.floor })),
    strike: assign(({ context: c }, p: { floor: number }) => ({
      strikes: c.strikes + Number(c.counts),
      row: null,
      floor: p.floor,
    })),
    restart: assign(({ context: c }) => ({ row: row('restart', rowOf(c, 'restart') + 1), counts: true })),
    strikeRestart: assign(({ context: c }) => ({
      strikes: c.strikes + Number(c.counts),
      row: row('restart', 3),
    })),
    yield: assign(({ context: c }) => ({ row: row('conflict', next(c, 'conflict', 1)), floor: 60 })),
    strikeUnknown: assign(({ context: c }) => ({
      strikes: c.strikes + Number(c.counts),
      row: row('unknown', next(c, 'unknown', 3)),
      floor: rowOf(c, 'unknown') === 0 ? 0 : 300,
    })),
    convict: assign((_, p: { verdict: NonNullable<Counted['verdict']> }) => ({
      verdict: p.verdict,
      strikes: 0,
      row: null,
    })),
  },
});
const convicted = (verdict: NonNullable<Counted['verdict']>) =>
  ({ target: 'failed', actions: { type: 'convict', params: { verdict } } }) as const;
const passes = (floor: number) =>
  ({ target: 'retrying', actions: { type: 'pass', params: { floor } } }) as const;
const strikes = (floor: number) =>
  [
    { guard: 'isLast', ...convicted('exhausted') },
    { target: 'retrying', actions: { type: 'strike', params: { floor } } },
  ] as const;

export const countingSpec = specSetup.createMachine({
  id: 'spec',
  context: { strikes: 0, row: null, counts: true, verdict: null, floor: 0 },
  initial: 'queued',
  states: {
    queued: {
      on: {
        'it is let in': { target: 'connecting', actions: { type: 'admit', params: { counts: true } } },
        'it is let in during an outage': {
          target: 'connecting',
          actions: { type: 'admit', params: { counts: false } },
        },
      },
    },
    connecting: {
      on: {
        'the network drops': passes(0),
        'no answer comes': strikes(0),
        'it stops answering pings': strikes(0),
        'WhatsApp is busy': strikes(5),
        'the disk cannot be read': passes(5),
        'WhatsApp refuses our version': passes(60),
        'WhatsApp asks for a restart': [
          { guard: 'restartsFreely', target: 'queued', actions: 'restart' },
          { guard: 'isLast', ...convicted('exhausted') },
          { target: 'retrying', actions: 'strikeRestart' },
        ],
        'another login takes over': [
          { guard: 'isSecondConflict', ...convicted('conflict') },
          { target: 'retrying', actions: 'yield' },
        ],
        'it ends for no known reason': [
          { guard: 'isFourthUnknown', ...convicted('unknown') },
          { guard: 'isLast', ...convicted('exhausted') },
          { target: 'retrying', actions: 'strikeUnknown' },
        ],
      },
    },
    retrying: { on: { 'the backoff passes': 'queued' } },
    failed: {},
  },
});
