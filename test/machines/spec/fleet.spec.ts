/**
 * The specification of one organization in the fleet, through all changes of its directory, its session and
 * the scan. Its neighbour is loaded all the time, and nothing happens to it.
 */
import { assign, setup } from 'xstate';

export const crashLimit = 2;
export interface Membership {
  /** Whose credentials lie in the directory. */
  readonly disk: 'A' | 'B' | null;
  /** One scan did not find it. */
  readonly missed: boolean;
  readonly desired: 'running' | 'stopped';
  /** Its crashes, as far as the fleet remembers them. */
  readonly crashes: number;
  /** Set aside for its crashes, and these credentials are what was set aside. */
  readonly setAside: 'A' | 'B' | null;
  /** Whose credentials it had last. */
  readonly had: 'A' | 'B' | null;
}
export type Happening =
  | 'it is found'
  | 'it is found again'
  | 'it vanishes'
  | 'it stays away'
  | 'it is replaced'
  | 'a scan fails'
  | 'operator stops'
  | 'operator restores'
  | 'operator retries'
  | 'operator logs out'
  | 'it crashes';

const specSetup = setup({
  types: { context: {} as Membership, events: {} as { type: Happening } },
  guards: {
    isThere: ({ context: c }) => c.disk !== null,
    isAway: ({ context: c }) => c.disk === null,
    isRunning: ({ context: c }) => c.desired === 'running',
    willBeSetAside: ({ context: c }) => c.disk !== null && c.crashes + 1 >= crashLimit,
    wasSetAside: ({ context: c }) => c.setAside !== null && (c.disk ?? c.had) === c.setAside,
    wouldBeSetAside: ({ context: c }) => c.setAside !== null && (c.had ?? 'A') === c.setAside,
  },
  actions: {
    lay: assign(({ context: c }) => ({
      disk: c.had ?? ('A' as const),
      had: c.had ?? ('A' as const),
      missed: false,
    })),
    vanish: assign({ disk: null, missed: true }),
    drop: assign({ missed: false, crashes: 0 }),
    replace: assign(({ context: c }) => {
      const next = (c.had === 'A' ? 'B' : 'A') as 'A' | 'B';
      return { disk: next, had: next, missed: false, setAside: null };
    }),
    stop: assign({ desired: 'stopped' }),
    run: assign({ desired: 'running' }),
    crash: assign(({ context: c }) => ({ crashes: Math.min(c.crashes + 1, crashLimit) })),
    setAside: assign(({ context: c }) => ({ setAside: c.disk })),
    pardon: assign({ setAside: null }),
    leave: assign({ disk: null, missed: false, crashes: 0, desired: 'running', setAside: null }),
    same: assign({}),
  },
});
const loaded = {
  'it is found again': { guard: 'isThere', actions: 'same' },
  'it vanishes': { guard: 'isThere', actions: 'vanish' },
  'it stays away': { guard: 'isAway', target: 'away', actions: 'drop' },
  'it is found': { guard: 'isAway', actions: 'lay' },
  'a scan fails': { actions: 'same' },
  'operator logs out': { target: 'away', actions: 'leave' },
} as const;

export const fleetSpec = specSetup.createMachine({
  id: 'spec',
  context: { disk: null, missed: false, desired: 'running', crashes: 0, setAside: null, had: null },
  initial: 'away',
  states: {
    away: {
      on: {
        'it is found': [
          { guard: 'wouldBeSetAside', target: 'failed', actions: 'lay' },
          { guard: 'isRunning', target: 'connected', actions: 'lay' },
          { target: 'idle', actions: 'lay' },
        ],
        'operator restores': { actions: 'same' },
        'a scan fails': { actions: 'same' },
      },
    },
    connected: {
      on: {
        ...loaded,
        'it is replaced': { guard: 'isThere', actions: 'replace' },
        'operator stops': { target: 'idle', actions: 'stop' },
        'it crashes': [
          { guard: 'willBeSetAside', target: 'failed', actions: ['crash', 'setAside'] },
          { guard: 'isThere', actions: 'crash' },
        ],
      },
    },
    idle: {
      on: {
        ...loaded,
        'it is replaced': { guard: 'isThere', actions: 'replace' },
        'operator restores': { target: 'connected', actions: 'run' },
      },
    },
    failed: {
      on: {
        ...loaded,
        'it is replaced': [
          {
            guard: ({ context: c }) => c.disk !== null && c.desired === 'running',
            target: 'connected',
            actions: 'replace',
          },
          { guard: 'isThere', target: 'idle', actions: 'replace' },
        ],
        'operator stops': { actions: 'stop' },
        'operator restores': { target: 'connected', actions: ['run', 'pardon'] },
        'operator retries': [
          { guard: 'isRunning', target: 'connected', actions: ['run', 'pardon'] },
          { actions: 'same' },
        ],
      },
    },
  },
});
