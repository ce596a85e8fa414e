/**
 * Forgets of Stryker's findings whatever was not noticed, so that the next run tries it anew. By itself it tries a survivor again
 * only if a test that comes past it was not there before, and every run remembers all tests: those written for a file that was not
 * in the run, and those left out of a quick one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Mutants } from './survivors.ts';

const findings = new URL('../../reports/mutants/incremental.json', import.meta.url);
if (existsSync(findings)) {
  const report = JSON.parse(readFileSync(findings, 'utf8')) as Mutants;
  const files = Object.entries(report.files).map(([path, file]) => {
    const mutants = file.mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
    return [path, { ...file, mutants }];
  });
  writeFileSync(findings, JSON.stringify({ ...report, files: Object.fromEntries(files) }));
}
