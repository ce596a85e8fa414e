/**
 * The specification of one session. It has no sockets, no timers and no backoff: time is an event. Pairing,
 * and the count of endings in a row, have specifications of their own.
 */
import { assign, setup } from 'xstate';

export const maxStrikes = 2;
type Verdict = 'revoked' | 'banned_temporarily' | 'locked' | 'creds_lost' | 'exhausted';
export interface Promised {
  /** Failures since the last ten quiet minutes. */
  readonly strikes: number;
  /** Why an alert was raised. It stands until the session is connected again, or an operator lifts it. */
  readonly verdict: Verdict | null;
  readonly desired: 'running' | 'stopped';
  readonly unlinked: boolean;
}
export const events = [
  'operator restores',
  'operator restores by force',
  'operator retries',
  'operator retries by force',
  'operator stops',
  'operator logs out',
  'the gate lets it in',
  'the socket opens',
  'it is proven',
  'the deadline passes',
  'ten minutes pass',
  'a ping is lost',
  'it answers again',
  'another ping is lost',
  'the network drops',
  'WhatsApp is busy',
  'the device is unlinked',
  'the account is banned for a day',
  'the account is locked',
  'a QR appears',
  'the unlink is confirmed',
  'the backoff passes',
  'the probe is due',
  'the ban ends',
  'other credentials appear',
  'the same credentials are touched',
] as const;
export type Happening = (typeof events)[number];

const dead = (v: Verdict | null) => v === 'revoked' || v === 'creds_lost';
const clean = { strikes: 0, verdict: null } as const;

const strikesAfter = (verdict: Verdict, strikes: number): number => {
  if (verdict === 'locked') return strikes;
  return verdict === 'exhausted' ? maxStrikes : 0;
};

const specSetup = setup({
  types: { context: {} as Promised, events: {} as { type: Happening } },
  guards: {
    onProbation: ({ context: c }) => c.verdict !== null,
    isLastStrike: ({ context: c }) => c.strikes + 1 >= maxStrikes,
    isRunning: ({ context: c }) => c.desired === 'running',
    probes: ({ context: c }) => c.verdict === 'exhausted' && c.desired === 'running',
    banEnds: ({ context: c }) => c.verdict === 'banned_temporarily' && c.desired === 'running',
    mayTry: ({ context: c }) =>
      !dead(c.verdict) && c.verdict !== 'banned_temporarily' && c.verdict !== 'locked',
    mayTryByForce: ({ context: c }) => !dead(c.verdict) && c.verdict !== 'banned_temporarily',
    mayRetry: ({ context: c }) =>
      c.desired === 'running' &&
      !dead(c.verdict) &&
      c.verdict !== 'banned_temporarily' &&
      c.verdict !== 'locked',
    mayRetryByForce: ({ context: c }) =>
      c.desired === 'running' && !dead(c.verdict) && c.verdict !== 'banned_temporarily',
  },
  actions: {
    strike: assign(({ context: c }) => ({ strikes: Math.min(c.strikes + 1, maxStrikes) })),
    // the failures of a dead session are never read: everything that brings it back forgives them
    convict: assign(({ context: c }, p: { verdict: Verdict }) => ({
      verdict: p.verdict,
      strikes: strikesAfter(p.verdict, c.strikes),
    })),
    acquit: assign(clean),
    forgive: assign({ strikes: 0 }),
    prove: assign({ verdict: null }),
    run: assign({ desired: 'running' }),
    stop: assign({ desired: 'stopped' }),
    unlink: assign({ unlinked: true }),
  },
});
const fails = (verdict: Verdict) =>
  ({ target: 'failed', actions: { type: 'convict', params: { verdict } } }) as const;
const strikes = [
  { guard: 'onProbation', target: 'failed' }, // back to the verdict that stands, without another alert
  { guard: 'isLastStrike', ...fails('exhausted') },
  { target: 'retrying', actions: 'strike' },
] as const;

/** Of everything with a connection to WhatsApp, or on its way to one. */
const underWay = {
  'operator stops': [
    { guard: 'onProbation', target: 'failed', actions: 'stop' },
    { target: 'idle', actions: 'stop' },
  ],
  'other credentials appear': { target: 'queued', actions: 'acquit' },
} as const;
const onTheWire = {
  ...underWay,
  'the network drops': [{ guard: 'onProbation', target: 'failed' }, { target: 'retrying' }],
  'WhatsApp is busy': strikes,
  'the device is unlinked': fails('revoked'),
  'the account is banned for a day': fails('banned_temporarily'),
  'the account is locked': fails('locked'),
  'a QR appears': fails('creds_lost'),
} as const;
const away = { 'operator logs out': 'gone' } as const;

export const sessionSpec = specSetup.createMachine({
  id: 'spec',
  context: { strikes: 0, verdict: null, desired: 'running', unlinked: false },
  initial: 'queued',
  states: {
    queued: { on: { ...underWay, ...away, 'the gate lets it in': 'connecting' } },
    connecting: {
      on: { ...onTheWire, ...away, 'the socket opens': 'verifying', 'the deadline passes': strikes },
    },
    verifying: {
      on: {
        ...onTheWire,
        ...away,
        'it is proven': { target: 'healthy', actions: 'prove' },
        'the deadline passes': strikes,
      },
    },
    healthy: {
      on: {
        ...onTheWire,
        'operator logs out': 'unlinking',
        'ten minutes pass': { actions: 'forgive' },
        'a ping is lost': 'suspect',
      },
    },
    suspect: {
      on: {
        ...onTheWire,
        'operator logs out': 'unlinking',
        'it answers again': 'healthy',
        'another ping is lost': strikes,
      },
    },
    retrying: {
      on: {
        ...away,
        'the backoff passes': 'queued',
        'operator retries': { target: 'queued', actions: 'acquit' },
        'operator retries by force': { target: 'queued', actions: 'acquit' },
        'operator restores': 'queued',
        'operator restores by force': 'queued',
        'operator stops': { target: 'idle', actions: 'stop' },
        'other credentials appear': { target: 'queued', actions: 'acquit' },
      },
    },
    failed: {
      on: {
        ...away,
        'operator restores': { guard: 'mayTry', target: 'queued', actions: 'run' },
        'operator restores by force': { guard: 'mayTryByForce', target: 'queued', actions: 'run' },
        'operator retries': { guard: 'mayRetry', target: 'queued', actions: 'acquit' },
        'operator retries by force': { guard: 'mayRetryByForce', target: 'queued', actions: 'acquit' },
        'operator stops': { actions: 'stop' },
        'the probe is due': { guard: 'probes', target: 'queued' },
        'the ban ends': { guard: 'banEnds', target: 'queued', actions: 'acquit' },
        'other credentials appear': [
          { guard: 'isRunning', target: 'queued', actions: 'acquit' },
          { target: 'idle', actions: 'acquit' },
        ],
      },
    },
    idle: {
      on: {
        ...away,
        'operator restores': { target: 'queued', actions: 'run' },
        'operator restores by force': { target: 'queued', actions: 'run' },
        'other credentials appear': { actions: 'acquit' },
      },
    },
    unlinking: {
      on: {
        'the unlink is confirmed': { target: 'gone', actions: 'unlink' },
        'the deadline passes': 'gone',
        'the network drops': 'gone',
        'WhatsApp is busy': 'gone',
        'the device is unlinked': 'gone',
        'the account is banned for a day': 'gone',
        'the account is locked': 'gone',
      },
    },
    gone: { type: 'final' },
  },
});
