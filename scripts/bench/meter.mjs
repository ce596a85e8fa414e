/**
 * Preload for a process that is measured (`node --import <this>`): on SIGUSR2 it writes to the file
 * `METER_FILE` how late its event loop has been since the last time, collects its garbage, and adds how much
 * memory is in use. Plain JavaScript, so that no loader is measured with it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

const file = process.env.METER_FILE;
const collections = 3;
/** A loop that is never late shows this much. */
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const inMs = (nanoseconds) => nanoseconds / 1e6;
process.on('SIGUSR2', () => {
  const loop = { loopP99Ms: inMs(delay.percentile(99)), loopMaxMs: inMs(delay.max) };
  for (let n = 0; n < collections; n += 1) collectGarbage();
  writeFileSync(`${file}.new`, JSON.stringify({ ...loop, ...process.memoryUsage() }));
  renameSync(`${file}.new`, file);
  delay.reset();
});
