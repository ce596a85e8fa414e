/** A QR as one path: `renderSVG` of the library draws each module by itself, which is eight times larger. */
import { encode } from 'uqr';

export interface QrPath {
  /** Modules of one side, without the quiet zone. */
  readonly size: number;
  readonly d: string;
}
export const qrPathOf = (text: string): QrPath => {
  const { data, size } = encode(text, { border: 0, ecc: 'L' });
  let d = '';
  for (const [y, row] of data.entries())
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue;
      let width = 1;
      while (row[x + width]) width += 1;
      d += `M${x} ${y}h${width}v1h-${width}z`;
      x += width;
    }
  return { size, d };
};
