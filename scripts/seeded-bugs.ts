/**
 * Plays the fleet simulation on copies of the program with one seeded bug each. For every bug it prints a row
 * of the table in docs/engineering/SIMULATION.md: which invariant caught it, after how many simulated hours,
 * on which seed. First it plays the program without a bug. Exits 1 when a bug is not caught, is caught by an
 * unrelated invariant, or does not apply. `npm run planted [-- part of the bug's name]`
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Invariant } from '../test/simulation/invariants/invariants.ts';
import { type SeededBug, seededBugs } from '../test/simulation/seeded-bugs/bugs.ts';
import { applyEdit } from '../test/simulation/seeded-bugs/edit.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const parts = ['machines', 'src', 'test', 'package.json', 'tsconfig.json'] as const;
const seedsTried = 6;
const hoursPerSeed = 60;
/** Of real time, for one bug. */
const deadlineMs = 900_000;
const usualFleet = 10;
const run = promisify(execFile);

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

const seedInto = (copy: string, { edits }: SeededBug): void => {
  for (const edit of edits) {
    const path = join(copy, edit.file);
    writeFileSync(path, applyEdit(readFileSync(path, 'utf8'), edit));
  }
};
/** Undefined when no invariant breaks. Without a bug it plays the program as it is. */
const play = async (bug?: SeededBug): Promise<Caught | undefined> => {
  const copy = mkdtempSync(join(tmpdir(), 'seeded-bug-'));
  try {
    for (const part of parts) cpSync(join(project, part), join(copy, part), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
    if (bug) seedInto(copy, bug);
    writeFileSync(join(copy, 'play.ts'), programFor(bug?.fleet ?? usualFleet));
    const { stdout } = await run(process.execPath, ['--import', 'tsx', 'play.ts'], {
      cwd: copy,
      timeout: deadlineMs,
    });
    return stdout === '' ? undefined : (JSON.parse(stdout) as Caught);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

const hoursTried = (seedsTried * hoursPerSeed).toFixed(0);
const print = (...cells: readonly string[]) => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
const printCaught = (name: string, note: string, { invariant, hours, seed, message }: Caught) =>
  print(name, `${invariant}${note}`, hours.toFixed(1), String(seed), message.slice(0, 200));

const playWithoutBug = async (): Promise<boolean> => {
  const caught = await play();
  if (caught) printCaught('no bug', ' (UNEXPECTED)', caught);
  else print('no bug', 'none', hoursTried, '', '');
  return caught === undefined;
};
const playBug = async (bug: SeededBug): Promise<boolean> => {
  const caught = await play(bug);
  if (!caught) {
    print(bug.bug, 'NOT CAUGHT', hoursTried, '', '');
    return false;
  }
  const isRight = bug.caughtBy.includes(caught.invariant);
  printCaught(bug.bug, isRight ? '' : ' (UNEXPECTED)', caught);
  return isRight;
};
/** One bug that does not apply, or whose program fails, must not keep the others from being tried. */
const playOrReport = (bug: SeededBug): Promise<boolean> =>
  playBug(bug).catch((error: unknown) => {
    print(bug.bug, 'FAILED', '', '', String(error).replaceAll('\n', ' ').slice(0, 200));
    return false;
  });

const part = process.argv[2] ?? '';
const results = part === '' ? [await playWithoutBug()] : [];
for (const bug of seededBugs.filter(({ bug: name }) => name.includes(part)))
  results.push(await playOrReport(bug));
process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
