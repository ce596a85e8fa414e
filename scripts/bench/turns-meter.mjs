/**
 * Preload for a process whose turns are measured (`node --import <this>`): on SIGUSR2 it writes to the file
 * `METER_FILE` what `turns.mjs` has measured since the last time; when the process ends, too.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { measureTurns } from './turns.mjs';

const file = process.env.METER_FILE;
const turns = measureTurns();
const tell = () => {
  writeFileSync(`${file}.new`, JSON.stringify(turns.take()));
  renameSync(`${file}.new`, file);
};
process.on('SIGUSR2', tell);
process.on('exit', tell);
