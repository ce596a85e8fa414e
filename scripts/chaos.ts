/**
 * `npm run chaos -- [MODE] [--minutes N | --kills N] [--seed N]`: what the tests do for a minute, for as long as one likes.
 * Ends with code 1 when something was lost. A new mode is one more row of the table.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import build from '../test/support/build.ts';
import { chanceOf } from './chaos/chance.ts';
import { kill } from './chaos/kills.ts';
import type { Mode } from './chaos/mode.ts';

const modes: Readonly<Record<string, Mode>> = { kill };
const minuteMs = 60_000;
const endingDeadlineMs = 10_000;
/** 128 + SIGINT, as shells expect. */
const interruptedCode = 130;
const say = (line: string) => process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

const usage = [
  'usage: npm run chaos -- [MODE] [--minutes N | --kills N] [--seed N]',
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
      options: { minutes: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
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
const numberOf = (name: 'minutes' | 'kills' | 'seed'): number | undefined => {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) && number >= 0 ? number : refuse(`--${name} must be a number, not "${text}".`);
};
const [name = Object.keys(modes)[0] ?? '', ...rest] = positionals;
const mode = modes[name] ?? refuse(`There is no mode "${name}".`);
if (rest.length > 0) refuse(`One mode at a time: ${positionals.join(', ')}.`);

const seed = numberOf('seed') ?? Math.floor(Math.random() * 2 ** 32);
const kills = numberOf('kills');
const endsAt = Date.now() + (numberOf('minutes') ?? 5) * minuteMs;
let interrupted = false;
process.on('SIGINT', () => {
  if (interrupted) process.exit(interruptedCode);
  interrupted = true; // a terminal tells the children too, so this scene is over; its directory is removed on the way out
  say('interrupted: ending');
  setTimeout(() => process.exit(interruptedCode), endingDeadlineMs).unref();
});

say(`${name}, seed ${seed} (repeat the same choices with --seed ${seed}; the timing of the machine is its own)`);
const isOver = (done: number) => interrupted || (kills === undefined ? Date.now() >= endsAt : done >= kills);
try {
  build();
  const report = await mode.run({
    chance: chanceOf(seed),
    left: (done) => (isOver(done) ? 0 : (kills ?? Number.POSITIVE_INFINITY) - done),
    say,
  });
  say(JSON.stringify(report));
  for (const sentence of report.broken) say(`BROKEN: ${sentence}`);
  say(report.broken.length === 0 ? 'nothing was lost' : `${report.broken.length} things went wrong, seed ${seed}`);
  process.exitCode = report.broken.length === 0 ? 0 : 1;
} catch (error) {
  await wait(0); // the building held back the word of Ctrl-C
  if (interrupted) process.exit(interruptedCode);
  say(`BROKEN: ${(error as Error).message}`);
  say(`seed ${seed}`);
  process.exitCode = 1;
}
