/**
 * Preload for a process that is measured (`node --import <this>`): on SIGUSR2 it collects its garbage and writes how much
 * heap is in use to the file `METER_FILE`. Plain JavaScript, so that no loader is measured with it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

const file = process.env.METER_FILE;
const collections = 3;
process.on('SIGUSR2', () => {
  for (let n = 0; n < collections; n += 1) collectGarbage();
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
});
