/**
 * The seeded bugs, each as one or more edits of the source, and the invariants that may catch it: the first
 * to break counts.
 */
import type { Invariant } from '../invariants/invariants.ts';
import type { Edit } from './edit.ts';

export interface SeededBug {
  readonly bug: string;
  readonly edits: readonly [Edit, ...Edit[]];
  readonly caughtBy: readonly Invariant[];
  /** Organizations, where ten are too few for the bug to matter. */
  readonly fleet?: number;
}

const edit = (file: string, declaration: string, replace: string, by: string): Edit => ({
  file,
  declaration,
  replace,
  by,
});
const everyScanIsNews = edit(
  'machines/supervisor/reconcile.ts',
  'reconcile',
  'differs(known.found, f)',
  'true',
);

const ofVerdicts: readonly SeededBug[] = [
  {
    bug: 'a scan revives a failed session',
    edits: [
      edit('machines/session/verdict.ts', 'lifts', "c.verdict?.reason === 'creds_corrupt'", 'true'),
      everyScanIsNews,
    ],
    caughtBy: ['verdict stands', 'dead credentials', 'ban respected', 'one alert'],
  },
  {
    bug: 'a verdict is forgotten at the next start',
    edits: [
      edit(
        'machines/session/initial-context.ts',
        'validVerdict',
        'verdict === undefined || found.promoted',
        'true',
      ),
    ],
    caughtBy: ['verdict stands', 'dead credentials', 'ban respected', 'one alert'],
  },
  {
    bug: 'a ban is tried every minute',
    edits: [
      edit('machines/session/verdict.ts', 'banEndsInMs', 'banLeftMs(c)', '60_000'),
      edit(
        'machines/session/setup.ts',
        'isOver',
        '(verdict?.until ?? Number.POSITIVE_INFINITY) <= clock.now()',
        'true',
      ),
    ],
    caughtBy: ['ban respected'],
  },
  {
    bug: 'an exhausted session probes at once',
    edits: [
      edit(
        'machines/session/verdict.ts',
        'probeInMs',
        '(c.verdict?.nextProbeAt ?? 0) - c.clock.now()',
        '5_000',
      ),
    ],
    caughtBy: ['verdict stands', 'one alert'],
  },
  {
    bug: 'every failed probe is an alert',
    edits: [edit('machines/session/verdict.ts', 'judged', 'same?.at ?? now', 'now')],
    caughtBy: ['one alert'],
  },
];

const ofOrders: readonly SeededBug[] = [
  {
    bug: 'a stop is undone by the next scan',
    edits: [
      edit('machines/session/setup.ts', 'asFound', "found.promoted ? 'running' : c.desired", "'running'"),
      edit('machines/session/verdict.ts', 'matters', "c.stored !== 'restorable'", 'true'),
      everyScanIsNews,
    ],
    caughtBy: ['stop stands'],
  },
  {
    bug: 'a stop is undone by the next start',
    edits: [
      edit(
        'machines/session/initial-context.ts',
        'knownFrom',
        "found.promoted ? 'running' : (record?.desired ?? 'running')",
        "'running'",
      ),
    ],
    caughtBy: ['stop stands'],
  },
];

const ofPace: readonly SeededBug[] = [
  {
    bug: 'no jitter',
    edits: [edit('machines/domain/backoff.ts', 'backoffMs', 'random * (ceiling / 2)', 'ceiling / 2')],
    caughtBy: ['never in step'],
  },
  {
    bug: 'no breaker',
    edits: [
      edit('machines/gate/breaker.ts', 'isMassLoss', 't.lostAt.length >= p.outageMin', 'false'),
      edit('machines/gate/breaker.ts', 'isMassRefusal', 't.live === 0', 'false'),
    ],
    caughtBy: ['one alert'],
  },
  {
    bug: 'failures are forgiven at open',
    edits: [edit('machines/session/setup.ts', 'lift', 'urgent: false', 'urgent: false, ...clean')],
    caughtBy: ['forgiven late'],
  },
  {
    bug: 'the gate takes no token',
    edits: [edit('machines/gate/setup.ts', 'admit', 'tokens -= 1', '')],
    caughtBy: ['gate rates'],
  },
  {
    bug: 'a slot at the gate is never given back',
    edits: [
      edit('machines/gate/gate.machine.ts', 'permitFrom', "gate.send({ type: 'slot.released', org })", ''),
    ],
    fleet: 60,
    caughtBy: ['back in time'],
  },
];

