/**
 * What a restore costs, until every stored session is connected: Vigía, the naive design, and bare Baileys
 * with the same measures.
 */
import { atMost, type Benchmark } from './benchmark.ts';
import {
  type Kind,
  kinds,
  type Measured,
  measureFleet,
  medianOf,
  type PerSession,
  perSession,
} from './fleet.ts';

const restMs = 5_000;
const rounds = 3;
/** The default gate waits on purpose; so many are enough to see that it keeps its word. */
const gatedSessions = 60;
interface Row extends Measured {
  readonly name: string;
  readonly sessions: number;
  readonly perSession: PerSession;
}

export const restore: Benchmark = {
  doc: 'every stored session until it is connected, against the naive design and against bare Baileys',
  about: `
The benchmark seeds a directory of organizations. A fake WhatsApp server runs in a process of its own and shares the cores.

- *Vigía, gate open*: the built program as an operator runs it, except for the gate, which waits on purpose. In three sizes.
- *Vigía, default gate*: as it ships, 10 at once and then 5 a second; ${gatedSessions} sessions, to check the rate.
- *naive Baileys*: what tutorials do, with their defaults. One process has \`useMultiFileAuthState\` and \`makeWASocket\` for each directory, with
  no options except the server's address and a silent logger, and opens a new socket on close. It loads one directory after the other, and each
  connects while the next ones load, which is the faster way to write that loop. It runs once, because it takes minutes.
- *bare Baileys*: the same program with Vigía's options and its remedies for Baileys' own costs (one shared \`AsyncLocalStorage\`,
  certificates checked once, small caches). It has Baileys' own file state and nothing else of Vigía. The rest of its cost is in Baileys.

*Per session* is the difference to the same process without sessions. The CPU counts from the start of the process until the last session is
connected. The heap is read after garbage collection and ${restMs / 1_000} seconds of rest. The loop's p99 is the delay of the event loop during the
restore; 5 ms is its floor.`,
  missed: {
    'peak RSS against naive':
      'Without sessions the process takes 40 MB more than Baileys alone: the database, the schemas of ' +
      'the protocol, the HTTP client, the metrics. The garbage of the restore comes on top, and the ' +
      'collector of V8 is slow on a busy machine. Needed: load the parts of the API on first use.',
    'CPU per session against bare Baileys':
      'The profile of the main thread at 1,000 sessions, without idle time, has 23 s. Disk calls take 4: ' +
      'a first restore writes two records, the credentials twice and a device list, and examines each ' +
      'directory and its credentials seven times. The garbage collector takes 2.4, keys of the handshake ' +
      '2.1, Baileys 2.1, and XState 1.7 (a context has 39 fields, more than V8 copies fast). Errors that ' +
      'Baileys creates in advance for each query take 1. Needed: one durable write for a restore instead ' +
      'of five, and the fields of the context in groups.',
    'event loop p99 while restoring':
      'No single task is as long: creating a socket takes 1.5 ms, and network events run in turns of 10 ' +
      'ms. The rest is the CPU: the fake server and the program share the cores. Needed: a server on ' +
      'another machine.',
    'CPU per session at twice the size against half of it':
      'Probably the noise of a shared machine: twice the size costs as much a session, and successive ' +
      'profiles of 500 and 1,000 sessions gave 24.8 and 25.3 ms. Needed: a dedicated machine.',
    'time against naive':
      'The program keeps its CPU busy from the first session to the last. The profile under the CPU ' +
      'against bare Baileys shows with what. Needed: the same as there.',
    'CPU against naive':
      'The quadratic part of naive Baileys varies: 139 to 220 s for 1,000 sessions on this machine. ' +
      'Needed: the same as for the CPU against bare Baileys, where the figure is steadier.',
  },
  sessions: 1_000,
  run: async ({ sessions, say }) => {
    const row = async (kind: Kind, size: number, times = rounds): Promise<Row> => {
      const empty = await measureFleet(kind, 0, restMs);
      const full: Measured[] = [];
      for (let round = 1; round <= times; round += 1) full.push(await measureFleet(kind, size, restMs));
      const middle = medianOf(full);
      const of = perSession(middle, empty, size);
      say(
        `${kind.name}, ${size} sessions: ${middle.seconds.toFixed(1)} s, ${of.cpuMs.toFixed(1)} ms CPU ` +
          'per session',
      );
      return { name: kind.name, sessions: size, ...middle, perSession: of };
    };
    const half = await row(kinds.vigia, Math.ceil(sessions / 2));
    const vigia = await row(kinds.vigia, sessions);
    const double = await row(kinds.vigia, sessions * 2);
    const bare = await row(kinds.bare, sessions);
    const naive = await row(kinds.naive, sessions, 1);
    const gated = await row(kinds.gated, Math.min(gatedSessions, sessions), 1);
    const rows = [half, vigia, double, bare, naive, gated];
    const ratio = (of: (one: Row) => number, to: Row) => of(vigia) / of(to);
    return {
      rows: rows.map((one) => ({
        program: one.name,
        sessions: one.sessions,
        seconds: one.seconds.toFixed(1),
        'CPU ms/session': one.perSession.cpuMs.toFixed(1),
        'peak RSS MB': one.peakRssMb.toFixed(0),
        'RSS KB/session': one.perSession.rssKb.toFixed(0),
        'heap KB/session': one.perSession.heapKb.toFixed(0),
        'loop p99 ms': one.loopP99Ms.toFixed(0),
        'loop max ms': one.loopMaxMs.toFixed(0),
        'logins in the busiest second': one.peakPerSecond,
      })),
      notes: [
        `Medians of ${rounds} rounds; naive and default gate once. Two logins of one device at once: 0 ` +
          'in every row, or there would be no row.',
      ],
      aims: [
        atMost(
          'time against naive',
          0.125,
          ratio((one) => one.seconds, naive),
          '×',
        ),
        atMost(
          'CPU against naive',
          0.125,
          ratio((one) => one.cpuMs, naive),
          '×',
        ),
        atMost(
          'peak RSS against naive',
          1 / 6,
          ratio((one) => one.peakRssMb, naive),
          '×',
        ),
        atMost(
          'CPU per session against bare Baileys',
          1.5,
          ratio((one) => one.perSession.cpuMs, bare),
          '×',
        ),
        atMost(
          'CPU per session at twice the size against half of it',
          1.2,
          double.perSession.cpuMs / half.perSession.cpuMs,
          '×',
        ),
        atMost('event loop p99 while restoring', 30, vigia.loopP99Ms, 'ms'),
      ],
      data: { rows },
    };
  },
};
