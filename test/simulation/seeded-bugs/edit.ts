/**
 * Changes one piece of a source text. The piece is compared token by token, so formatting and comments do not
 * matter. It must stand exactly once in the declaration that the edit names.
 */
import { parse } from '@babel/parser';

export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  /** The name of a variable, function, method or property in that file. */
  readonly declaration: string;
  /** An expression, a statement, or `key: value`, as it stands in the declaration. */
  readonly replace: string;
  /** What takes its place; '' only removes it. */
  readonly by: string;
}
interface Range {
  readonly start: number;
  readonly end: number;
}

const parseSource = (source: string, isFragment = false) =>
  parse(source, {
    sourceType: 'module',
    plugins: ['typescript'],
    tokens: true,
    errorRecovery: isFragment, // a private name is unknown outside its class
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: true,
  });
type Parsed = ReturnType<typeof parseSource>;

/**
 * Comments are among Babel's tokens, with a string as their type; the last token is the empty end of the
 * file.
 */
const tokensOf = ({ tokens }: Parsed): readonly Range[] =>
  (tokens as (Range & { readonly type: unknown })[]).filter(
    ({ type, start, end }) => typeof type === 'object' && end > start,
  );

const isNode = (value: unknown): value is Readonly<Record<string, unknown>> & Range =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
const nameOf = (node: Readonly<Record<string, unknown>>): unknown => {
  const key = node['id'] ?? node['key'];
  if (!isNode(key)) return undefined;
  return key['type'] === 'PrivateName' ? `#${String(nameOf(key))}` : (key['name'] ?? key['value']);
};
/** Two declarations may bear one name, and one may stand in another. */
const declarationsOf = (tree: unknown, name: string): Range[] => {
  if (Array.isArray(tree)) return tree.flatMap((child) => declarationsOf(child, name));
  if (!isNode(tree)) return [];
  const within = Object.values(tree).flatMap((child) => declarationsOf(child, name));
  return nameOf(tree) === name ? [tree, ...within] : within;
};

const textOf = (source: string, { start, end }: Range) => source.slice(start, end);

/** Every place in the source where the same tokens follow each other. */
const placesOf = (fragment: string, source: string, parsed: Parsed): Range[] => {
  const wanted = tokensOf(parseSource(fragment, true)).map((token) => textOf(fragment, token));
  const tokens = tokensOf(parsed);
  const isAt = (first: number) =>
    wanted.every((text, n) => {
      const token = tokens[first + n];
      return token !== undefined && textOf(source, token) === text;
    });
  return tokens.flatMap(({ start }, n) => {
    const last = tokens[n + wanted.length - 1];
    return last !== undefined && isAt(n) ? [{ start, end: last.end }] : [];
  });
};

/** Throws when the place is not there, or is not the only one, or when the changed text cannot be parsed. */
export const applyEdit = (source: string, { file, declaration, replace, by }: Edit): string => {
  const parsed = parseSource(source);
  const declarations = declarationsOf(parsed.program, declaration);
  if (declarations.length === 0) throw new Error(`${file} declares no ${declaration}`);
  const isInside = ({ start, end }: Range) => declarations.some((d) => d.start <= start && end <= d.end);
  const [place, ...others] = placesOf(replace, source, parsed).filter(isInside);
  if (place === undefined) throw new Error(`${declaration} in ${file} does not contain: ${replace}`);
  if (others.length > 0) throw new Error(`${declaration} in ${file} contains more than once: ${replace}`);
  const changed = source.slice(0, place.start) + by + source.slice(place.end);
  parseSource(changed);
  return changed;
};
