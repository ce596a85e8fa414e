/** Operations on the process and on the machine's clock. */
import type { SimulatedFault } from './fault.ts';

const powerCutWithin = 40;

export const clockAndProcess: Readonly<Record<string, SimulatedFault>> = {
  kill: { weight: 2, apply: (harness) => (harness.kill(), 'kill -9') },
  'power loss': { weight: 2, apply: (harness) => (harness.losePower(), 'the power fails') },
  'power cut in a write': {
    weight: 3,
    apply: (harness, rng) => {
      const nth = rng.between(1, powerCutWithin);
      harness.volume.cutPower(nth);
      return `the power fails at the ${nth}th operation of the disk from now`;
    },
  },
  restart: {
    weight: 1.5,
    apply: (harness) => {
      const { process } = harness;
      harness.watch.touch(undefined);
      if (!process?.program) return undefined;
      void process.program.stop().then(() => harness.endProcess(process, 'was stopped in order'));
      return 'the program is restarted in order';
    },
  },
  'second supervisor': {
    weight: 0.5,
    apply: (harness) => (harness.boot(), 'the program is started a second time'),
  },
  'clock set': {
    weight: 2,
    apply: (harness, rng) => {
      const ms = rng.between(-3_600, 3_600) * 1_000;
      harness.clock.offset += ms;
      if (ms > 0) harness.watch.pace.clockSetForward();
      return `the clock is set ${ms > 0 ? 'forward' : 'back'} by ${Math.abs(ms) / 1000} s`;
    },
  },
};
