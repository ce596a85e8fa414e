/** What happens to our own process and to the machine's clock. */
import type { SimulatedFault } from './fault.ts';

const powerCutWithin = 40;

export const clockAndProcess: Readonly<Record<string, SimulatedFault>> = {
  kill: { weight: 2, strike: (world) => (world.kill(), 'kill -9') },
  'power loss': { weight: 2, strike: (world) => (world.losePower(), 'the power goes') },
  'power cut in a write': {
    weight: 3,
    strike: (world, rng) => {
      const nth = rng.between(1, powerCutWithin);
      world.medium.cutPower(nth);
      return `the power goes at the ${nth}th operation of the disk from now`;
    },
  },
  restart: {
    weight: 1.5,
    strike: (world) => {
      const { process } = world;
      world.watch.touch(undefined);
      if (!process?.program) return undefined;
      void process.program.stop().then(() => world.endProcess(process, 'was stopped in order'));
      return 'the program is restarted in order';
    },
  },
  'second supervisor': { weight: 0.5, strike: (world) => (world.boot(), 'somebody starts the program a second time') },
  'clock set': {
    weight: 2,
    strike: (world, rng) => {
      const ms = rng.between(-3_600, 3_600) * 1_000;
      world.clock.offset += ms;
      if (ms > 0) world.watch.pace.clockSetForward();
      return `the clock is set ${ms > 0 ? 'forward' : 'back'} by ${Math.abs(ms) / 1000} s`;
    },
  },
};
