/** What a terminal shows during a pairing, for every size of it. A QR is shown whole or not at all. */
import type { PairingStep } from './pairing.ts';
import { qrLines } from './qr.ts';
import type { Size } from './screen.ts';
import { printable, type Terminal } from './terminal.ts';
import { clockTime, until } from './time.ts';
import { wrapped } from './wrap.ts';

export interface ShownPairing {
  readonly orgId: string;
  /** The present QR or code; undefined until WhatsApp has sent one. */
  readonly step: Extract<PairingStep, { status: 'qr' | 'code' }> | undefined;
  /** When the whole attempt ends, in ISO 8601; null when the server did not say. */
  readonly endsAt: string | null;
  /** Another client had started the pairing. */
  readonly joined: boolean;
  /** What the phone demands of an operator. */
  readonly demand: string | undefined;
}
type Colors = Terminal['colors'];

const grouped = (code: string) => (code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code);
const ends = ({ endsAt }: ShownPairing, now: number): string =>
  endsAt === null ? '' : `The pairing ends in ${until(endsAt, now)} (${clockTime(endsAt)}).`;
const present = (what: 'QR' | 'code', expiresAt: string, now: number): string =>
  Date.parse(expiresAt) <= now
    ? `This ${what} is no longer valid. WhatsApp sends the next one soon.`
    : `This ${what} is valid for another ${until(expiresAt, now)}.`;
const ctrlC = ({ joined }: ShownPairing): string =>
  joined ? 'Another client started this pairing. Ctrl-C leaves it running.' : 'Ctrl-C cancels the pairing.';
const common = (shown: ShownPairing, now: number): string[] =>
  [shown.demand, ends(shown, now), ctrlC(shown)].filter(
    (line) => line !== undefined && line !== '',
  ) as string[];

const codeText = (shown: ShownPairing, code: string, expiresAt: string, colors: Colors, now: number) => [
  `"${shown.orgId}": on the phone, open Linked devices, Link with phone number, and type`,
  `  ${colors.bold(grouped(printable(code)))}`,
  present('code', expiresAt, now),
  ...common(shown, now),
];
/** Under the QR of a screen with little room. */
const oneLine = ({ orgId, endsAt }: ShownPairing, expiresAt: string, now: number): string => {
  const whole = endsAt === null ? '' : `, pairing ${until(endsAt, now)}`;
  return `QR ${until(expiresAt, now)}${whole}. Ctrl-C: end. "${orgId}"`;
};
const tooSmall = (shown: ShownPairing, needed: Size, { columns, rows }: Size): string[] => [
  `The QR needs ${needed.columns} columns and ${needed.rows} rows. This terminal is too small for the QR: ` +
    `it has ${columns} columns and ${rows} rows.`,
  'Make it larger, and the QR appears. Or press Ctrl-C, and use one of these:',
  `  vigia link ${shown.orgId}`,
  '    a link for the customer’s own phone or PC',
  `  vigia pair ${shown.orgId} --code PHONE`,
  '    a code to type on the phone',
];

/** The lines of the QR with the text under it; undefined when it does not fit. */
const withQr = (
  shown: ShownPairing,
  { text, expiresAt }: { readonly text: string; readonly expiresAt: string },
  { columns, rows }: Size,
  colors: Colors,
  now: number,
): { readonly lines: readonly string[] } | { readonly needed: Size } => {
  const qr = qrLines(text, colors);
  const needed = { columns: qr.columns, rows: qr.lines.length + 1 };
  if (columns < needed.columns || rows < needed.rows) return { needed };
  const under = [
    `"${shown.orgId}": scan it in WhatsApp under Linked devices. Anyone who scans it links their phone.`,
    present('QR', expiresAt, now),
    ...common(shown, now),
  ].flatMap((line) => wrapped(line, columns));
  const hasRoom = rows >= qr.lines.length + under.length;
  return { lines: [...qr.lines, ...(hasRoom ? under : [oneLine(shown, expiresAt, now).slice(0, columns)])] };
};

/** `now` in epoch milliseconds. */
export const pairingLines = (
  shown: ShownPairing,
  size: Size,
  colors: Colors,
  now: number,
): readonly string[] => {
  const { step, orgId } = shown;
  const fitted = (lines: readonly string[]) => lines.flatMap((line) => wrapped(line, size.columns));
  if (step === undefined) return fitted([`"${orgId}": WhatsApp has sent no QR yet.`, ...common(shown, now)]);
  if (step.status === 'code') return fitted(codeText(shown, step.code, step.expiresAt, colors, now));
  const drawn = withQr(shown, { text: step.qr, expiresAt: step.expiresAt }, size, colors, now);
  if ('lines' in drawn) return drawn.lines;
  return fitted([
    ...tooSmall(shown, drawn.needed, size),
    present('QR', step.expiresAt, now),
    ...common(shown, now),
  ]);
};

/** Without a terminal there is no size: every QR and code is written below the previous one. */
export const pairingText = (shown: ShownPairing, colors: Colors, now: number): readonly string[] => {
  const { step } = shown;
  if (step === undefined) return [];
  const anySize = { columns: Number.MAX_SAFE_INTEGER, rows: Number.MAX_SAFE_INTEGER };
  return pairingLines(shown, anySize, colors, now);
};
