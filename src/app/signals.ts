/**
 * What a signal does, other than the default, which is to end the process without saving. Left alone:
 * SIGABRT, with which systemd's watchdog ends a process that hangs (a handler would never run, and only delay
 * that), and SIGPROF, which belongs to V8.
 */
import type { WriteLog } from '../base/log.ts';
import { monotonicMs } from '../base/monotonic.ts';

/**
 * End in order. SIGQUIT is Ctrl-\, and the stop signal of some container images; SIGXCPU comes from a limit
 * of CPU time, some seconds before the kill; SIGPWR from the init system when its power fails.
 */
const stoppingSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGXCPU', 'SIGPWR'] as const;
/**
 * Do nothing. SIGUSR1 and SIGUSR2 are requests that other programs know (open the log again, start again).
 * Without a handler Node answers SIGUSR1 by opening its inspector, through which other users of this machine
 * could run programs here (nodejs.org/api/process.html, "Signal events").
 */
export const ignoredSignals = ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO'] as const;

/** A terminal and npm both forward one Ctrl-C: a second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000;

export interface SignalHandlers {
  readonly stop: (signal: string) => void;
  /** A second signal, later than a repetition of the first would come. */
  readonly cut: () => void;
  readonly log: WriteLog;
  /** Whether the process was started in a terminal, so that SIGHUP means that the terminal closed. */
  readonly hasTerminal: () => boolean;
}

/**
 * SIGHUP on a terminal means that the terminal closed: it ends the process like Ctrl-C. Without a terminal,
 * SIGHUP asks old daemons to read their configuration again. Vigía does not do that, so it ignores and logs
 * the signal.
 */
export const handleSignals = ({ stop, cut, log, hasTerminal }: SignalHandlers): void => {
  let stoppingSince: number | undefined;
  const end = (signal: string): void => {
    if (stoppingSince === undefined) {
      stoppingSince = monotonicMs();
      stop(signal);
    } else if (monotonicMs() - stoppingSince > sameSignalMs) cut();
  };
  for (const signal of stoppingSignals) process.on(signal, () => end(signal));
  for (const signal of ignoredSignals) process.on(signal, () => log('process.signal_ignored', { signal }));
  process.on('SIGHUP', () => (hasTerminal() ? end('SIGHUP') : log('process.sighup_ignored')));
};
