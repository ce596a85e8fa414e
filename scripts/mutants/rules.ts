/**
 * Breaks each row of the verdict table and each named number of the machines, one at a time, and runs the
 * tests. Stryker has no mutator for numbers, nor for a row that names its judgement. The first failing test
 * goes to `reports/mutants/rules.json`, for the report. With files or rules on the command line it tries only
 * those again and keeps the other results.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Break, type Broken, breaks } from './breaks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const copy = `${root}reports/mutants/copy/`;
/** A broken rule may make a test run without end. */
const deadlineMs = 240_000;

const prepare = () => {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(`${copy}test`, { recursive: true });
  for (const part of ['machines', 'test/machines', 'package.json', 'tsconfig.json'])
    cpSync(root + part, copy + part, { recursive: true });
  symlinkSync(`${root}node_modules`, `${copy}node_modules`);
};

interface Results {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { status: string; fullName: string }[];
  }[];
}
/** The name of the first failing test; undefined when all pass. */
const play = (pass: 'quick' | 'whole'): string | undefined => {
  const args = [
    'vitest',
    'run',
    '--config',
    'test/machines/mutants.vitest.config.ts',
    '--bail=1',
    '--maxWorkers=1',
    '--reporter=json',
  ];
  const env = { ...process.env, STRYKER_MUTATOR_WORKER: 'rules', MUTANTS: pass };
  const { status, stdout, error } = spawnSync('npx', args, {
    cwd: copy,
    encoding: 'utf8',
    env,
    timeout: deadlineMs,
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) return 'a run without end';
  if (status === 0) return undefined;
  const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Results;
  const failed = testResults
    .flatMap((file) => file.assertionResults)
    .find((test) => test.status === 'failed');
  return (
    failed?.fullName ??
    testResults.find((file) => file.message !== '')?.message.split('\n')[0] ??
    'a file of tests could not be loaded'
  );
};
const broken = (rule: Break): Broken => {
  const file = `${copy}${rule.file}`;
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, whole.slice(0, rule.at) + rule.becomes + whole.slice(rule.at + rule.was.length));
  try {
    return { ...rule, noticedBy: play('quick') ?? play('whole') ?? null };
  } finally {
    writeFileSync(file, whole);
  }
};

prepare();
const failed = play('quick') ?? play('whole');
if (failed !== undefined) throw new Error(`a test fails before anything is broken: ${failed}`);
const asked = process.argv.slice(2);
const findings = `${root}reports/mutants/rules.json`;
const before =
  asked.length > 0 && existsSync(findings)
    ? (JSON.parse(readFileSync(findings, 'utf8')) as readonly Broken[])
    : [];
const keyOf = ({ file, rule, was, becomes }: Break) => [file, rule, was, becomes].join(' ');
const all = breaks(root);
const results: Broken[] = [];
for (const [n, rule] of all.entries()) {
  const known =
    asked.includes(rule.file) || asked.includes(rule.rule)
      ? undefined
      : before.find((b) => keyOf(b) === keyOf(rule));
  const result = known ?? broken(rule);
  results.push(result);
  if (known !== undefined) continue;
  const { file, rule: name, was, becomes, noticedBy } = result;
  process.stdout.write(
    `${n + 1}/${all.length} ${file} ${name}: ${was} → ${becomes}: ${noticedBy ?? 'NOT NOTICED'}\n`,
  );
}
rmSync(copy, { recursive: true, force: true });
mkdirSync(`${root}reports/mutants`, { recursive: true });
writeFileSync(findings, `${JSON.stringify(results, undefined, 1)}\n`);
