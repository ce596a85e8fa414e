/** What happens to our own process and to the machine's clock. */
import type { SimulatedFault } from './fault.ts';

const powerCutWithin = 40;

export const clockAndProcess: Readonly<Record<string, SimulatedFault>> = {
  kill: { weight: 2, strike: (harness) => (harness.kill(), 'kill -9') },
  'power loss': { weight: 2, strike: (harness) => (harness.losePower(), 'the power goes') },
  'power cut in a write': {
    weight: 3,
    strike: (harness, rng) => {
      const nth = rng.between(1, powerCutWithin);
      harness.volume.cutPower(nth);
      return `the power goes at the ${nth}th operation of the disk from now`;
    },
  },
  restart: {
    weight: 1.5,
    strike: (harness) => {
      const { process } = harness;
      harness.watch.touch(undefined);
      if (!process?.program) return undefined;
      void process.program.stop().then(() => harness.endProcess(process, 'was stopped in order'));
      return 'the program is restarted in order';
    },
  },
  'second supervisor': { weight: 0.5, strike: (harness) => (harness.boot(), 'somebody starts the program a second time') },
  'clock set': {
    weight: 2,
    strike: (harness, rng) => {
      const ms = rng.between(-3_600, 3_600) * 1_000;
      harness.clock.offset += ms;
      if (ms > 0) harness.watch.pace.clockSetForward();
      return `the clock is set ${ms > 0 ? 'forward' : 'back'} by ${Math.abs(ms) / 1000} s`;
    },
  },
};
