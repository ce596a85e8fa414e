/** Reads Stryker's results: the number of mutants of each kind, and the survivors of each file. */
import { flat, type Survivor } from './equivalent.ts';

interface Position {
  readonly line: number;
  readonly column: number;
}
interface Mutant {
  readonly status:
    | 'Killed'
    | 'Timeout'
    | 'Survived'
    | 'NoCoverage'
    | 'RuntimeError'
    | 'CompileError'
    | 'Ignored'
    | 'Pending';
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}
export interface MutatedFile {
  readonly source: string;
  readonly mutants: readonly Mutant[];
}
/** The part of the mutation testing report schema that is read here. */
export interface Mutants {
  readonly files: Readonly<Record<string, MutatedFile>>;
}
export interface Counted {
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly noCoverage: number;
}

export const nameOf = (path: string): string => path.replace(/^machines\//, '');

export const count = ({ mutants }: MutatedFile): Counted => {
  const of = (...statuses: readonly Mutant['status'][]) =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const odd = mutants.find(
    ({ status }) => !['Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError'].includes(status),
  );
  if (odd !== undefined)
    throw new Error(
      `a mutant on line ${odd.location.start.line} is ${odd.status}: the run did not come to its end`,
    );
  return {
    mutants: mutants.length,
    killed: of('Killed', 'RuntimeError'),
    timeout: of('Timeout'),
    survived: of('Survived'),
    noCoverage: of('NoCoverage'),
  };
};
export const sum = (all: readonly Counted[]): Counted => {
  const add = (key: keyof Counted) => all.reduce((total, counted) => total + counted[key], 0);
  return {
    mutants: add('mutants'),
    killed: add('killed'),
    timeout: add('timeout'),
    survived: add('survived'),
    noCoverage: add('noCoverage'),
  };
};
/** Percent, rounded down to one decimal. */
export const scoreOf = ({ mutants, killed, timeout }: Counted): number =>
  mutants === 0 ? 100 : Math.floor((1_000 * (killed + timeout)) / mutants) / 10;

const textBetween = (source: string, { start, end }: Mutant['location']): string => {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, n) => line.slice(n === 0 ? start.column - 1 : 0, n === last ? end.column - 1 : undefined))
    .join('\n');
};
/** In the order of the source. A mutant without coverage survives as well. */
export const survivorsOf = (path: string, { source, mutants }: MutatedFile): Survivor[] =>
  mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location, replacement = '' }) => ({
      file: nameOf(path),
      line: location.start.line,
      was: flat(textBetween(source, location)),
      becomes: flat(replacement),
    }))
    .sort((a, b) => a.line - b.line);
