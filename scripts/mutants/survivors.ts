/** Reads Stryker's findings: how many of each kind, which survived, and which of those have a reason. */
import type { Reason, Survivor } from './reasons/reason.ts';

interface Place {
  readonly line: number;
  readonly column: number;
}
interface Mutant {
  readonly status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending';
  readonly replacement?: string;
  readonly location: { readonly start: Place; readonly end: Place };
}
interface MutatedFile {
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
const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

export const count = ({ mutants }: MutatedFile): Counted => {
  const of = (...statuses: readonly Mutant['status'][]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const odd = mutants.find(({ status }) => !['Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError'].includes(status));
  if (odd !== undefined) throw new Error(`a mutant on line ${odd.location.start.line} is ${odd.status}: the run did not come to its end`);
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
  return lines.map((line, n) => line.slice(n === 0 ? start.column - 1 : 0, n === last ? end.column - 1 : undefined)).join('\n');
};
export const survivorsOf = ({ files }: Mutants): Survivor[] =>
  Object.entries(files)
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([path, { source, mutants }]) =>
      mutants
        .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
        .map(({ location, replacement = '' }) => ({
          file: nameOf(path),
          line: flat(source.split('\n')[location.start.line - 1] ?? ''),
          was: flat(textBetween(source, location)),
          becomes: flat(replacement),
        })),
    );

const isSame = (a: Survivor, b: Survivor) => a.file === b.file && a.line === b.line && a.was === b.was && a.becomes === b.becomes;

export const explain = (mutants: Mutants, reasons: readonly Reason[]) => {
  const alive = survivorsOf(mutants);
  const named = reasons.flatMap(({ survivors }) => survivors);
  return {
    explained: reasons.map(({ why, survivors }) => ({ why, those: alive.filter((s) => survivors.some((r) => isSame(r, s))) })),
    unexplained: alive.filter((s) => !named.some((r) => isSame(r, s))),
    /** Reasons whose mutant is no more, or was killed. */
    idle: named.filter((r) => !alive.some((s) => isSame(r, s))),
  };
};
