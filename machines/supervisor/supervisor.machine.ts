/**
 * Looks at the directory at start and every 30 s, keeps one session per organization, and emits what the world should hear.
 *
 *   running{ scanning ⇄ watching } ──shutdown──▶ draining ──▶ stopped
 *
 * It must not throw: an error here ends the process, and a process manager starts the next one.
 */
import { supervisorSetup } from './setup.ts';

export const supervisorMachine = supervisorSetup.createMachine({
  id: 'supervisor',
  context: ({ input }) => ({
    ...input,
    roster: new Map(),
    gone: new Map(),
    frozenSince: undefined,
    scanRequested: false,
    restless: false,
    live: 0,
    running: 0,
    unwritable: new Set(),
  }),
  initial: 'running',
  states: {
    running: {
      invoke: [
        { id: 'gate', systemId: 'gate', src: 'gate', input: ({ context }) => ({ policy: context.policy.gate, now: context.clock.now }) },
        { id: 'fleet', src: 'fleet' },
      ],
      on: {
        shutdown: 'draining',
        'session.reported': {
          actions: [
            { type: 'count', params: ({ event }) => event },
            { type: 'pass', params: ({ event }) => event },
          ],
        },
        'pairing.reported': { actions: { type: 'pass', params: ({ event }) => event } },
        'session.crashed': {
          actions: [
            { type: 'uncount', params: ({ event }) => event },
            { type: 'noteCrash', params: ({ event }) => event },
            'noteScanRequest',
            { type: 'pass', params: ({ event }) => event },
          ],
        },
        'session.gone': {
          actions: [
            { type: 'uncount', params: ({ event }) => event },
            { type: 'forget', params: ({ event }) => event },
            { type: 'pass', params: ({ event }) => event },
          ],
        },
        'session.dropped': {
          actions: [
            { type: 'uncount', params: ({ event }) => event },
            { type: 'pass', params: ({ event }) => event },
          ],
        },
        'session.command': [
          {
            guard: 'isNewcomer',
            actions: [
              { type: 'welcome', params: ({ event }) => event },
              { type: 'forward', params: ({ event }) => event },
            ],
          },
          { actions: { type: 'forward', params: ({ event }) => event } },
        ],
        'version.renewed': { actions: 'tellGateOfVersion' },
        'scan.requested': { actions: 'noteScanRequest' },
      },
      initial: 'scanning',
      states: {
        scanning: {
          entry: 'forgetScanRequest',
          invoke: {
            id: 'scan',
            src: 'scan',
            onDone: [
              {
                guard: { type: 'isRootLost', params: ({ event }) => ({ scan: event.output }) },
                target: '#supervisor.draining',
                actions: 'sayRootLost',
              },
              { target: 'watching', actions: { type: 'obey', params: ({ event }) => ({ scan: event.output }) } },
            ],
            onError: { target: 'watching', actions: { type: 'sayScanFailed', params: ({ event }) => ({ error: event.error }) } },
          },
        },
        watching: {
          initial: 'resting',
          states: {
            resting: {
              always: { guard: 'isScanRequested', target: 'hurrying' }, // by a new directory, a crash, or while the last look was under way
              after: { restlessGap: { guard: 'isRestless', target: '#supervisor.running.scanning' } },
            },
            hurrying: { after: { requestGap: '#supervisor.running.scanning' } },
          },
          after: { scanEvery: 'scanning' },
        },
      },
    },
    draining: {
      // leaving `running` stopped every session and its socket; what remains is what the adapters still have to write
      invoke: { id: 'settle', src: 'settle', onDone: 'stopped', onError: 'stopped' },
      after: { drainDeadline: 'stopped' },
    },
    stopped: { type: 'final' },
  },
});
