/** The process of the supervisor: reads the configuration, starts Vigía, and ends in order. */

import type { Log } from '../base/log.ts';
import { diskAdvice } from '../disk/advice.ts';
import { DiskFault } from '../disk/disk.ts';
import { openLog } from '../log/log.ts';
import { type LogOutput, openLogOutput } from '../log/output.ts';
import { standardOutputSink } from '../log/standard-output.ts';
import { inspectStart } from '../offline/settings.ts';
import { divertConsole } from '../whatsapp/patches/library-console.ts';
import { startVigia, type Vigia } from './app.ts';
import { complain } from './complain.ts';
import { type Announcement, announce } from './notify-process-manager.ts';
import { stopDeadlineMs } from './shutdown.ts';
import { handleSignals } from './signals.ts';

interface Running {
  readonly vigia: Vigia;
  readonly announcement: Announcement;
}
/** The last lines of the log get this long: a reader that takes nothing must not keep the process. */
const lastLinesMs = 1_000;

/** Ends the process once the log is written, or given up. */
type End = (code: number) => Promise<never>;
const endAfter =
  (output: LogOutput): End =>
  async (code) => {
    await output.flush(lastLinesMs);
    process.exit(code);
  };

/** Ends in order on a signal, also on one during the start. A second signal, or the deadline, cuts. */
const stopOnSignals = (starting: Promise<Running>, log: Log, end: End): void => {
  let vigia: Vigia | undefined;
  const stop = async (signal: string): Promise<void> => {
    log('process.stopping', { signal });
    setTimeout(() => {
      log('process.stop_timed_out', { waitingFor: vigia ? vigia.endingAt() : 'the start' });
      void end(1);
    }, stopDeadlineMs).unref();
    try {
      const running = await starting;
      vigia = running.vigia;
      void running.announcement.stopping();
      await vigia.stop();
    } catch (err) {
      log('process.stop_incomplete', { err });
      return end(1);
    }
    log('process.stopped');
    return end(0);
  };
  handleSignals({
    stop: (signal) => void stop(signal),
    cut: () => process.exit(1),
    log,
    hasTerminal: () => process.stdout.isTTY,
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
  const { code = '' } = error as NodeJS.ErrnoException;
  const isOfDisk = error instanceof DiskFault || 'path' in error;
  return isOfDisk
    ? `${error.message} (the directory of the sessions is AUTH_DIR=${root}: ${diskAdvice(code)})`
    : error.message;
};

/**
 * Never returns. Exit codes: 0 after a complete shutdown by a signal, 2 for an invalid configuration,
 * otherwise 1.
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

  const start = async (): Promise<Running> => {
    const vigia = await startVigia(config, log, { logLines: () => output.droppedLines() });
    const announcement = announce({
      env: process.env,
      pid: process.pid,
      ...(process.send && { send: (message) => process.send?.(message) }),
      vigia,
      log,
    });
    return { vigia, announcement };
  };
  const starting = start();
  stopOnSignals(starting, log, end);
  try {
    const { vigia } = await starting;
    await vigia.ended;
  } catch (error) {
    // The operator gets one sentence; the stack is for bugs, at level debug.
    log('process.start_failed', { err: error });
    complain(`Vigía cannot start: ${startFailure(error, config.AUTH_DIR)}`);
  }
  return end(1);
};
