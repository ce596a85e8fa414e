import { aheadOf, counterNames } from '../counters.ts';
import type { BundledFile } from './format.ts';

/** One copy of an identity. */
export interface Copy {
  readonly counters: Readonly<Record<string, number>>;
  readonly lastConnectedAt: number | null;
  readonly newestChangeAt: number;
  readonly files: readonly BundledFile[];
}
export type Comparison =
  | { readonly is: 'same' | 'newer' }
  | { readonly is: 'older'; readonly because: string };

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
const contents = ({ files }: Copy): string =>
  [...files]
    .map(({ name, sha256 }) => `${name} ${sha256}`)
    .sort()
    .join('\n');

/**
 * Compares `theirs` with `ours`. The counters decide first, because they only grow; then the time of the last
 * connection; then the times of the files, which change with every received message. A time may be wrong (a
 * copy that did not preserve it), but it can only lead to a refusal.
 */
export const compareCopies = (ours: Copy, theirs: Copy): Comparison => {
  if (contents(ours) === contents(theirs)) return { is: 'same' };
  const [ahead] = aheadOf(ours.counters, theirs.counters);
  if (ahead !== undefined)
    return {
      is: 'older',
      because: `its ${ahead} is ${theirs.counters[ahead] ?? 0}, and here it is ${ours.counters[ahead] ?? 0}`,
    };
  const isAhead = counterNames.some((name) => (theirs.counters[name] ?? 0) > (ours.counters[name] ?? 0));
  if (isAhead) return { is: 'newer' };
  const [here, there] = [ours.lastConnectedAt, theirs.lastConnectedAt];
  if (here !== null && there !== null && here > there) {
    return {
      is: 'older',
      because: `it was last connected at ${time(there)}, and the one here at ${time(here)} UTC`,
    };
  }
  if (ours.newestChangeAt > theirs.newestChangeAt) {
    return {
      is: 'older',
      because:
        `it was last changed at ${time(theirs.newestChangeAt)}, and the one here at ` +
        `${time(ours.newestChangeAt)} UTC`,
    };
  }
  return { is: 'newer' };
};
