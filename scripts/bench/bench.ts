/** `npm run bench [-- sessions]`: what restoring costs, beside the naive design in the same run. Prints a table and writes JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import build from '../../test/support/build.ts';
import { restore } from './restore.ts';

const sessions = Number(process.argv[2] ?? 300);
if (!Number.isInteger(sessions) || sessions < 1 || sessions > 2_000) {
  process.stderr.write('usage: npm run bench [-- SESSIONS]   (1 to 2000, default 300)\n');
  process.exit(2);
}
build();
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
};
process.stdout.write(`${sessions} sessions · Node ${machine.node} · ${machine.cores} × ${machine.cpu} · ${machine.memoryGb} GB\n\n`);
const rows = await restore(sessions);
const naive = rows.at(-1);
const table = rows.map((row) => ({
  what: row.name,
  seconds: row.seconds.toFixed(1),
  'CPU ms/session': (row.cpuMs / sessions).toFixed(1),
  'RSS MB': row.rssMb.toFixed(0),
  'peak MB': row.peakMb.toFixed(0),
  'peak logins/s': row.peakPerSecond,
  'CPU vs naive': naive ? (row.cpuMs / naive.cpuMs).toFixed(2) : '',
}));
process.stdout.write(
  `| ${Object.keys(table[0] ?? {}).join(' | ')} |\n|${Object.keys(table[0] ?? {})
    .map(() => '---')
    .join('|')}|\n`,
);
for (const row of table) process.stdout.write(`| ${Object.values(row).join(' | ')} |\n`);
const reports = new URL('../../reports/', import.meta.url);
mkdirSync(reports, { recursive: true });
const file = new URL('bench-restore.json', reports);
writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, sessions, rows }, undefined, 2)}\n`);
process.stdout.write(`\nwritten to ${fileURLToPath(file)}\n`);
