/** Text in lines that fit a terminal. */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Conventional size of a terminal. It is used where the system does not report one. */
export const usualSize = { columns: 80, rows: 24 } as const;
/** Narrower text cannot be read. */
const narrowest = 8;

/**
 * `text` in lines of at most `columns` columns. The first line begins with `label`; the others are indented
 * to its width. By default the label is the indentation of the text.
 */
export const wrapped = (text: string, columns: number, label = /^ */u.exec(text)?.[0] ?? ''): string[] => {
  const indent = stringWidth(label); // it may have colours
  const width = Math.max(narrowest, columns - indent);
  const lines = wrapAnsi(text.trimStart(), width, { hard: true }).split('\n');
  return lines.map((line, n) => `${n === 0 ? label : ' '.repeat(indent)}${line}`);
};
