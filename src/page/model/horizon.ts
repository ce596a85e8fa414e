/**
 * The fleet as a picture: every organization is a mark on a line, always in its place. All marks of a colour
 * are one path, so 2,000 of them are about ten elements. Pure: the component only draws the result.
 */
import { appearances, isQuiet, type Look } from './appearance.ts';

export interface Mark {
  readonly look: Look;
  readonly name: string;
  /** Failures in a row: a mast of a retrying session grows with them. */
  readonly attempt: number;
  /** Not among the filtered ones. */
  readonly isDim: boolean;
}
export interface Frame {
  readonly width: number;
  readonly isPhone: boolean;
  /** The strip below the header of every other screen. */
  readonly isStrip: boolean;
  /** During an outage the waiting ones stay low, because they ask for nothing. */
  readonly isOutage: boolean;
}
export interface Path {
  readonly key: string;
  readonly color: string;
  readonly isHollow: boolean;
  readonly d: string;
}
export interface Label {
  readonly x: number;
  readonly y: number;
  readonly index: number;
  readonly isLeft: boolean;
}
export interface Horizon {
  readonly height: number;
  readonly paths: readonly Path[];
  readonly ground: string;
  readonly labels: readonly Label[];
  /** Icons above the masts, of a small fleet. */
  readonly tops: readonly { readonly x: number; readonly y: number; readonly index: number }[];
  /** The first letter at the left of each row, of a large fleet. */
  readonly letters: readonly { readonly y: number; readonly index: number }[];
  readonly layout: Layout;
}
export interface Layout {
  readonly gutter: number;
  readonly pitch: number;
  readonly perRow: number;
  readonly rowHeight: number;
}
/** Up to so many stand on one line, with icons and names. */
export const oneLineMax = 120;
/** Two names of pennants must not meet. */
const labelWidth = 150;

const rowHeightOf = ({ isStrip, isPhone }: Frame, isOneLine: boolean): number => {
  if (isStrip) return 21;
  if (isOneLine) return isPhone ? 104 : 132;
  return isPhone ? 22 : 33;
};
const gutterOf = ({ isStrip, isPhone }: Frame): number => {
  if (isStrip) return 0;
  return isPhone ? 16 : 24;
};
const layoutOf = (total: number, frame: Frame): Layout => {
  const isOneLine = total <= oneLineMax || frame.isStrip;
  const gutter = gutterOf(frame);
  const inner = Math.max(1, frame.width - 2 * gutter);
  const widePitch = frame.isPhone ? 3 : 5.5;
  const pitch = isOneLine ? inner / Math.max(total, 1) : widePitch;
  const perRow = isOneLine ? Math.max(total, 1) : Math.max(1, Math.floor(inner / pitch));
  return { gutter, pitch, perRow, rowHeight: rowHeightOf(frame, isOneLine) };
};

/** Which mark is at a place of the picture; undefined between and beside them. */
export const indexAt = (layout: Layout, total: number, x: number, y: number): number | undefined => {
  const { gutter, pitch, perRow, rowHeight } = layout;
  const column = Math.floor((x - gutter) / pitch);
  if (column < 0 || column >= perRow) return undefined;
  const index = Math.floor(y / rowHeight) * perRow + column;
  return index >= 0 && index < total ? index : undefined;
};

const heightOf = ({ look, attempt }: Mark, isOutage: boolean): number => {
  if (look !== 'wait') return appearances[look].height;
  return isOutage ? 0.2 : Math.min(0.3 + attempt * 0.045, 0.48);
};
const at = (n: number) => n.toFixed(1);

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly isLarge: boolean;
}
/** A mast with a pennant: the tallest and thinnest mark. */
const pennant = ({ x, y, width, isLarge }: Place, height: number, scale: number): string => {
  const mast = isLarge ? 2.5 : 2;
  const center = x + width / 2;
  const right = center + mast / 2;
  return (
    `M${at(center - mast / 2)} ${y}v-${at(height)}h${mast}v${at(height)}z` +
    `M${at(right)} ${at(y - height)}l${at(17 * scale)} ${at(6 * scale)}l-${at(17 * scale)} ${at(6 * scale)}z`
  );
};
const below = ({ x, y, width, isLarge }: Place): string =>
  isLarge ? `M${at(x)} ${y + 3.5}h${at(width)}v3.5h-${at(width)}z` : `M${at(x)} ${y + 1}h${at(width)}`;
