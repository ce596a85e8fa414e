/**
 * The built program is killed (SIGKILL) at moments chosen by chance, while credentials and keys are being
 * written and sessions connect, drop and pair. After each kill every file is read; in the end, and in most
 * rounds, every organization has to be back.
 */
import { setTimeout as wait } from 'node:timers/promises';
import build from '../../test/support/build.ts';
import type { Program } from '../../test/support/program.ts';
import { ChaosHarness } from './harness.ts';
import type { Mode, ModeOptions, Report } from './mode.ts';
import type { Rng } from './rng.ts';

/** Two organizations are there from the beginning; each round brings one by directory and one by pairing. */
const seededAtFirst = 2;
/** After this many kills a new scene begins, so that a long run does not grow without end. */
const killsPerScene = 10;
/** The program needs about half a second to begin: a kill before that proves the start itself. */
const killAfterStartWithinMs = 3_000;
const killAfterBackWithinMs = 2_000;

export interface KillReport extends Report {
  readonly kills: number;
  readonly filesRead: number;
  readonly leftovers: number;
  readonly organizations: number;
  readonly pairings: number;
  readonly logins: number;
  readonly preKeyUploads: number;
}

interface At {
  readonly harness: ChaosHarness;
  readonly program: Program;
  readonly rng: Rng;
  readonly isOver: () => boolean;
  /** What goes on beside the waiting; it is looked at after the kill. */
  readonly stir: (...work: Promise<void>[]) => void;
}
type Add = (more: Partial<Omit<KillReport, 'broken'>>) => void;

/** When to kill: each waits for its moment and says which it was. */
const moments: readonly ((at: At) => Promise<string>)[] = [
  async ({ harness, program, rng, isOver, stir }) => {
    stir(harness.drop(isOver), harness.pair(program, isOver));
    const afterMs = rng.between(0, killAfterStartWithinMs);
    await wait(afterMs);
    return `${afterMs} ms after its start`;
  },
  async ({ harness, program, rng, isOver, stir }) => {
    await harness.allBack(program);
    stir(harness.drop(isOver), harness.pair(program, isOver));
    const afterMs = rng.between(0, killAfterBackWithinMs);
    await wait(afterMs);
    return `${afterMs} ms after all were back`;
  },
  async ({ harness, program }) => {
    await harness.allBack(program);
    await harness.writes();
    return 'in the middle of a write';
  },
  async ({ harness, program, isOver, stir }) => {
    await harness.allBack(program);
    stir(harness.drop(isOver));
    await harness.pair(program, isOver);
    return 'as soon as a phone said "linked"';
  },
];

const round = async (harness: ChaosHarness, rng: Rng, add: Add): Promise<string> => {
  const program = harness.start();
  let isOver = false;
  const under: Promise<unknown>[] = [];
  const stir = (...work: Promise<void>[]) =>
    under.push(...work.map((one) => one.then(undefined, (error: unknown) => error)));
  const when = await rng.pick(moments)({ harness, program, rng, isOver: () => isOver, stir });
  isOver = true;
  await program.kill();
  for (const error of await Promise.all(under)) if (error !== undefined) throw error;
  const { read, leftovers } = await harness.afterKill();
  add({ kills: 1, filesRead: read, leftovers });
  await harness.seed();
  return `killed ${when}: ${read} files read, ${leftovers} writes were under way`;
};

/** Up to `kills` kills on one scene; then everybody has to be back. */
const play = async (
  kills: number,
  rng: Rng,
  add: Add,
  say: (line: string) => void,
): Promise<readonly string[]> => {
  const harness = await ChaosHarness.open(rng);
  try {
    for (let n = 0; n < seededAtFirst; n += 1) await harness.seed();
    for (let n = 0; n < kills; n += 1) say(await round(harness, rng, add));
    const last = harness.start();
    await harness.allBack(last);
    if ((await last.stop()) !== 0) harness.broken.push('the last one did not end in order');
    await harness.afterKill();
    const { logins, pairings, preKeyUploads } = await harness.server.whatsapp.stats();
    add({ organizations: (await harness.linked()).length, logins, pairings, preKeyUploads });
    return await harness.reckon();
  } finally {
    await harness.close();
  }
};

/** Rejects when an organization does not come back or a file does not parse; the message says which. */
export const runKills = async ({ rng, left, say }: ModeOptions): Promise<KillReport> => {
  const sum = {
    kills: 0,
    filesRead: 0,
    leftovers: 0,
    organizations: 0,
    pairings: 0,
    logins: 0,
    preKeyUploads: 0,
  };
  const broken: string[] = [];
  const add: Add = (more) => {
    for (const [name, count] of Object.entries(more)) sum[name as keyof typeof sum] += count;
  };
  for (;;) {
    const kills = Math.min(killsPerScene, left(sum.kills));
    if (kills <= 0) return { ...sum, broken };
    broken.push(...(await play(kills, rng, add, say)));
    say(`${sum.kills} kills: everybody of this scene is back`);
  }
};

export const kill: Mode = {
  doc: 'kills the built program at random moments while everything is being written (counts kills)',
  run: async (options) => {
    build();
    return runKills(options);
  },
};
