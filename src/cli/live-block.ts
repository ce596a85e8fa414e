/**
 * Lines that are redrawn in place, below lines that stay. Without a terminal, only the lines that stay are
 * written.
 */
import { createLogUpdate } from 'log-update';
import type { Terminal } from './terminal.ts';
import { usualSize, wrapped } from './wrap.ts';

export interface LiveBlock {
  draw(lines: readonly string[]): void;
  keep(line: string): void;
  /** For a terminal whose size has changed: it has wrapped the lines in its own way. */
  clearScreen(): void;
  /** Leaves the last drawing on the screen; `clear` removes it. */
  end(how?: 'clear'): void;
}
export const openBlock = ({ isLive, stdout, line }: Terminal): LiveBlock => {
  if (!isLive) {
    const nothing = () => undefined;
    return { draw: nothing, keep: line, clearScreen: nothing, end: nothing };
  }
  const update = createLogUpdate(stdout as NodeJS.WriteStream, { showCursor: true });
  return {
    draw: (lines) => update(lines.join('\n')),
    keep: (text) => update.persist(wrapped(text, stdout.columns || usualSize.columns).join('\n')),
    clearScreen: () => {
      update.done();
      stdout.write('\u001b[2J\u001b[H');
    },
    end: (how) => {
      if (how === 'clear') update.clear();
      update.done();
    },
  };
};

/** Calls `draw` now, every second for the countdowns, and after `changed`, at most ten times a second. */
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
