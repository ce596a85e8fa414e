/** Ctrl-C as something that a command can finish its work after. Asked twice, the process ends at once. */
import { monotonicMs } from '../base/monotonic.ts';
import { exits } from './exit-codes.ts';

/** `npx` and a terminal both pass on one Ctrl-C: what follows this soon is the same one. */
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