const ofWatchdogs: readonly SeededBug[] = [
  {
    bug: 'no watchdog while connecting',
    edits: [edit('machines/session/setup.ts', 'connect', 'c.policy.connectMs', '2_000_000_000')],
    caughtBy: ['never stuck', 'back in time'],
  },
  {
    bug: 'no pings',
    edits: [edit('machines/session/setup.ts', 'pingEvery', 'c.policy.pingEveryMs', '2_000_000_000')],
    caughtBy: ['connected is true'],
  },
  {
    bug: 'a watchdog that takes silence for death',
    edits: [edit('machines/session/live.ts', 'stable', "'forgive'", "endAs('unhealthy')")],
    caughtBy: ['quiet undisturbed', 'back in time'],
  },
];

const ofAdapters: readonly SeededBug[] = [
  {
    bug: 'a record is not synced',
    edits: [
      edit(
        'src/sessions/record-file.ts',
        'write',
        'replaceFile',
        `(async (on: Disk, to: string, text: string) => {
          await on.write(to + '.new', text);
          await on.rename(to + '.new', to);
        })`,
      ),
    ],
    caughtBy: [
      'stop stands',
      'verdict stands',
      'dead credentials',
      'ban respected',
      'one alert',
      'back in time',
    ],
  },
  {
    bug: 'a new connection does not wait for the end of the old one, and no register checks the identity',
    edits: [
      edit('src/whatsapp/connection.ts', '#open', 'await register.closed(this.#input.org)', ''),
      edit('src/whatsapp/connection.ts', '#open', 'before !== undefined', 'false'),
    ],
    caughtBy: ['one login', 'verdict has a cause'],
  },
  {
    bug: 'an ended connection is not closed',
    edits: [edit('src/whatsapp/connection.ts', '#dispose', 'this.#socket?.dispose()', 'undefined')],
    caughtBy: ['one login', 'nothing left', 'verdict has a cause'],
  },
  {
    bug: 'no lock',
    edits: [edit('test/simulation/harness.ts', 'isLocked', 'this.process?.alive === true', 'false')],
    caughtBy: ['one login', 'no unasked QR'],
  },
  {
    bug: 'credentials are written without a check of whose they are',
    edits: [
      edit(
        'src/whatsapp/store/ownership.ts',
        'check',
        'await this.#check(here)',
        "this.#known ? { is: 'ours' } : await this.#check(here)",
      ),
      edit(
        'src/whatsapp/store/ownership.ts',
        'unchanged',
        "(stat ? versionOf(stat) : '') === this.#version",
        'true',
      ),
    ],
    caughtBy: ['identity kept'],
  },
];

const ofCopies: readonly SeededBug[] = [
  {
    bug: 'a copy counts as complete after a quarter of a second',
    edits: [
      edit('src/sessions/assess.ts', 'isWhole', 'quietMs >= deps.wholeAfterMs', 'quietMs >= settleMs'),
      edit('src/sessions/assess.ts', 'isWhole', 'age >= deps.wholeAfterMs', 'age >= settleMs'),
    ],
    caughtBy: ['whole copies'],
  },
];

export const seededBugs: readonly SeededBug[] = [
  ...ofVerdicts,
  ...ofOrders,
  ...ofPace,
  ...ofWatchdogs,
  ...ofAdapters,
  ...ofCopies,
];
