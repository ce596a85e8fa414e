/** What a restore costs, until every stored session is connected: Vigía, the naive design, and bare Baileys with the same measures. */
import { atMost, type Benchmark } from './benchmark.ts';
import { type Kind, kinds, type Measured, measureFleet, medianOf, type PerSession, perSession } from './fleet.ts';

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
On a directory of seeded organizations, with a fake WhatsApp server in a process of its own that shares the cores:

- *Vigía, gate open*: the built program as an operator runs it, but for the gate, which waits on purpose. In three sizes.
- *Vigía, default gate*: as it ships, 10 at once and then 5 a second; ${gatedSessions} sessions, to see that it keeps its word.
- *naive Baileys*: what tutorials do, with their defaults: one process, for each directory \`useMultiFileAuthState\` and \`makeWASocket\` with no
  option but the server's address and a silent logger, and a new socket on close. One directory is loaded after the other and connects
  while the next ones load, which is the kinder of the two ways to write that loop. Run once: it takes minutes.
- *bare Baileys*: the same program with Vigía's options and with its measures against Baileys' own costs (one shared
  \`AsyncLocalStorage\`, certificates checked once, small caches), but Baileys' own file state and nothing else of Vigía: what is left to
  be saved is in Baileys.

*Per session* is what is added to the same process with no session. The CPU is from the start of the process until the last session is
connected, the heap is taken after garbage collection and ${restMs / 1_000} seconds of rest. The loop's p99 is how late the event loop was while
restoring, with 5 ms as its floor.`,
  missed: {
    'peak RSS against naive':
      'With no session at all the process takes 40 MB more than Baileys alone: the database, the schemas of the protocol, the HTTP client, the metrics. What restoring leaves to the garbage collector comes on top, and the collector of V8 takes its time on a busy machine. Needed: loading the parts of the API that nobody uses yet when they are first used.',
    'CPU per session against bare Baileys':
      'By the profile of the main thread at 1,000 sessions, without what is idle (23 s): calls of the disk 4 (a first restore writes two records, the credentials twice and a device list, and looks at each directory and its credentials seven times), the garbage collector 2.4, keys of the handshake 2.1, Baileys 2.1, XState 1.7 (a session has 39 fields in its context, more than V8 copies fast), errors that Baileys makes in advance for each query 1. Needed: one durable write of all that a restore changes instead of five, and the fields of the context in groups.',
    'event loop p99 while restoring':
      'No single piece of work is as long: a socket is made in 1.5 ms, and what the network brings takes turns of 10 ms. The rest is the processor: the fake server and the program share the cores, and a program that is not running is late. Needed: a server on another machine.',
    'CPU per session at twice the size against half of it':
      'It is the noise of a shared machine as far as we can see: twice the size costs what the size itself does, and profiles of 500 and 1,000 sessions, one right after the other, gave 24.8 and 25.3 ms a session. Needed: a machine of its own.',
    'time against naive':
      'The program keeps its processor busy from the first session to the last; what it does is in the profile below. Needed: as for the CPU.',
    'CPU against naive':
      'Naive Baileys costs what its quadratic part makes of it: 139 to 220 s for 1,000 sessions on this machine, by its mood. Needed: as for the CPU against bare Baileys, where the figure is steadier.',
  },
  sessions: 1_000,
  run: async ({ sessions, say }) => {
    const row = async (kind: Kind, size: number, times = rounds): Promise<Row> => {
      const empty = await measureFleet(kind, 0, restMs);
      const full: Measured[] = [];
      for (let round = 1; round <= times; round += 1) full.push(await measureFleet(kind, size, restMs));
      const middle = medianOf(full);
      const of = perSession(middle, empty, size);
      say(`${kind.name}, ${size} sessions: ${middle.seconds.toFixed(1)} s, ${of.cpuMs.toFixed(1)} ms CPU per session`);
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
        `Medians of ${rounds} rounds; naive and default gate once. Two logins of one device at once: 0 in every row, or there would be no row.`,
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
        atMost('CPU per session at twice the size against half of it', 1.2, double.perSession.cpuMs / half.perSession.cpuMs, '×'),
        atMost('event loop p99 while restoring', 30, vigia.loopP99Ms, 'ms'),
      ],
      data: { rows },
    };
  },
};
