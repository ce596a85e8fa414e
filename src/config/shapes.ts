/**
 * Schemas that settings share, from text to a checked value. A message is the end of a sentence that begins
 * with the name.
 */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

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
/** The header `Origin` of browsers, compared letter by letter. `null` and `*` are not origins. */
export const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;
export const isHostName = (text: string) => /^[\w.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(text);
export const isRange = (text: string) =>
  ipaddr.isValidCIDR(text) || ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
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
