/**
 * What connected sessions hold while nothing happens, and what one of them leaves behind that reconnects for
 * days.
 */

import { replayBounds } from '../../src/control/bounds.ts';
import { until } from '../../test/support/until.ts';
import { atMost, type Benchmark, median } from './benchmark.ts';
import type { Running } from './contenders.ts';
import { type Kind, kinds, measureFleet, openGate, perSession, withFleet } from './fleet.ts';
import { cpuMsOf } from './process-cost.ts';

const restMs = 15_000;
const hundred = 100;
/**
 * The events that clients may ask for again are kept on purpose, up to this; and what may be left besides.
 */
const [replayKb, leftKb] = [replayBounds.maxBytes / 1_024, 1_024];
/** A day of a bad line; naive costs more with each, and a quarter of them shows it. */
const reconnects = { vigia: 2_000, naive: 500 };
/** As it ships, but for the waits: they are what days are made of. */
// or so many drops would be taken for an outage of WhatsApp
const gate = { ...openGate.gate, outageMin: 1_000, dropWindowMs: 2_000 };
const hurried = {
  gate,
  backoffBaseMs: 10,
  backoffCapMs: 20,
  stableMs: 100,
  maxStrikes: 100_000,
  floorDivisor: 1_000,
};

interface Reconnects {
  readonly name: string;
  readonly times: number;
  /** CPU for each reconnect, in milliseconds: the first hundred after a hundred to warm up, and the last. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly heapFirstMb: number;
  readonly heapLastMb: number;
  readonly rssLastMb: number;
}
const reconnect = (kind: Kind, times: number): Promise<Reconnects> =>
  withFleet(kind, 1, async (running: Running, server) => {
    /** Cuts it a hundred times, each as soon as it is back; CPU for each in milliseconds. */
    const cutHundred = async (): Promise<number> => {
      const before = cpuMsOf(running.pid);
      for (let n = 0; n < hundred; n += 1) {
        const { logins } = await server.whatsapp.stats();
        const opens = running.opens();
        await server.whatsapp.dropAll('reset');
        await until(
          'it to be back',
          async () => running.opens() > opens && (await server.whatsapp.stats()).logins > logins,
        );
      }
      return (cpuMsOf(running.pid) - before) / hundred;
    };
    await cutHundred();
    const all = [await cutHundred()];
    const first = await running.read();
    while (all.length * hundred < times - 2 * hundred) all.push(await cutHundred());
    const firstMs = all[0] ?? Number.NaN;
    const lastMs = await cutHundred();
    const last = await running.read();
    return {
      name: kind.name,
      times,
      firstMs,
      lastMs,
      heapFirstMb: first.heapMb,
      heapLastMb: last.heapMb,
      rssLastMb: last.rssMb,
    };
  });

export const steady: Benchmark = {
  doc: 'memory of connected sessions at rest, and of one that reconnects for days',
  about: `
Memory: as in [restore](#restore), but read after ${restMs / 1_000} seconds with nothing but pings, in three sizes of Vigía. *Over the base* is the
difference to the same process without sessions, divided by the sessions. The heap is read after garbage collection.

Reconnects: one organization loses its connection by a TCP reset as soon as it is back, ${reconnects.vigia.toLocaleString('en')} times (naive: ${reconnects.naive}). The waits of
Vigía's policy are removed. The table has the CPU of each reconnect, for the hundred after the first hundred and for the last hundred, and the
heap after both. Every reconnect creates events that clients may request again. Up to ${replayKb / 1_024} MB of them are kept on purpose for a quarter of
an hour.

The server is plain \`ws\` on loopback. A real connection also has TLS buffers, some tens of KB outside the heap, in any program.`,
  missed: {
    'heap of a session over the base':
      'A sampled heap profile shows about 60 KB of Baileys: closures of its eleven socket layers 25, its ' +
      '`NodeCache` and small LRU caches 10, noise and signal state 10, event buffers 4. The WebSocket ' +
      'has 4, the machines 16 (six XState actors), our connection and store 12.',
    'RSS of a session over the base':
      'It is the heap of a session, 15 KB of buffers outside it, and holes that a restore leaves in the ' +
      'old generation (20 to 40 KB a session, less with more sessions). Needed: time under load, in ' +
      'which V8 compacts, or fewer objects that live only during a restore.',
    'CPU of the last hundred reconnects against the first':
      'CPU time is counted in hundredths of a second, and other work shares the CPU. The row of the ' +
      'naive program shows what a leak is like.',
    'heap grown in all reconnects':
      'Events kept for replay are bounded by the bytes of their text; as objects they take more. They ' +
      'expire after a quarter of an hour.',
  },
  sessions: 1_000,
  run: async ({ sessions, say }) => {
    const atRest = async (kind: Kind, sizes: readonly number[]) => {
      const empty = await measureFleet(kind, 0, restMs);
      const rows = [];
      for (const size of sizes) {
        const full = await measureFleet(kind, size, restMs);
        const of = perSession(full, empty, size);
        say(
          `${kind.name}, ${size} sessions: heap ${of.heapKb.toFixed(0)} KB, RSS ${of.rssKb.toFixed(0)} ` +
            'KB per session over the base',
        );
        rows.push({
          name: kind.name,
          sessions: size,
          rssMb: full.rssMb,
          heapMb: full.heapMb,
          baseRssMb: empty.rssMb,
          ...of,
        });
      }
      return rows;
    };
    const vigia = await atRest(kinds.vigia, [Math.ceil(sessions / 2), sessions, sessions * 2]);
    const bare = await atRest(kinds.bare, [sessions]);
    const cycles: Reconnects[] = [];
    for (const [kind, times] of [
      [{ ...kinds.vigia, policy: hurried }, reconnects.vigia],
      [kinds.naive, reconnects.naive],
    ] as const) {
      const one = await reconnect(kind, times);
      say(
        `${one.name}, ${times} reconnects: ${one.firstMs.toFixed(1)} → ${one.lastMs.toFixed(1)} ms CPU each`,
      );
      cycles.push(one);
    }
    const [ours, naive] = cycles as [Reconnects, Reconnects];
    const grown = (one: Reconnects) => (one.heapLastMb - one.heapFirstMb) * 1_024;
    const reported = (one: Reconnects) =>
      `${one.times.toLocaleString('en')} reconnects of one organization, ${one.name}: ` +
      `${one.firstMs.toFixed(1)} → ${one.lastMs.toFixed(1)} ms of CPU each, heap ` +
      `${one.heapFirstMb.toFixed(1)} → ${one.heapLastMb.toFixed(1)} MB.`;
    return {
      rows: [...vigia, ...bare].map((row) => ({
        program: row.name,
        sessions: row.sessions,
        'RSS MB': row.rssMb.toFixed(0),
        'of it with no session': row.baseRssMb.toFixed(0),
        'heap KB/session': row.heapKb.toFixed(0),
        'RSS KB/session': row.rssKb.toFixed(0),
      })),
      notes: [reported(ours), reported(naive)],
      aims: [
        atMost('heap of a session over the base', 100, median(vigia.map(({ heapKb }) => heapKb)), 'KB'),
        atMost('RSS of a session over the base', 150, median(vigia.map(({ rssKb }) => rssKb)), 'KB'),
        atMost('CPU of the last hundred reconnects against the first', 1.1, ours.lastMs / ours.firstMs, '×'),
        atMost('heap grown in all reconnects', replayKb + leftKb, grown(ours), 'KB'),
      ],
      data: { atRest: [...vigia, ...bare], reconnects: cycles },
    };
  },
};
