/**
 * The end in order: one step after the other, each tried whatever became of the one before, and always known
 * which one it is at.
 */
import type { WriteLog } from '../base/log.ts';

/** Asked to end, the process has this long; then it is cut. */
export const stopDeadlineMs = 15_000;

export interface Step {
  /** Words for the log: what it waits for. */
  readonly name: string;
  readonly run: () => void | Promise<void>;
}
export interface Shutdown {
  /**
   * Runs once, however often it is called. Rejects, at the very end, when a step failed: not all was done
   * that should have been.
   */
  run(): Promise<void>;
  /** The step that is under way. */
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
    if (failed.length > 0) throw new Error(`not all was done in the shutdown: ${failed.join(', ')}`);
  };
  return { run: () => (running ??= run()), at: () => at };
};
