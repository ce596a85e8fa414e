import { type FSWatcher, watch } from 'node:fs';
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { parseOrg } from './ids.ts';
import { credentialsName, layoutOf } from './layout.ts';

/** A hint follows this long after the last change, */
const quietMs = 200;
/** but no later than this after the first: a directory that is never quiet does not put it off for ever. */
const patienceMs = 1_000;
/** Then it is repeated: a hint that meets a running scan is lost, and credentials may have to lie still first. */
const echoesMs: readonly number[] = [500, 1_000, 2_000];
/** How long a new directory is watched for its creds.json: as long as another program may take to have a QR scanned. */
const newcomerMs = 300_000;
/** New directories watched at once. More than that come from a copy, whose end the scan sees. */
const mostNewcomers = 64;

export type StopWatching = () => void;

/**
 * Calls `hint` soon after something changed in the root, so that a new session need not wait for the periodic scan, which remains
 * the truth: a watcher may be refused, overflow, or see nothing (NFS, bind mounts). Its errors are said once and end only it.
 *
 * A change inside a directory is no change of the root, and credentials may come minutes after their directory: while a person
 * looks for a phone. So a directory that is new is watched itself for a while, for `creds.json` only (a pairing writes hundreds
 * of keys). Watching all directories for good would cost one of a scarce number of watches each; a recursive one does that inside.
 */
export const watchRoot = (root: string, hint: () => void, log: WriteLog): StopWatching => {
  const layout = layoutOf(root);
  const newcomers = new Map<string, { readonly watcher: FSWatcher; readonly end: NodeJS.Timeout }>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let changedSinceMs: number | undefined;

  const echo = (n: number): void => {
    const delayMs = echoesMs[n];
    if (delayMs === undefined) return;
    timer = setTimeout(() => {
      hint();
      echo(n + 1);
    }, delayMs);
  };
  const changed = (): void => {
    if (stopped) return;
    const now = monotonicMs();
    changedSinceMs ??= now;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        changedSinceMs = undefined;
        hint();
        echo(0);
      },
      Math.max(0, Math.min(quietMs, changedSinceMs + patienceMs - now)),
    );
  };

  const leave = (name: string): void => {
    const newcomer = newcomers.get(name);
    newcomer?.watcher.close();
    clearTimeout(newcomer?.end);
    newcomers.delete(name);
  };
  const follow = (name: string): void => {
    leave(name); // it may be another directory of the same name
    if (newcomers.size >= mostNewcomers) return;
    try {
      const watcher = watch(layout.organization(name), { persistent: false }, (_event, file) => {
        if (file === null || file === credentialsName) changed();
      });
      watcher.on('error', () => leave(name)); // the directory went away
      newcomers.set(name, { watcher, end: setTimeout(() => leave(name), newcomerMs).unref() });
    } catch {
      // Gone again, a file, or no watch left: the scan looks anyway.
    }
  };

  const lost = (error: unknown): void => {
    log('watcher.lost', { code: (error as NodeJS.ErrnoException).code ?? null });
    watcher?.close();
    watcher = undefined;
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(layout.root, { persistent: false }, (event, name) => {
      if (name === null) return changed();
      if (parseOrg(name) === undefined) return;
      if (event === 'rename') follow(name);
      changed();
    });
    watcher.on('error', lost);
  } catch (error) {
    lost(error);
  }

  return () => {
    stopped = true;
    clearTimeout(timer);
    watcher?.close();
    for (const name of [...newcomers.keys()]) leave(name);
  };
};
