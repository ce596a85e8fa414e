/** One timer for the page. It stands still while the tab is hidden. */
import { signal } from '@preact/signals';

/** How far the server's clock is ahead of this one, in milliseconds. */
export const offsetMs = signal(0);
/** Epoch milliseconds by the server's clock; changes each second. */
export const now = signal(Date.now());

const tick = (): void => {
  if (!document.hidden) now.value = Date.now() + offsetMs.value;
};
setInterval(tick, 1_000);
document.addEventListener('visibilitychange', tick);
export const setServerTime = (time: string): void => {
  offsetMs.value = Date.parse(time) - Date.now();
  tick();
};
