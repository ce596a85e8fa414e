/** A QR for the terminal. */
import { qrLines as drawn } from '../base/qr.ts';
import type { Terminal } from './terminal.ts';

/** With colours, it is right on a light terminal too. */
export const qrLines = (
  text: string,
  colors: Terminal['colors'],
): { readonly lines: readonly string[]; readonly columns: number } => {
  const lines = drawn(text);
  return {
    lines: lines.map((line) => colors.bgBlack(colors.whiteBright(line))),
    columns: lines[0]?.length ?? 0,
  };
};
