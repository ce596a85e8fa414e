/** Lines that are drawn anew in place, with lines above them that stay. Without a terminal only the latter are written. */
import { createLogUpdate } from 'log-update';
import type { Terminal } from './terminal.ts';

export interface LiveBlock {
  draw(lines: readonly string[]): void;
  keep(line: string): void;
  /** Leaves what is drawn where it is (`clear`: not). */
  end(how?: 'clear'): void;
}
export const openBlock = ({ isLive, stdout, line }: Terminal): LiveBlock => {
  if (!isLive) return { draw: () => undefined, keep: line, end: () => undefined };
  const update = createLogUpdate(stdout as NodeJS.WriteStream, { showCursor: true });
  return {
    draw: (lines) => update(lines.join('\n')),
    keep: (text) => update.persist(text),
    end: (how) => {
      if (how === 'clear') update.clear();
      update.done();
    },
  };
};

/** Calls `draw` now, at most ten times a second after changes (`changed`), and every second for what counts down. */
export const drawing = (draw: () => void) => {
  const everyMs = 1_000;
  const calmMs = 100;
  let soon: NodeJS.Timeout | undefined;
  draw();
  const clock = setInterval(draw, everyMs);
  return {
    changed: () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        draw();
      }, calmMs);
    },
    stop: () => {
      clearInterval(clock);
      clearTimeout(soon);
    },
  };
};
