/**
 * Removes every mutant that no test killed from Stryker's results, so that the next run tries it again.
 * Stryker itself tries a survivor again only when a new test covers it, and it remembers the tests of all
 * runs, even of runs with other files and of quick runs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Mutants } from './survivors.ts';

export const forgetSurvivors = (findings: URL): void => {
  if (!existsSync(findings)) return;
  const report = JSON.parse(readFileSync(findings, 'utf8')) as Mutants;
  const files = Object.entries(report.files).map(([path, file]) => {
    const mutants = file.mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
    return [path, { ...file, mutants }];
  });
  writeFileSync(findings, JSON.stringify({ ...report, files: Object.fromEntries(files) }));
};

// `npm run mutants` calls this file between its two runs
if (process.argv[1] === import.meta.filename)
  forgetSurvivors(new URL('../../reports/mutants/incremental.json', import.meta.url));
