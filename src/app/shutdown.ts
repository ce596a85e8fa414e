/** Runs the shutdown steps in order. A failing step does not stop the next. */
import type { WriteLog } from '../base/log.ts';

/** After a signal, the process has this long to end; then it is cut. */
export const stopDeadlineMs = 15_000;

export interface Step {
  /** For the log: what the shutdown waits for. */
  readonly name: string;
  readonly run: () => void | Promise<void>;
}
export interface Shutdown {
  /** Runs once, however often it is called. Rejects after the last step when any step failed. */
  run(): Promise<void>;
  /** The name of the running step. */
  at(): string | undefined;
}

export const inOrder = (steps: readonly Step[], log: WriteLog): Shutdown => {
  let at: string | undefined;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const failed: string[] = [];
    for (const step of steps) {
      at = step.name;
      try {
        await step.run();
      } catch (err) {
        failed.push(step.name);
        log('shutdown.step_failed', { err, step: step.name });
      }
    }
    at = undefined;
    if (failed.length > 0) throw new Error(`steps of the shutdown failed: ${failed.join(', ')}`);
  };
  return { run: () => (running ??= run()), at: () => at };
};
