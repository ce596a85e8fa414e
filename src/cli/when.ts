/** Times and lengths of time that a person types. */
import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Epoch milliseconds, from `90d`, `12h`, `30min`, or a time in ISO 8601. Throws `InvalidArgumentError`. */
export const timeGiven = (text: string): number => {
  const [, count, unit = ''] = /^(\d{1,5})(m|min|h|d)$/u.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() + Number(count) * (unitMs[unit] ?? 0);
  if (Number.isNaN(at))
    throw new InvalidArgumentError('It must have the form 90d, 12h, 30min or 2030-01-31T00:00:00Z.');
  return at;
};
/** The same, for a time in the future. */
export const futureGiven = (text: string): number => {
  const at = timeGiven(text);
  if (at <= Date.now()) throw new InvalidArgumentError('It must be in the future.');
  return at;
};

/** A whole number of rows from 1 to `most`. */
export const countGiven =
  (most: number) =>
  (text: string): number => {
    const count = Number(text);
    if (!/^\d+$/u.test(text) || count < 1 || count > most)
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    return count;
  };
