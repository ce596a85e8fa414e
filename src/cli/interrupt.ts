/** Ctrl-C as a signal after which a command can finish its work. A second Ctrl-C ends the process at once. */
import { monotonicMs } from '../base/monotonic.ts';
import { exits } from './exit-codes.ts';

/** `npx` and a terminal both pass on one Ctrl-C. A second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000;

export const onInterrupt = (): { readonly signal: AbortSignal; forget(): void } => {
  const controller = new AbortController();
  let since: number | undefined;
  const onSignal = () => {
    if (since !== undefined && monotonicMs() - since > sameSignalMs) process.exit(exits.interrupted.code);
    since ??= monotonicMs();
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return {
    signal: controller.signal,
    forget: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
    },
  };
};
