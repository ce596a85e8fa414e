/**
 * The reason why a surviving mutant is no gap in the tests stands in the source, above the code that it
 * speaks of:
 *
 *   // equivalent mutant `'permit'` → `""`: nothing calls the actor by its name
 *
 * `…` in the first text stands for anything. A reason may go on in the next lines of the comment. It explains
 * the first mutant below it that fits, at most `reach` lines further down.
 */
export interface Reason {
  /** Of the comment, counted from 1. */
  readonly line: number;
  readonly was: string;
  readonly becomes: string;
  readonly why: string;
}
export interface Survivor {
  /** In `machines/`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly was: string;
  readonly becomes: string;
}

/** Lines. A formatted expression may begin some lines below the start of its statement. */
const reach = 8;
const form = /^\s*\/\/ equivalent mutant `(.+?)` → `(.*?)`: (.+)$/;
const comment = /^\s*\/\/\s?(.*)$/;

/** White space is the formatter's, so it does not count. */
export const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const restOf = (lines: readonly string[], from: number): string[] => {
  const end = lines.findIndex((line, n) => n >= from && (form.test(line) || !comment.test(line)));
  return lines.slice(from, end < 0 ? undefined : end).map((line) => line.replace(comment, '$1'));
};
export const reasonsIn = (source: string): Reason[] => {
  const lines = source.split('\n');
  return lines.flatMap((text, n) => {
    const [, was, becomes, why] = form.exec(text) ?? [];
    if (was === undefined || becomes === undefined || why === undefined) return [];
    return [{ line: n + 1, was, becomes, why: [why, ...restOf(lines, n + 1)].join(' ') }];
  });
};
/** Comments that mean to be a reason and have another form. */
export const malformedIn = (source: string): number[] =>
  source
    .split('\n')
    .flatMap((text, n) => (/\/[/*].*equivalent mutant/i.test(text) && !form.test(text) ? [n + 1] : []));

const patternOf = (was: string): string =>
  flat(was)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*?');

/** The code that a reason may speak of: from the first line below its comment. */
const codeBelow = (
  lines: readonly string[],
  { line }: Reason,
): { readonly first: number; readonly text: string } => {
  const below = lines.findIndex((text, n) => n >= line && !comment.test(text));
  return { first: below + 1, text: below < 0 ? '' : lines.slice(below, below + reach).join('\n') };
};
export const hasPlace = (source: string, reason: Reason): boolean => {
  const { text } = codeBelow(source.split('\n'), reason);
  return new RegExp(patternOf(reason.was)).test(flat(text));
};

/** The mutant that the reason explains; undefined when it was killed, or is no longer made. */
const explainedBy = (
  source: string,
  reason: Reason,
  survivors: readonly Survivor[],
): Survivor | undefined => {
  const { first } = codeBelow(source.split('\n'), reason);
  const was = new RegExp(`^${patternOf(reason.was)}$`);
  return survivors
    .filter(({ line }) => line >= first && line < first + reach)
    .toSorted((a, b) => a.line - b.line)
    .find((survivor) => was.test(flat(survivor.was)) && flat(survivor.becomes) === flat(reason.becomes));
};

export interface Explained {
  readonly explained: readonly (Survivor & { readonly why: string })[];
  readonly unexplained: readonly Survivor[];
  /** Reasons whose mutant was killed, or is no longer made. */
  readonly idle: readonly Reason[];
}
export const explain = (source: string, survivors: readonly Survivor[]): Explained => {
  const explained: (Survivor & { why: string })[] = [];
  const idle: Reason[] = [];
  let left = survivors;
  for (const reason of reasonsIn(source)) {
    const survivor = explainedBy(source, reason, left);
    if (survivor === undefined) idle.push(reason);
    else explained.push({ ...survivor, why: reason.why });
    left = left.filter((other) => other !== survivor);
  }
  return { explained, unexplained: left, idle };
};
