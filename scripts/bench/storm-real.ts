/** The built program, with real connections to the fake server, all of which are cut in one tick. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import { ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { startFakeWhatsApp } from '../../test/support/whatsapp/remote.ts';
import type { Turns } from './turns.mjs';

/** Everybody may come back at once; what one turn admits is bounded, as the default of ten bounds it. */
export const openGate = {
  gate: { ...defaultPolicy.gate, places: 10_000, perSecond: 10_000, burst: 50, probesPerSecond: 1_000 },
};
export const patienceMs = 300_000;

export const seed = async (harness: ProgramHarness, sessions: number) => {
  await mkdir(harness.root, { mode: 0o700 });
  for (let n = 1; n <= sessions; n += 1)
    await seedCredentials(harness.org(String(n)), { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
};
export const stormOfReal = async (
  sessions: number,
): Promise<Readonly<Record<'drop' | 'back' | 'end', Turns>>> => {
  const server = await startFakeWhatsApp();
  const harness = await ProgramHarness.at(server.url, openGate);
  const file = join(tmpdir(), `vigia-bench-turns-${process.pid}.json`);
  const meter = {
    METER_FILE: file,
    NODE_OPTIONS: `--import ${new URL('turns-meter.mjs', import.meta.url).href}`,
  };
  try {
    await seed(harness, sessions);
    const program = harness.start({ LOG_LEVEL: 'info', SCAN_INTERVAL_MS: '30000', ...meter });
    const reported = async (): Promise<Turns> => {
      const turns = await until(
        'the meter to answer',
        () => existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as Turns),
      );
      rmSync(file);
      return turns;
    };
    const turns = async (): Promise<Turns> => {
      process.kill(program.pid, 'SIGUSR2');
      return reported();
    };
    const connected = (times: number) =>
      until(
        'all to be connected',
        () => program.logged('session.connected').length >= times * sessions,
        patienceMs,
      );
    await connected(1);
    await wait(2_000);
    await turns();
    await server.whatsapp.dropAll('reset');
    await until('all to be lost', () => program.logged('session.retrying').length >= sessions, patienceMs);
    const drop = await turns();
    await connected(2);
    await wait(2_000);
    const back = await turns();
    const code = await program.stop();
    const end = await reported();
    const { doubleLogins, deadLogins, logouts, logins } = await server.whatsapp.stats();
    if (code !== 0) throw new Error(`the program ended with ${code}`);
    if (doubleLogins + deadLogins + logouts > 0 || logins < 2 * sessions)
      throw new Error(
        `of ${2 * sessions} logins there were ${logins}; twice at once ${doubleLogins}, dead ` +
          `${deadLogins}, out ${logouts}`,
      );
    return { drop, back, end };
  } finally {
    await harness.close();
    await server.stop();
    rmSync(file, { force: true });
  }
};
