/**
 * The output of a command: data on stdout, notes about its work on stderr. Only a terminal gets colours and
 * redrawn lines. NO_COLOR (no-color.org), `--no-color` and TERM=dumb are respected.
 */
import type { Readable, Writable } from 'node:stream';
import { createColors } from 'picocolors';

export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
export type Input = Readable & { readonly isTTY?: boolean };
export interface Streams {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}
export interface Terminal extends Streams {
  /** `--json`: every line of stdout is a JSON object. */
  readonly json: boolean;
  /** Stdout is a terminal on which lines may be redrawn. */
  readonly isLive: boolean;
  readonly colors: ReturnType<typeof createColors>;
  /** One line of data for people; nothing with `--json`. */
  line(text: string): void;
  /** One line of data for programs; nothing without `--json`. */
  data(value: unknown): void;
  /** A line about the work, on stderr. */
  note(text: string): void;
}

export const openTerminal = (
  streams: Streams,
  { json, color }: { readonly json: boolean; readonly color: boolean },
): Terminal => {
  const { stdout, stderr, env } = streams;
  const isPlain = !color || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const isTerminal = stdout.isTTY === true;
  return {
    ...streams,
    json,
    isLive: isTerminal && !json && env['TERM'] !== 'dumb',
    colors: createColors(isTerminal && !isPlain),
    line: (text) => void (json || stdout.write(`${text}\n`)),
    data: (value) => void (json && stdout.write(`${JSON.stringify(value)}\n`)),
    note: (text) => void stderr.write(`${text}\n`),
  };
};

/**
 * Removes control characters: text from elsewhere, such as the name of an account, must not control the
 * terminal.
 */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '');
