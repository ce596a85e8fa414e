/** A QR drawn from its text: half blocks for terminals, one path of SVG for pages. */
import { encode } from 'uqr';

/** Level L makes the smallest QR. It is read from a screen, where nothing is torn or dirty. */
const gridOf = (text: string, border: number) => encode(text, { border, ecc: 'L' });

/**
 * The empty margin, in modules. ISO/IEC 18004 demands four; phones manage with two, and terminals are small.
 */
const terminalBorder = 2;
const pageBorder = 4;
// index: 2 if the upper module is light, plus 1 if the lower one is
const halves = [' ', '▄', '▀', '█'] as const;

/**
 * Draws the light modules, so that the QR is right on a dark terminal. One line holds two rows of modules,
 * and each line has as many characters as the QR has columns.
 */
export const qrLines = (text: string): readonly string[] => {
  const { data, size } = gridOf(text, terminalBorder);
  const isLight = (row: number, column: number) => data[row]?.[column] === false;
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from(
      { length: size },
      (_, column) => halves[(isLight(row, column) ? 2 : 0) + (isLight(row + 1, column) ? 1 : 0)],
    );
    lines.push(cells.join(''));
  }
  return lines;
};

/** The dark modules of one row as rectangles of a path, each as long as a run of them. */
const runsOf = (row: readonly boolean[], y: number): string => {
  const runs: string[] = [];
  for (let x = 0; x < row.length; x += 1) {
    if (row[x] !== true) continue;
    const start = x;
    while (row[x + 1] === true) x += 1;
    const length = x + 1 - start;
    runs.push(`M${start} ${y}h${length}v1h-${length}z`);
  }
  return runs.join('');
};
/** Dark on white with its margin, in every theme. It has no size of its own: the page gives it one. */
export const qrSvg = (text: string): string => {
  const { data, size } = gridOf(text, pageBorder);
  const path = data.map(runsOf).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>\n`
  );
};
