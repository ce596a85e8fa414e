/**
 * What operators and machines do to a directory in use: a log that cannot be written, a lock that is removed,
 * copies put beside a session or over it, a journal with a flipped bit. After each, every organization has to
 * be back as the same device, and no device may have logged in twice at a time.
 */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import build from '../../test/support/build.ts';
import { freePort, type Program } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { ChaosHarness, type Member } from './harness.ts';
import type { Mode, ModeOptions, Report } from './mode.ts';
import type { Rng } from './rng.ts';

const organizations = 3;
const perScene = 12;
/** A slow copy pauses this long between two files: several scans see a part of it. */
const betweenFilesMs = 150;
const mostWaitMs = 1_500;

interface At {
  readonly harness: ChaosHarness;
  readonly rng: Rng;
  /** The program that runs now. */
  readonly program: Program;
}
interface Disturbance {
  /** Resolves with the program that runs afterwards. */
  readonly run: (at: At) => Promise<Program>;
}

const memberOf = ({ harness, rng }: At): Member => rng.pick(harness.members);
const pathOf = ({ harness }: At, org: string): string => harness.programHarness.org(org);
const aside = ({ harness }: At, name: string): string => join(harness.programHarness.root, '..', name);
const journalOf = ({ harness }: At): string => join(harness.programHarness.root, '.vigia/journal');

const killWhileBusy = async (at: At): Promise<void> => {
  let isOver = false;
  const dropping = at.harness.drop(() => isOver);
  await wait(at.rng.between(0, mostWaitMs));
  isOver = true;
  await dropping;
  await at.program.kill();
};

const disturbances: Readonly<Record<string, Disturbance>> = {
  'its log is on a full disk': {
    run: async (at) => {
      await at.program.stop();
      const PORT = await freePort();
      return at.harness.start({ PORT }, ['sh', '-c', 'exec "$@" > /dev/full 2> /dev/full', 'sh']);
    },
  },
  'its lock file was removed, and a second one was started': {
    run: async (at) => {
      await rm(join(at.harness.programHarness.root, '.vigia/lock'), { force: true });
      const second = at.harness.start();
      const code = await second.ends();
      if (code !== 1) at.harness.broken.push(`a second program ended with ${code}, not with 1`);
      return at.program;
    },
  },
  'a bit of the journal was flipped after a kill': {
    run: async (at) => {
      await killWhileBusy(at);
      const names = (await readdir(journalOf(at))).filter((name) => name.endsWith('.log'));
      for (const name of names.slice(-1)) {
        const path = join(journalOf(at), name);
        const bytes = await readFile(path);
        const end = bytes.findLastIndex((byte) => byte !== 0);
        if (end < 1) continue;
        const place = at.rng.between(0, end);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << at.rng.between(0, 7));
        await writeFile(path, bytes);
      }
      return at.harness.start();
    },
  },
  'an earlier copy was put over an organization after a kill': {
    run: async (at) => {
      const { org } = memberOf(at);
      await cp(pathOf(at, org), aside(at, 'earlier'), { recursive: true, filter: (p) => !p.endsWith('~') });
      await killWhileBusy(at);
      await rename(pathOf(at, org), aside(at, `over-${Date.now()}`));
      await rename(aside(at, 'earlier'), pathOf(at, org));
      return at.harness.start();
    },
  },
  'a copy was put beside an organization, and taken away again': {
    run: async (at) => {
      const { org } = memberOf(at);
      const copy = pathOf(at, `backup-of-${org}`);
      await at.harness.programHarness.copy(org, `backup-of-${org}`);
      await wait(at.rng.between(0, mostWaitMs));
      await rename(copy, aside(at, `beside-${Date.now()}`));
      return at.program;
    },
  },
  'an organization was moved away and copied back file by file': {
    run: async (at) => {
      const { org } = memberOf(at);
      const kept = aside(at, `slow-${Date.now()}`);
      const client = await at.harness.programHarness.client(at.program);
      await client.call('session.stop', { orgId: org });
      await client.reaches(org, 'idle');
      await rename(pathOf(at, org), kept);
      await until(`${org} to be gone`, async () => (await client.sessions()).every((s) => s.orgId !== org));
      await mkdir(pathOf(at, org));
      for (const name of (await readdir(kept)).sort()) {
        await cp(join(kept, name), join(pathOf(at, org), name));
        await wait(betweenFilesMs);
      }
      await until(
        `${org} to be seen whole`,
        async () => (await client.get(org))?.credentials === 'restorable',
      );
      await client.call('session.restore', { orgId: org });
      client.close();
      return at.program;
    },
  },
};

export interface DisturbReport extends Report {
  readonly disturbances: number;
  readonly logins: number;
}

const play = async (count: number, { rng, say }: ModeOptions): Promise<DisturbReport> => {
  const harness = await ChaosHarness.open(rng);
  try {
    for (let n = 0; n < organizations; n += 1) await harness.seed();
    let program = harness.start();
    await harness.allBack(program);
    for (let n = 0; n < count; n += 1) {
      const name = rng.pick(Object.keys(disturbances));
      program = (await disturbances[name]?.run({ harness, rng, program })) ?? program;
      await harness.allBack(program);
      say(`all are back: ${name}`);
    }
    if ((await program.stop()) !== 0) harness.broken.push('the last one did not end in order');
    const { logins } = await harness.server.whatsapp.stats();
    return { disturbances: count, logins, broken: await harness.reckon() };
  } finally {
    await harness.close();
  }
};

export const disturb: Mode = {
  doc: 'does to a directory in use what operators and disks do (counts disturbances)',
  run: async (options) => {
    build();
    const sum = { disturbances: 0, logins: 0, broken: [] as string[] };
    for (;;) {
      const count = Math.min(perScene, options.left(sum.disturbances));
      if (count <= 0) return sum;
      const { disturbances: done, logins, broken } = await play(count, options);
      sum.disturbances += done;
      sum.logins += logins;
      sum.broken.push(...broken);
    }
  },
};
