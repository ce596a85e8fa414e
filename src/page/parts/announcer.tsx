/** One polite region for screen readers: at most one sentence in five seconds, the newest. */
import { signal } from '@preact/signals';

const spoken = signal('');
const pauseMs = 5_000;
let waiting: string | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

const speak = (): void => {
  timer = undefined;
  if (waiting === undefined) return;
  spoken.value = waiting;
  waiting = undefined;
  timer = setTimeout(speak, pauseMs);
};
/** A sentence that comes too early waits; a later one takes its place. */
export const announce = (sentence: string): void => {
  waiting = sentence;
  if (timer === undefined) speak();
};
export const Announcer = () => (
  <p class="vh" role="status" aria-live="polite">
    {spoken}
  </p>
);
