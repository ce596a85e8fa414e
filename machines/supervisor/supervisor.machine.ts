/**
 * Scans the directory at start and every 30 s, keeps one session per organization, and emits what the rest of
 * the program needs to know.
 *
 *   running{ scanning ⇄ watching } ──shutdown──▶ draining ──▶ stopped
 *
 * It must not throw: an error here ends the process, and the process manager starts another.
 */
import { supervisorSetup } from './setup.ts';

export const supervisorMachine = supervisorSetup.createMachine({
  id: 'supervisor',
  context: ({ input }) => ({
    ...input,
    roster: new Map(),
    gone: new Map(),
    frozenSince: undefined,
    // equivalent mutant `false` → `true`: the first scan clears it before any code reads it
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
        {
          id: 'gate',
          systemId: 'gate',
          src: 'gate',
          input: ({ context }) => ({ policy: context.policy.gate, now: context.clock.now }),
        },
        { id: 'fleet', src: 'fleet' },
      ],
      on: {
        shutdown: 'draining',
        'session.reported': {
          actions: [
            { type: 'count', params: ({ event }) => event },
            {
              type: 'noteWritable',
              params: ({ event: { org, view } }) => ({ org, writable: view.writable }),
            },
            { type: 'noteVanished', params: ({ event }) => event },
            { type: 'informGate', params: ({ event }) => event },
            { type: 'emitFact', params: ({ event }) => event },
          ],
        },
        'pairing.reported': { actions: { type: 'emitFact', params: ({ event }) => event } },
        'session.crashed': {
          actions: [
            { type: 'noteWritable', params: ({ event: { org } }) => ({ org, writable: true }) },
            { type: 'uncount', params: ({ event }) => event },
            { type: 'noteCrash', params: ({ event }) => event },
            'noteScanRequest',
            { type: 'emitFact', params: ({ event }) => event },
          ],
        },
        'session.gone': {
          actions: [
            { type: 'noteWritable', params: ({ event: { org } }) => ({ org, writable: true }) },
            { type: 'uncount', params: ({ event }) => event },
            { type: 'forget', params: ({ event }) => event },
            { type: 'emitFact', params: ({ event }) => event },
          ],
        },
        'session.dropped': {
          actions: [
            { type: 'noteWritable', params: ({ event: { org } }) => ({ org, writable: true }) },
            { type: 'uncount', params: ({ event }) => event },
            { type: 'emitFact', params: ({ event }) => event },
          ],
        },
        'session.command': [
          {
            guard: 'isUnknown',
            actions: [
              { type: 'adoptForPairing', params: ({ event }) => event },
              { type: 'forward', params: ({ event }) => event },
            ],
          },
          { actions: { type: 'forward', params: ({ event }) => event } },
        ],
        'version.renewed': { actions: 'renewVersion' },
        'scan.requested': { actions: 'noteScanRequest' },
      },
      initial: 'scanning',
      states: {
        scanning: {
          entry: 'forgetScanRequest',
          invoke: {
            src: 'scan',
            onDone: [
              {
                guard: { type: 'isRootLost', params: ({ event }) => ({ scan: event.output }) },
                target: '#supervisor.draining',
                actions: 'emitRootLost',
              },
              {
                target: 'watching',
                actions: { type: 'applyScan', params: ({ event }) => ({ scan: event.output }) },
              },
            ],
            onError: {
              target: 'watching',
              actions: { type: 'emitScanFailed', params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
        watching: {
          initial: 'resting',
          states: {
            resting: {
              // by the watcher of the directory, by a crash, or during the last scan
              always: { guard: 'isScanRequested', target: 'hurrying' },
              after: { restlessGap: { guard: 'isRestless', target: '#supervisor.running.scanning' } },
            },
            hurrying: { after: { requestGap: '#supervisor.running.scanning' } },
          },
          after: { scanEvery: 'scanning' },
        },
      },
    },
    draining: {
      // the exit from `running` stopped every session and its socket; the adapters may still have to write
      invoke: { src: 'settle', onDone: 'stopped', onError: 'stopped' },
      after: { drainDeadline: 'stopped' },
    },
    stopped: { type: 'final' },
  },
});
