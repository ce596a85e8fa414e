/** The process of the supervisor: reads the configuration, starts Vigía, and ends in order. */

import type { Log } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';
import { openLog } from '../log/log.ts';
import { type LogOutput, openLogOutput } from '../log/output.ts';
import { standardOutputSink } from '../log/standard-output.ts';
import { inspectStart } from '../offline/settings.ts';
import { divertConsole } from '../whatsapp/patches/library-console.ts';
import { startVigia, type Vigia } from './app.ts';
import { announce } from './notify-process-manager.ts';
import { stopDeadlineMs } from './shutdown.ts';

type Announcement = ReturnType<typeof announce>;

/** A terminal and npm both forward one Ctrl-C: a second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000;
/** The last lines of the log get this long: a reader that takes nothing must not keep the process. */
const lastLinesMs = 1_000;

/** Standard error that is full or closed must not change the exit code, and cannot be reported anywhere. */
const complain = (text: string): void => {
  process.stderr.on('error', () => undefined); // a pipe reports its fault later
  try {
    process.stderr.write(`${text}\n`);
  } catch {
    // a file reports its fault at once
  }
};

/** Ends the process once the log is written, or given up. */
type End = (code: number) => Promise<never>;
const endAfter =
  (output: LogOutput): End =>
  async (code) => {
    await output.flush(lastLinesMs);
    process.exit(code);
  };

/** Ends in order on SIGTERM and SIGINT. A second signal, or the deadline, cuts. */
const stopOnSignals = (vigia: Vigia, announcement: Announcement, log: Log, end: End): void => {
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
      void end(1);
    }, stopDeadlineMs).unref();
    void announcement.stopping();
    try {
      await vigia.stop();
    } catch (err) {
      log('process.stop_incomplete', { err });
      return end(1);
    }
    log('process.stopped');
    return end(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('SIGHUP', () => {
    if (process.stdout.isTTY) return void stop('SIGHUP');
    log('process.sighup_ignored');
  });
};

/**
 * The handlers of last resort. They use nothing that blocks or throws: the queue of the log, a timer, and the
 * end of the process.
 */
const handleFaults = (log: Log, end: End): void => {
  // A rejection without a handler, mostly deep in the client library, must not end every other organization.
  process.on('unhandledRejection', (reason) => {
    const message: unknown = reason instanceof Error ? reason.message : 'not an error';
    log('process.unhandled_rejection', { why: typeof message === 'string' ? message.slice(0, 200) : '' });
  });
  // After an uncaught exception no state is reliable: the next process restores everything.
  let isEnding = false;
  process.on('uncaughtException', (err) => {
    if (isEnding) return; // the first is the one to report
    isEnding = true;
    try {
      log('process.uncaught_exception', { err });
    } finally {
      void end(1);
    }
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
    complain(
      'Vigía cannot start, because of its configuration:\n' +
        `${problems.map((p) => `  - ${p}\n`).join('')}See docs/operators/CONFIGURATION.md.`,
    );
    process.exit(2);
  }
  const output = openLogOutput({
    sink: standardOutputSink(),
    onRecovered: (dropped) => log('log.lines_dropped', { dropped }),
  });
  const end = endAfter(output);
  const log = openLog({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    destination: output,
  });
  if (warnings.length > 0) log('config.unknown_names', { warnings });
  divertConsole((severity, text) => log('library.console', { severity, text }));
  handleFaults(log, end);

  try {
    const vigia = await startVigia(config, log, { logLines: () => output.droppedLines() });
    const announcement = announce({
      env: process.env,
      pid: process.pid,
      ...(process.send && { send: (message) => process.send?.(message) }),
      vigia,
      log,
    });
    stopOnSignals(vigia, announcement, log, end);
    await vigia.ended;
  } catch (error) {
    // The operator gets one sentence; the stack is for bugs, at level debug.
    log('process.start_failed', { err: error });
    complain(`Vigía cannot start: ${startFailure(error, config.AUTH_DIR)}`);
  }
  return end(1);
};
