import { monotonicMs } from '../../base/monotonic.ts';
import { createSerialQueue } from '../../base/serial-queue.ts';
import type { Disk } from '../../disk/disk.ts';
import { codeOf } from './batch.ts';
import type { Drafting } from './draft.ts';
import { writeToJournal } from './journal-round.ts';
import type { Ownership } from './ownership.ts';
import { pendingChanges } from './pending.ts';
import { type RoundResult, type Wanted, writeRound } from './round.ts';
import type { Drained, FileChange, OrgJournal, StoreEvents } from './types.ts';

const firstRetryMs = 1_000;
const longestRetryMs = 30_000;
/** A fenced store tries once a second for so long, then gives up. Half of the deadline of `drained`. */
const lastChanceMs = 5_000;
const drainDeadlineMs = 10_000;

/** Why nothing may be written: never again (`ended`), or not now. */
type Obstacle = 'ended' | { readonly unclear: string };

interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly drafting: Drafting;
  readonly ownership: Ownership;
  readonly journal?: OrgJournal;
  readonly on: StoreEvents;
}

/**
 * The one queue of a directory. It collects while it writes, so there is never more than one `creds.json` waiting, and a burst
 * of keys shares its syncs. During a fault what is in memory stays the truth: it is tried again after 1, 2, 4 ... 30 s (after
 * 1 s again whenever something did get through), nobody is told "written" before it is, and nobody is told "failed" either:
 * Baileys answers a failing `keys.set` with 10 tries 3 s apart and then forgets the keys (WHATSAPP-FACTS.md#failed-key-writes), while one that
 * has not answered yet only holds back the messages that need it; WhatsApp keeps those, since they are not acknowledged.
 */
