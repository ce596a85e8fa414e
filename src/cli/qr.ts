/** A QR in the terminal: half blocks, so that two rows of it fit in one line. */
import { encode } from 'uqr';
import type { Terminal } from './terminal.ts';

/** The empty margin that scanners need (ISO/IEC 18004 asks for four modules; phones do with two, and terminals are small). */
const border = 2;
const halves = [' ', '▄', '▀', '█'] as const; // by whether the upper, the lower module is light

/** Light modules are drawn, so that it is right on a dark terminal; with colours it is right on a light one too. */
export const qrLines = (text: string, colors: Terminal['colors']): { readonly lines: readonly string[]; readonly columns: number } => {
  const { data, size } = encode(text, { border, ecc: 'L' });
  const isLight = (row: number, column: number) => data[row]?.[column] === false;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from({ length: size }, (_, column) => halves[(isLight(row, column) ? 2 : 0) + (isLight(row + 1, column) ? 1 : 0)]);
    lines.push(colors.bgBlack(colors.whiteBright(cells.join(''))));
  }
  return { lines, columns: size };
};
