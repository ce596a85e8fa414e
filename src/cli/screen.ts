/**
 * A drawing on the whole screen of a terminal. It uses the alternate screen of xterm (DECSET 1049). A change
 * of the size leaves no remains there, and a QR is not kept among the earlier lines.
 */
import type { Output } from './terminal.ts';
import { usualSize } from './wrap.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}
export interface Screen {
  redraw(): void;
  /** Gives the previous screen back. A second call does nothing. */
  close(): void;
}

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const clear = '\u001b[2J';
const clearBelow = '\u001b[J';
/** Erases each line before it is written: after a line of full width, erasing would take its last column. */
const linesFrom = (first: number, lines: readonly string[]): string =>
  `\u001b[${first + 1};1H${lines.map((text) => `\u001b[2K${text}`).join('\r\n')}`;
const everyMs = 1_000;

/** A pseudo-terminal without a size reports 0. */
const sizeOf = ({ columns, rows }: Output): Size => ({
  columns: columns || usualSize.columns,
  rows: rows || usualSize.rows,
});

/** `linesFor` is called now, every second, on `redraw`, and when the size changes. */
export const openScreen = (stdout: Output, linesFor: (size: Size) => readonly string[]): Screen => {
  let drawn: readonly string[] = [];
  let isOpen = true;
  const draw = (isNewSize: boolean): void => {
    const size = sizeOf(stdout);
    const lines = linesFor(size).slice(0, size.rows);
    const before = isNewSize ? [] : drawn;
    drawn = lines;
    const changed = Math.max(lines.length, before.length);
    const first = Array.from({ length: changed }, (_, n) => n).find((n) => lines[n] !== before[n]);
    if (first === undefined) return;
    const isShorter = lines.length < before.length;
    const below = isShorter ? `\u001b[${lines.length + 1};1H${clearBelow}` : '';
    stdout.write(`${isNewSize ? clear : ''}${linesFrom(first, lines.slice(first))}${below}`);
  };
  const onResize = () => draw(true);
  const redraw = () => draw(false);
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(clock);
    stdout.off('resize', onResize);
    process.off('exit', close);
    stdout.write(leave);
  };
  stdout.write(enter);
  draw(true);
  const clock = setInterval(redraw, everyMs);
  stdout.on('resize', onResize);
  process.on('exit', close); // a second Ctrl-C ends the process at once
  return { redraw, close };
};
