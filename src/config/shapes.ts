/**
 * Schemas that settings share, from text to a checked value. A message is the end of a sentence that begins
 * with the name.
 */
import { z } from 'zod';
import { parseHost, parseOrigin, parseRange } from '../base/addresses.ts';

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
export const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((text) => text === 'true' || text === '1');
export const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number(message).int(message).min(least, message).max(most, message);
};
export const wsUrl = z
  .string()
  .refine((text) => /^wss?:\/\//.test(text) && URL.canParse(text), 'must be a ws:// or wss:// address');
export const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'must look like 2.3000.1043857760');
