import { type FSWatcher, watch } from 'node:fs';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { parseOrg } from './ids.ts';
import { credentialsName, type Layout, layoutOf } from './layout.ts';

/** A scan is requested this long after the last change, */
const quietMs = 200;
/**
 * but at most this long after the first: a directory that changes all the time must not postpone the scan for
 * ever.
 */
const patienceMs = 1_000;
/**
 * Then the request is repeated: a request during a scan is lost, and credentials may have to stay unchanged
 * first.
 */
const repeatsMs: readonly number[] = [500, 1_000, 2_000];
/**
 * How long a new directory is watched for its creds.json: as long as a person may need to scan the QR of
 * another program.
 */
const newDirectoryMs = 300_000;
/** New directories watched at once. More of them come from a copy, whose end the scan finds. */
const mostNewDirectories = 64;

export type StopWatching = () => void;

/** Requests one scan for many changes. */
const createScanRequests = (requestScan: () => void) => {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  /** When the first change since the last request happened. */
  let changedAt: number | undefined;

  const repeat = (n: number): void => {
    const delayMs = repeatsMs[n];
    if (delayMs === undefined) return;
    timer = setTimeout(() => {
      requestScan();
      repeat(n + 1);
    }, delayMs);
  };
  const request = (): void => {
    changedAt = undefined;
    requestScan();
    repeat(0);
  };
  return {
    changed: (): void => {
      if (stopped) return;
      const now = monotonicMs();
      changedAt ??= now;
      clearTimeout(timer);
      timer = setTimeout(request, Math.max(0, Math.min(quietMs, changedAt + patienceMs - now)));
    },
    stop: (): void => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};

/** Watches new directories for their creds.json, each for a while. */
const watchNewDirectories = (layout: Layout, changed: () => void) => {
  const watched = new Map<string, { readonly watcher: FSWatcher; readonly end: NodeJS.Timeout }>();
  const unwatch = (name: string): void => {
    const one = watched.get(name);
    one?.watcher.close();
    clearTimeout(one?.end);
    watched.delete(name);
  };
  return {
    watch: (name: string): void => {
      unwatch(name); // it may be another directory of the same name
      if (watched.size >= mostNewDirectories) return;
      try {
        const watcher = watch(layout.organization(name), { persistent: false }, (_event, file) => {
          if (file === null || file === credentialsName) changed();
        });
        watcher.on('error', () => unwatch(name)); // the directory went away
        watched.set(name, { watcher, end: setTimeout(() => unwatch(name), newDirectoryMs).unref() });
      } catch {
        // It is gone again, or it is a file, or no watch is left: the periodic scan finds it.
      }
    },
    stop: (): void => {
      for (const name of [...watched.keys()]) unwatch(name);
    },
  };
};

/**
 * Calls `requestScan` soon after something changed in the root, so that a new session need not wait for the
 * periodic scan. The periodic scan remains the authority: a watcher may be refused, may overflow, or may
 * report nothing (NFS, bind mounts). An error of the watcher is logged once and ends only the watcher.
 *
 * A change inside a directory is no change of the root, and credentials may come minutes after their
 * directory, while a person fetches a phone. So a new directory is watched itself for a while, for
 * `creds.json` only (a pairing writes hundreds of keys). Watches are scarce: watching every directory
 * permanently would cost one for each, and so would a recursive watch.
 */
export const watchRoot = (root: string, requestScan: () => void, log: WriteLog): StopWatching => {
  const layout = layoutOf(root);
  const requests = createScanRequests(requestScan);
  const newDirectories = watchNewDirectories(layout, requests.changed);

  let watcher: FSWatcher | undefined;
  const lost = (error: unknown): void => {
    log('watcher.lost', { code: (error as NodeJS.ErrnoException).code ?? null });
    watcher?.close();
    watcher = undefined;
  };
  try {
    watcher = watch(layout.root, { persistent: false }, (event, name) => {
      if (name === null) return requests.changed();
      if (parseOrg(name) === undefined) return;
      if (event === 'rename') newDirectories.watch(name);
      requests.changed();
    });
    watcher.on('error', lost);
  } catch (error) {
    lost(error);
  }
  return () => {
    requests.stop();
    watcher?.close();
    newDirectories.stop();
  };
};
