/**
 * The built program is killed at random moments while everything is being written: nobody is lost, nobody
 * scans again.
 */
import { expect, it } from 'vitest';
import { runKills } from '../../scripts/chaos/kills.ts';
import { rngOf } from '../../scripts/chaos/rng.ts';

const kills = Number(process.env['VIGIA_PROGRAM_KILLS'] ?? 10);
const seed = Number(process.env['VIGIA_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const perKillMs = 20_000;

it(`comes back whole from ${kills} kills at random moments`, {
  timeout: 120_000 + kills * perKillMs,
}, async () => {
  const story: string[] = [`seed ${seed}`];
  const report = await runKills({
    rng: rngOf(seed),
    left: (done) => kills - done,
    say: (line) => story.push(line),
  }).catch((cause: Error) => {
    throw new Error(`${cause.message}\n${story.join('\n')}`, { cause });
  });
  process.stdout.write(`seed ${seed}: ${JSON.stringify(report)}\n`);
  expect(report.broken, story.join('\n')).toEqual([]);
  expect(report.kills).toBe(kills);
  // the scene was not an empty one: somebody wrote, somebody paired, somebody logged in again
  expect(report.organizations).toBeGreaterThan(kills);
  expect(report.logins).toBeGreaterThan(kills);
  expect(report.preKeyUploads).toBeGreaterThan(0);
});