/** A healthy one is a low dash of the whole width; a mast is thin, so that height is what is seen. */
const mastMax = 7;
const dash = ({ x, y, width }: Place, height: number): string =>
  `M${at(x)} ${y}v-${at(height)}h${at(width)}v${at(height)}z`;
const mast = (place: Place, height: number): string => {
  const width = Math.min(place.width, mastMax);
  return dash({ ...place, x: place.x + (place.width - width) / 2, width }, height);
};

export const drawHorizon = (marks: readonly Mark[], frame: Frame): Horizon => {
  const layout = layoutOf(marks.length, frame);
  const { gutter, pitch, perRow, rowHeight } = layout;
  const isLarge = marks.length <= oneLineMax && !frame.isStrip;
  const isOneLine = isLarge || frame.isStrip;
  const rows = Math.ceil(marks.length / perRow) || 1;
  const gap = frame.isStrip ? 1 : 5;
  const narrow = frame.isPhone ? 2 : 4;
  const width = isOneLine ? Math.max(1, Math.min(pitch - Math.min(gap, pitch / 3), 30)) : narrow;
  const drawn = new Map<string, string[]>();
  const labels: Label[] = [];
  const tops: { x: number; y: number; index: number }[] = [];
  let pennants = 0;
  const add = (color: string, kind: 'solid' | 'hollow', d: string): void => {
    const key = `${kind} ${color}`;
    const paths = drawn.get(key);
    if (paths) paths.push(d);
    else drawn.set(key, [d]);
  };
  const nextPennant = (from: number) => marks.findIndex((other, j) => j > from && other.look === 'bad');

  for (const [index, mark] of marks.entries()) {
    const x = gutter + (index % perRow) * pitch + (pitch - width) / 2;
    const y = (Math.floor(index / perRow) + 1) * rowHeight - 0.5;
    const place: Place = { x, y, width, isLarge };
    const color = mark.isDim ? '--line' : appearances[mark.look].bar;
    const height = heightOf(mark, frame.isOutage);
    if (height < 0) {
      add(color, 'hollow', below(place));
      continue;
    }
    if (mark.look === 'bad') {
      const tall = isLarge ? rowHeight * (0.66 + (pennants % 3) * 0.16) : rowHeight - (isOneLine ? 2 : 3);
      add(color, 'solid', pennant(place, tall, isLarge ? 1 : 0.45));
      pennants += 1;
      if (isLarge && !mark.isDim) {
        const next = nextPennant(index);
        const isTight = next > 0 && (next - index) * pitch < labelWidth && x > labelWidth;
        labels.push({ x: x + width / 2, y: y - tall, index, isLeft: x > frame.width * 0.66 || isTight });
      }
      continue;
    }
    const flat = isLarge ? 3 : 2;
    const tall =
      mark.look === 'ok' ? flat : Math.max(flat + 1, height * (isOneLine ? rowHeight : rowHeight - 4));
    add(color, 'solid', mark.look === 'ok' ? dash(place, tall) : mast(place, tall));
    if (isLarge && !isQuiet(mark.look) && pitch >= 10) tops.push({ x: x + width / 2, y: y - tall, index });
  }
  const baselines = Array.from({ length: rows }, (_, row) => {
    const y = (row + 1) * rowHeight - 0.5;
    return isOneLine ? `M0 ${y}H${frame.width}` : `M${gutter} ${y}H${frame.width - gutter}`;
  });
  return {
    height: rows * rowHeight + (isLarge ? 9 : 2),
    ground: baselines.join(''),
    paths: [...drawn].map(([key, parts]) => {
      const [kind, color = ''] = key.split(' ');
      return { key, color, isHollow: kind === 'hollow', d: parts.join('') };
    }),
    labels,
    tops,
    letters:
      isOneLine || frame.isPhone
        ? []
        : baselines.map((_, row) => ({ y: (row + 1) * rowHeight - 1, index: row * perRow })),
    layout,
  };
};
