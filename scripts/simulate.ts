/**
 * Plays one seed of the fleet simulation and prints its trace: docs/engineering/SIMULATION.md. `npm run chaos
 * -- simulate` plays many fresh seeds.
 *
 *   npx tsx scripts/simulate.ts --seed 7 [--hours 60] [--fleet 10] [--gap 9] [--keep 3,17 | none]
 *
 * `--keep`: only these operations of the schedule. `--gap`: minutes between two operations, on average. Exits
 * with 1 when an invariant is broken.
 */
import { parseArgs } from 'node:util';
import { simulate } from '../test/simulation/run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    hours: { type: 'string', default: '60' },
    fleet: { type: 'string', default: '10' },
    gap: { type: 'string', default: '9' },
    keep: { type: 'string' },
  },
});
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const say = (text: string) => void process.stdout.write(`${text}\n`);
const numberOf = (name: 'seed' | 'hours' | 'fleet' | 'gap'): number => {
  const number = Number(values[name]);
  if (values[name] !== undefined && Number.isFinite(number) && number >= 0) return number;
  process.stderr.write(
    `--${name} must be a number${values[name] === undefined ? '' : `, not "${values[name]}"`}.\n`,
  );
  process.exit(2);
};
const kept = (text: string): ReadonlySet<number> =>
  new Set(text === 'none' ? [] : text.split(',').map(Number));

const { trace, violation, simulatedMs, starts, performed } = await simulate({
  seed: numberOf('seed'),
  totalMs: numberOf('hours') * hourMs,
  fleet: numberOf('fleet'),
  meanGapMs: numberOf('gap') * minuteMs,
  ...(values.keep !== undefined && { keep: kept(values.keep) }),
});
say(trace.join('\n'));
say(
  `seed ${values.seed}: ${(simulatedMs / hourMs).toFixed(1)} h simulated, ${performed.length} operations, the program started ${starts} times, ` +
    (violation ? 'BROKEN' : 'every invariant held'),
);
process.exitCode = violation ? 1 : 0;
