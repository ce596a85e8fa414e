/** A QR for the terminal, in half blocks: one line holds two rows of modules. */
import { encode } from 'uqr';
import type { Terminal } from './terminal.ts';

/**
 * The empty margin, in modules. ISO/IEC 18004 demands four; phones manage with two, and terminals are small.
 */
const border = 2;
// index: 2 if the upper module is light, plus 1 if the lower one is
const halves = [' ', '▄', '▀', '█'] as const;

/**
 * Draws the light modules, so that the QR is right on a dark terminal. With colours, it is also right on a
 * light one.
 */
export const qrLines = (
  text: string,
  colors: Terminal['colors'],
): { readonly lines: readonly string[]; readonly columns: number } => {
  const { data, size } = encode(text, { border, ecc: 'L' });
  const isLight = (row: number, column: number) => data[row]?.[column] === false;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from(
      { length: size },
      (_, column) => halves[(isLight(row, column) ? 2 : 0) + (isLight(row + 1, column) ? 1 : 0)],
    );
    lines.push(colors.bgBlack(colors.whiteBright(cells.join(''))));
  }
  return { lines, columns: size };
};