export const startWriter = ({ disk, directory, drafting, ownership, journal, on }: WriterOptions) => {
  const pending = pendingChanges();
  /** What the files' round is given where keys go into the journal. */
  const nothingPending = pendingChanges();
  const wanted: Wanted = { credentials: false, backup: false };
  let phase: 'open' | 'fenced' | 'frozen' = 'open';
  let giveUpAt = Number.POSITIVE_INFINITY;
  let failing = false;
  let dropped = false;
  let refused = false;
  let working = false;
  let wake: (() => void) | undefined;
  const rounds = createSerialQueue();
  const whenSettled: (() => void)[] = [];
  const backupCallers: (() => void)[] = [];

  const hasWork = (): boolean => pending.size > 0 || wanted.credentials || wanted.backup;
  const release = (callers: (() => void)[]): void => {
    for (const resolve of callers.splice(0)) resolve();
  };
  const drop = (): void => {
    if (!hasWork()) return;
    dropped = true;
    pending.drop();
    wanted.credentials = false;
    wanted.backup = false;
  };
  const freeze = (): void => {
    const told = phase === 'open';
    phase = 'frozen';
    drop();
    on.log('store.replaced', { directory });
    if (told) on.replaced('other_identity');
  };

  /** undefined when it is still ours. */
  const checkOwnership = async (here: string): Promise<Obstacle | undefined> => {
    const seen = await ownership.check(here);
    if (seen.is === 'replaced') {
      freeze();
      return 'ended';
    }
    if (seen.is === 'unclear') return { unclear: seen.code };
    if (seen.is === 'restored') wanted.credentials = true;
    return undefined;
  };
  const filesRound = async (here: string): Promise<RoundResult | Obstacle> => {
    const obstacle = await checkOwnership(here);
    if (obstacle) return obstacle;
    const { log } = on;
    const onCredentials = (written: boolean): void => {
      refused = !written;
    };
    const keys = journal ? nothingPending : pending;
    return writeRound({ disk, directory, here, drafting, ownership, pending: keys, wanted, log, onCredentials });
  };
  const keysRound = async (place: OrgJournal): Promise<RoundResult | Obstacle> => {
    // not held: nothing is written to the directory here, and whoever does so later looks again
    return (await checkOwnership(directory)) ?? writeToJournal(place, pending);
  };
  /** Keys first, so that credentials which count on them never come before them. What goes into the journal does not touch the directory. */
  const round = async (): Promise<RoundResult | Obstacle> => {
    const keys = journal && pending.size > 0 ? await keysRound(journal) : undefined;
    if (keys === 'ended' || (keys && 'unclear' in keys)) return keys;
    if (keys && !wanted.credentials && !wanted.backup) return keys;
    const rest = (await disk.hold(directory, filesRound)) ?? { unclear: 'ENOENT' };
    return keys && typeof rest === 'object' && 'progress' in rest
      ? { ...rest, error: keys.error ?? rest.error, progress: keys.progress || rest.progress }
      : rest;
  };
  /** One round as `undefined` (all durable) or what went wrong. One that was disturbed is begun again at once, with a new look. */
  const tryRound = async (): Promise<{ readonly code: string; readonly progress: boolean } | undefined> => {
    try {
      const first = await rounds.run(round);
      const result = typeof first === 'object' && 'disturbed' in first && first.disturbed ? await rounds.run(round) : first;
      if (result === 'ended') return undefined;
      if ('unclear' in result) return { code: result.unclear, progress: false };
      if (result.disturbed) return { code: 'EBUSY', progress: result.progress };
      return result.error === undefined ? undefined : { code: codeOf(result.error), progress: result.progress };
    } catch (error) {
      return { code: codeOf(error), progress: false };
    }
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const work = async (): Promise<void> => {
    let retryMs = firstRetryMs;
    while (hasWork()) {
      const fault = await tryRound();
      if (!wanted.backup) release(backupCallers);
      if (!fault) {
        if (failing && phase === 'open') on.recovered();
        failing = false;
        retryMs = firstRetryMs;
        continue;
      }
      if (!failing && phase === 'open') on.failed(fault.code);
      failing = true;
      if (monotonicMs() >= giveUpAt) {
        on.log('store.gave_up', { directory, code: fault.code });
        drop();
        continue;
      }
      if (fault.progress) retryMs = firstRetryMs;
      await pause(phase === 'open' ? retryMs : firstRetryMs);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
    release(backupCallers);
  };
  const start = (): void => {
    if (working) return;
    working = true;
    void work().finally(() => {
      working = false;
      if (hasWork()) start();
      else release(whenSettled);
    });
  };
  const settled = (): Promise<void> => (working ? new Promise((resolve) => whenSettled.push(resolve)) : Promise.resolve());

  return {
    /** What is not on the disk yet, for reads. */
    peek: (name: string): string | null | undefined => {
      const waiting = pending.peek(name);
      return waiting === undefined ? journal?.peek(name) : waiting;
    },
    get frozen(): boolean {
      return phase === 'frozen';
    },
    get open(): boolean {
      return phase === 'open';
    },
    /** Runs between two rounds, and while nothing else is put into the files. */
    undisturbed: <T>(work: () => Promise<T>): Promise<T> => rounds.run(() => (journal ? journal.inTurn(work) : work())),
    settled,
    setKeys: (changes: readonly FileChange[]): Promise<void> => {
      if (phase !== 'open') return Promise.resolve();
      const written = pending.add(changes);
      if (hasWork()) start();
      return written;
    },
    saveCredentials: (): void => {
      if (phase !== 'open') return;
      wanted.credentials = true;
      start();
    },
    backUp: (): Promise<void> => {
      if (phase !== 'open') return Promise.resolve();
      wanted.backup = true;
      const done = new Promise<void>((resolve) => backupCallers.push(resolve));
      start();
      return done;
    },
    fence: (): void => {
      if (phase !== 'open') return;
      phase = 'fenced';
      giveUpAt = monotonicMs() + lastChanceMs;
      if (working) drafting.seal();
      wake?.();
    },
    drained: async (): Promise<Drained> => {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, drainDeadlineMs);
      });
      // durable is enough for the answer; but whoever waits for it may be about to copy or move the directory
      const inFiles = settled().then(() => journal?.settle());
      await Promise.race([inFiles, deadline]);
      clearTimeout(timer);
      if (dropped || refused) return 'lost';
      return working ? 'pending' : 'durable';
    },
  };
};
export type Writer = ReturnType<typeof startWriter>;
