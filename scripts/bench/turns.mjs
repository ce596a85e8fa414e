/**
 * How long the turns of this process' event loop take. A timer of one millisecond comes late by as long as a
 * turn took, as every other timer, ping and client does. On a busy machine that is also the time in which
 * other processes had the core, so beside the time by the clock there is the processor time of the main
 * thread (Linux' `schedstat`): what its own code took. Plain JavaScript, so that no loader is measured with
 * it.
 */
import { readFileSync } from 'node:fs';

const nanosecondsPerMs = 1e6;
const threadMs = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / nanosecondsPerMs;

export const measureTurns = () => {
  let at = performance.now();
  let own = threadMs();
  let turns = [];
  const tick = () => {
    const [now, used] = [performance.now(), threadMs()];
    turns.push({ wallMs: now - at, ownMs: used - own });
    at = now;
    own = used;
  };
  setInterval(tick, 1).unref();
  const longest = (of) => turns.reduce((most, turn) => Math.max(most, turn[of]), 0);
  return {
    /** Since the last time. */
    take: () => {
      tick();
      const sorted = turns.map(({ ownMs }) => ownMs).sort((a, b) => a - b);
      const taken = {
        wallMs: longest('wallMs'),
        ownMs: longest('ownMs'),
        p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      };
      turns = [];
      return taken;
    },
  };
};
