/**
 * Plants known bugs, one at a time, in a copy of the program, and shows that the simulation finds each: which promise is
 * broken, after how many simulated hours, on which seed. Prints rows for the table in docs/engineering/SIMULATION.md; exits 1 when a bug is
 * not found, or caught by a promise that has nothing to do with it. `npm run planted [-- part of the bug's name]`.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Invariant } from '../test/simulation/invariants/invariants.ts';
import { type Edit, type Plant, plants } from '../test/simulation/seeded-bugs/bugs.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const parts = ['machines', 'src', 'test', 'package.json', 'tsconfig.json'] as const;
const seedsTried = 6;
const hoursPerSeed = 60;
/** Of real time, for one bug. */
const deadlineMs = 900_000;
const run = promisify(execFile);
const only = process.argv[2] ?? '';

/** Exactly one place, or the plant is out of date and would prove nothing. */
const plantIn = (copy: string, { file, find, put }: Edit): void => {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file} no longer has exactly one: ${find}`);
  writeFileSync(
    path,
    text.replace(find, () => put),
  );
};

interface Caught {
  readonly seed: number;
  readonly invariant: Invariant;
  readonly message: string;
  readonly hours: number;
}
const programFor = (fleet: number): string => `
import { simulate } from './test/simulation/run.ts';
const hourMs = 3_600_000;
let before = 0;
for (let seed = 1; seed <= ${seedsTried}; seed += 1) {
  const { violation, simulatedMs } = await simulate({ seed, totalMs: ${hoursPerSeed} * hourMs, fleet: ${fleet} });
  if (violation) {
    process.stdout.write(JSON.stringify({ ...violation, seed, hours: (before + violation.at) / hourMs }));
    break;
  }
  before += simulatedMs;
}
`;

/** Without a plant it is the program as it is. */
const find = async (plant?: Plant): Promise<Caught | undefined> => {
  const copy = mkdtempSync(join(tmpdir(), 'planted-'));
  try {
    for (const part of parts) cpSync(join(project, part), join(copy, part), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
    for (const edit of plant ? [plant, ...(plant.also ?? [])] : []) plantIn(copy, edit);
    writeFileSync(join(copy, 'find.ts'), programFor(plant?.fleet ?? 10));
    const { stdout } = await run(process.execPath, ['--import', 'tsx', 'find.ts'], { cwd: copy, timeout: deadlineMs });
    return stdout === '' ? undefined : (JSON.parse(stdout) as Caught);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

if (only === '') {
  const caught = await find();
  if (caught) process.exitCode = 1; // then finding the others proves nothing
  process.stdout.write(
    `| nothing planted | ${caught ? `${caught.invariant} (UNEXPECTED)` : 'none'} | ${caught?.hours.toFixed(1) ?? seedsTried * hoursPerSeed} | | |\n`,
  );
}
for (const plant of plants) {
  if (!plant.bug.includes(only)) continue;
  const caught = await find(plant);
  const isRight = caught !== undefined && plant.caughtBy.includes(caught.invariant);
  if (!isRight) process.exitCode = 1;
  process.stdout.write(
    caught
      ? `| ${plant.bug} | ${caught.invariant}${isRight ? '' : ' (UNEXPECTED)'} | ${caught.hours.toFixed(1)} | ${caught.seed} | ${caught.message.slice(0, 200)} |\n`
      : `| ${plant.bug} | NOT FOUND | ${seedsTried * hoursPerSeed} | | |\n`,
  );
}
