/**
 * Schemas that settings share, from text to a checked value. A message is the end of a sentence that begins
 * with the name.
 */
import { z } from 'zod';
import { parseHost, parseOrigin, parseRange } from '../base/addresses.ts';
import { parseProxyAddress } from './proxy-address.ts';

export const list = (isRight: (part: string) => boolean, message: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((parts) => parts.every(isRight), message);
export const isOrigin = (text: string) => parseOrigin(text) !== undefined;
export const isHostName = (text: string) => parseHost(text) !== undefined;
export const isRange = (text: string) => parseRange(text) !== undefined;
const flags = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);
export const flag = z
  .string()
  .toLowerCase()
  .refine((text) => flags.has(text), 'must be true or false')
  .transform((text) => flags.get(text) === true);
/** Decimal digits only: `3e3`, `0x10` and `3.0` may be meant otherwise. */
export const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}, in digits`;
  return z
    .string()
    .regex(/^[0-9]{1,15}$/, message)
    .transform(Number)
    .refine((number) => number >= least && number <= most, message);
};
/** In capitals too. */
export const word = <const T extends readonly [string, ...string[]]>(words: T) =>
  z
    .string()
    .toLowerCase()
    .pipe(z.enum(words, `must be one of ${words.join(', ')}`));
export const wsUrl = z
  .string()
  .refine(
    (text) => /^wss?:\/\//i.test(text) && URL.canParse(text) && !text.includes('#'),
    'must be a ws:// or wss:// address',
  );
/** An address without a scheme is that of an HTTP proxy, as in curl. */
export const proxyUrl = z
  .string()
  .transform((text, context) => {
    const parsed = parseProxyAddress(text.includes('://') ? text : `http://${text}`);
    if (parsed.ok) return parsed.address;
    context.addIssue(parsed.problem);
    return z.NEVER;
  })
  .optional()
  .meta({ secret: true });
export const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'must look like 2.3000.1043857760');
