/** The built program is killed as clients receive events: the webhook gets every one of them all the same. */
import { expect, it } from 'vitest';
import { runEvents } from '../../scripts/chaos/events.ts';
import { rngOf } from '../../scripts/chaos/rng.ts';

const kills = Number(process.env['VIGIA_EVENT_KILLS'] ?? 4);
const seed = Number(process.env['VIGIA_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const perKillMs = 60_000;

it(`no event that a client received is lost to the webhook in ${kills} kills, and no removal`, {
  timeout: 240_000 + kills * perKillMs,
}, async () => {
  const story: string[] = [`seed ${seed}`];
  const report = await runEvents({
    rng: rngOf(seed),
    left: (done) => kills - done,
    say: (line) => story.push(line),
  }).catch((cause: Error) => {
    throw new Error(`${cause.message}\n${story.join('\n')}`, { cause });
  });
  process.stdout.write(`seed ${seed}: ${JSON.stringify(report)}\n`);
  expect(report.broken, story.join('\n')).toEqual([]);
  expect(report.kills).toBe(kills);
  expect(report.events).toBeGreaterThan(kills);
});
