/** The process of the supervisor: reads the configuration, starts Vigía, and ends in order. */

import type { Log } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { openLog } from '../log/log.ts';
import { inspectStart } from '../offline/settings.ts';
import { divertConsole } from '../whatsapp/patches/library-console.ts';
import { startVigia, type Vigia } from './app.ts';
import { announce } from './notify-process-manager.ts';
import { stopDeadlineMs } from './shutdown.ts';

type Announcement = ReturnType<typeof announce>;

/** A terminal and npm both forward one Ctrl-C: a second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000;

/** Ends in order on SIGTERM and SIGINT. A second signal, or the deadline, cuts. */
const stopOnSignals = (vigia: Vigia, announcement: Announcement, log: Log): void => {
  let stoppingSince: number | undefined;
  const stop = async (signal: string) => {
    if (stoppingSince !== undefined) {
      if (monotonicMs() - stoppingSince > sameSignalMs) process.exit(1); // a second signal cuts
      return;
    }
    stoppingSince = monotonicMs();
    log('process.stopping', { signal });
    setTimeout(() => {
      log('process.stop_timed_out', { waitingFor: vigia.endingAt() });
      process.exit(1);
    }, stopDeadlineMs).unref();
    void announcement.stopping();
    try {
      await vigia.stop();
    } catch (err) {
      log('process.stop_incomplete', { err });
      process.exit(1);
    }
    log('process.stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('SIGHUP', () => {
    if (process.stdout.isTTY) return void stop('SIGHUP');
    log('process.sighup_ignored');
  });
};

const startFailure = (error: unknown, root: string): string => {
  if (!(error instanceof Error)) return String(error);
  const isOfDisk = /^E[A-Z]+$/.test(String((error as NodeJS.ErrnoException).code));
  const advice = isOfDisk
    ? ` (the directory of the sessions is AUTH_DIR=${root}: check that it can be written)`
    : '';
  return `${error.message}${advice}`;
};

/**
 * Never returns. Exit codes: 0 after a complete shutdown by a signal, 2 for an invalid configuration,
 * otherwise 1.
 *
 * SIGHUP on a terminal means that the terminal closed: it ends the process like Ctrl-C. Without a terminal,
 * SIGHUP asks old daemons to read their configuration again. Vigía does not do that, so it ignores and logs
 * the signal.
 */
export const runServer = async (): Promise<never> => {
  const { config, problems, warnings } = await inspectStart(process.env);
  if (config === undefined) {
    process.stderr.write(
      'Vigía cannot start, because of its configuration:\n' +
        `${problems.map((p) => `  - ${p}\n`).join('')}See docs/operators/CONFIGURATION.md.\n`,
    );
    process.exit(2);
  }
  const log = openLog({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  });
  if (warnings.length > 0) log('config.unknown_names', { warnings });
  divertConsole((severity, text) => log('library.console', { severity, text }));

  // A rejection without a handler, mostly deep in the client library, must not end every other organization.
  process.on('unhandledRejection', (reason) =>
    log('process.unhandled_rejection', {
      why: reason instanceof Error ? reason.message.slice(0, 200) : 'not an error',
    }),
  );
  // After an uncaught exception no state is reliable: the next process restores everything.
  process.on('uncaughtException', (err) => {
    log('process.uncaught_exception', { err });
    process.exit(1);
  });

  try {
    const vigia = await startVigia(config, log);
    const announcement = announce({
      env: process.env,
      pid: process.pid,
      ...(process.send && { send: (message) => process.send?.(message) }),
      vigia,
      log,
    });
    stopOnSignals(vigia, announcement, log);
    await vigia.ended;
    process.exit(1);
  } catch (error) {
    // The operator gets one sentence; the stack is for bugs, at level debug.
    log('process.start_failed', { err: error });
    process.stderr.write(`Vigía cannot start: ${startFailure(error, config.AUTH_DIR)}\n`);
    process.exit(1);
  }
};
