/**
 * The output of a command: data on stdout, notes about its work on stderr. Only a terminal gets colours and
 * redrawn lines. NO_COLOR (no-color.org), `--no-color` and TERM=dumb are respected.
 */
import type { Readable, Writable } from 'node:stream';
import { createColors } from 'picocolors';
import { usualSize, wrapped } from './wrap.ts';

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
  /** The columns of stdout; undefined when it is no terminal, where lines are not cut or wrapped. */
  readonly width: number | undefined;
  /** One line of data for people; nothing with `--json`. */
  line(text: string): void;
  /** The same, wrapped on a terminal. It begins with `label`; further lines are indented to its width. */
  paragraph(text: string, label?: string): void;
  /** One line of data for programs; nothing without `--json`. */
  data(value: unknown): void;
  /** A line about the work, on stderr. */
  note(text: string): void;
}

/** A message in lines that fit, where stderr is a terminal. */
export const onStderr = ({ stderr }: Pick<Streams, 'stderr'>, text: string): string =>
  stderr.isTTY
    ? text
        .split('\n')
        .flatMap((line) => wrapped(line, stderr.columns || usualSize.columns))
        .join('\n')
    : text;

export const openTerminal = (
  streams: Streams,
  { json, color }: { readonly json: boolean; readonly color: boolean },
): Terminal => {
  const { stdout, stderr, env } = streams;
  const isPlain = !color || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const isTerminal = stdout.isTTY === true;
  // asked each time, because a terminal changes its size
  const width = () => (isTerminal ? stdout.columns || usualSize.columns : undefined);
  const line = (text: string): void => void (json || stdout.write(`${text}\n`));
  return {
    ...streams,
    json,
    isLive: isTerminal && !json && env['TERM'] !== 'dumb',
    colors: createColors(isTerminal && !isPlain),
    get width() {
      return width();
    },
    line,
    paragraph: (text, label = '') => {
      const columns = width();
      const lines = columns === undefined ? [`${label}${text}`] : wrapped(text, columns, label);
      for (const one of lines) line(one);
    },
    data: (value) => void (json && stdout.write(`${JSON.stringify(value)}\n`)),
    note: (text) => void stderr.write(`${onStderr(streams, text)}\n`),
  };
};

/**
 * Removes control characters: text from elsewhere, such as the name of an account, must not control the
 * terminal.
 */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '');
