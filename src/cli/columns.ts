/** Rows of cells, aligned in columns. A wide character, such as an emoji, counts as two columns. */
import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

const gap = 2;
export const padded = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - stringWidth(text)))}`;
/** Cuts at a whole character. */
export const cut = (text: string, width: number): string =>
  stringWidth(text) <= width ? text : sliceAnsi(text, 0, width);
export const widthOf = (text: string): number => stringWidth(text);

/** The lines of a table with a header in capitals. `width`: where longer lines are cut. */
export const alignedRows = (
  names: readonly string[],
  rows: readonly (readonly string[])[],
  { bold, width = Number.POSITIVE_INFINITY }: { bold: (text: string) => string; width?: number | undefined },
): string[] => {
  const all = [names.map((name) => name.toUpperCase()), ...rows];
  const widths = names.map((_, n) => Math.max(...all.map((row) => widthOf(row[n] ?? ''))));
  const lineOf = (row: readonly string[]) =>
    cut(
      row
        .map((cell, n) => padded(cell, (widths[n] ?? 0) + gap))
        .join('')
        .trimEnd(),
      width,
    );
  const [header = '', ...lines] = all.map(lineOf);
  return [bold(header), ...lines];
};
