/** Finds the name that was meant by one with a slip of the pen. */

/** Letters to insert, delete, replace, or exchange with their neighbour (optimal string alignment). */
const distance = (a: string, b: string): number => {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, n) => n)];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const replaced = (row[j - 1] ?? 0) + cost;
      const changed = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced);
      const isExchange = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(isExchange ? Math.min(changed, (before[j - 2] ?? 0) + 1) : changed);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
};

/**
 * Short names are near too many words. The first letters name the family (`SSL_CERT_FILE` is of another
 * one).
 */
const shortest = 7;
const longLetters = 10;
const isNear = (given: string, name: string): boolean => {
  if (name.length < shortest || given.slice(0, 3) !== name.slice(0, 3)) return false;
  return distance(given, name) <= (name.length < longLetters ? 1 : 2);
};
/** In the singular and in capitals, without our prefix. */
const bare = (name: string): string =>
  name
    .toUpperCase()
    .replace(/^VIGIA[_-]?/, '')
    .replaceAll('-', '_')
    .replace(/IES$/, 'Y')
    .replace(/S$/, '');

/** Undefined when no name is near, and when the given one is a name itself. */
export const nearName = (given: string, names: readonly string[]): string | undefined => {
  if (names.includes(given)) return undefined;
  const text = bare(given);
  const isOurs = /^VIGIA[_-]/i.test(given);
  const same = (name: string) => bare(name).replaceAll('_', '') === text.replaceAll('_', '');
  const found = names.find((name) => same(name) && (isOurs || name.length >= shortest));
  if (found !== undefined) return found;
  const near = names.filter((name) => isNear(text, bare(name)));
  return near.sort((a, b) => distance(text, bare(a)) - distance(text, bare(b)))[0];
};
