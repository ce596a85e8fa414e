/**
 * `npm run chaos -- [MODE] [--minutes N | --count N] [--seed N]`: what the tests do for a minute, for as long
 * as one likes. Ends with code 1 when something was lost. A new mode is one more row of the table.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { disturb } from './chaos/disturb.ts';
import { events } from './chaos/events.ts';
import { kill } from './chaos/kills.ts';
import { messages } from './chaos/messages.ts';
import type { Mode } from './chaos/mode.ts';
import { rngOf } from './chaos/rng.ts';
import { simulate } from './chaos/simulate.ts';

const modes: Readonly<Record<string, Mode>> = { kill, events, disturb, messages, simulate };
const minuteMs = 60_000;
const endingDeadlineMs = 10_000;
/** 128 + SIGINT, as shells expect. */
const interruptedCode = 130;
const say = (line: string) => process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

const usage = [
  'usage: npm run chaos -- [MODE] [--minutes N | --count N] [--seed N]',
  ...Object.entries(modes).map(([name, { doc }]) => `  ${name}: ${doc}`),
  'Without a bound it runs for 5 minutes; the first mode is the default.',
].join('\n');
const refuse = (problem: string): never => {
  process.stderr.write(`${problem}\n${usage}\n`);
  process.exit(2);
};
const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        minutes: { type: 'string' },
        count: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
};
const { values, positionals } = parse();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const numberOf = (name: 'minutes' | 'count' | 'seed'): number | undefined => {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) && number >= 0
    ? number
    : refuse(`--${name} must be a number, not "${text}".`);
};
const [name = Object.keys(modes)[0] ?? '', ...rest] = positionals;
const mode = modes[name] ?? refuse(`There is no mode "${name}".`);
if (rest.length > 0) refuse(`One mode at a time: ${positionals.join(', ')}.`);

const seed = numberOf('seed') ?? Math.floor(Math.random() * 2 ** 32);
const count = numberOf('count');
const endsAt = Date.now() + (numberOf('minutes') ?? 5) * minuteMs;
let interrupted = false;
process.on('SIGINT', () => {
  if (interrupted) process.exit(interruptedCode);
  // a terminal tells the children too, so this scene is over; its directory is removed on the way out
  interrupted = true;
  say('interrupted: ending');
  // a simulation moves the other timers
  void wait(endingDeadlineMs, undefined, { ref: false }).then(() => process.exit(interruptedCode));
});

say(`${name}, seed ${seed} (repeat the same choices with --seed ${seed})`);
const isOver = (done: number) => interrupted || (count === undefined ? Date.now() >= endsAt : done >= count);
try {
  const report = await mode.run({
    rng: rngOf(seed),
    left: (done) => (isOver(done) ? 0 : (count ?? Number.POSITIVE_INFINITY) - done),
    say,
  });
  say(JSON.stringify(report));
  for (const message of report.broken) say(`BROKEN: ${message}`);
  say(
    report.broken.length === 0
      ? 'every promise was kept'
      : `${report.broken.length} things went wrong, seed ${seed}`,
  );
  process.exitCode = report.broken.length === 0 ? 0 : 1;
} catch (error) {
  await wait(0); // the building held back the word of Ctrl-C
  if (interrupted) process.exit(interruptedCode);
  say(`BROKEN: ${(error as Error).message}`);
  say(`seed ${seed}`);
  process.exitCode = 1;
}
