/**
 * Two organizations write to each other while connections drop and processes are killed. What WhatsApp
 * acknowledged is in the other's backend, once. The long form is `npm run chaos -- messages`.
 */
import { expect, it } from 'vitest';
import { runMessages } from '../../scripts/chaos/messages.ts';
import { rngOf } from '../../scripts/chaos/rng.ts';

const each = Number(process.env['VIGIA_MESSAGES'] ?? 40);
/** The same choices each time: a run is about the change. Fresh seeds: `npm run chaos -- messages`. */
const seed = Number(process.env['VIGIA_SEED'] ?? 1);

it(`no message is lost, doubled or reported wrongly in ${each} each way through kills and drops`, {
  timeout: 900_000,
}, async () => {
  const story: string[] = [`seed ${seed}`];
  const report = await runMessages({
    rng: rngOf(seed),
    left: (done) => each - done,
    say: (line) => story.push(line),
  });
  process.stdout.write(`seed ${seed}: ${JSON.stringify(report.figures)}\n`);
  expect(report.broken, story.join('\n')).toEqual([]);
  expect(report.figures['kills']).toBeGreaterThan(0);
  expect(report.figures['accepted']).toBe(2 * each);
});
