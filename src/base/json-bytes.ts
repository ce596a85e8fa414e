/**
 * The JSON in which the client library and its relatives keep keys. Bytes have several spellings there
 * (docs/engineering/WHATSAPP-FACTS.md#bytes-in-json). One reader for everything that judges or loads such a
 * file, so that no two parts of the program understand it differently.
 */
import { textOf } from './text.ts';

type Plain = Readonly<Record<string, unknown>>;
const isByte = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;

/** `["0", "1", …]`: the keys of a list of bytes that was written as an object. */
const areIndexes = (keys: readonly string[]): boolean =>
  keys.length > 0 && keys.every((key, index) => key === String(index));

const reviveBytes = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { type, data } = value as Plain;
  if (type === 'Buffer') {
    if (typeof data === 'string') return Buffer.from(data, 'base64');
    return Array.isArray(data) && data.every(isByte) ? Buffer.from(data) : value;
  }
  const list = Object.values(value);
  return list.every(isByte) && areIndexes(Object.keys(value)) ? Buffer.from(list) : value;
};

/**
 * The value of a file, with its bytes as `Buffer`: from `{"type":"Buffer","data":…}` with base64 or with a
 * list, and from `{"0":1,"1":2}`. Throws a `SyntaxError` when it is not JSON.
 */
export const parseWithBytes = (content: Uint8Array | string): unknown =>
  JSON.parse(typeof content === 'string' ? content : textOf(content), reviveBytes);

/**
 * A value that must be bytes: it may also be a list of numbers, or base64 without a wrapper. `undefined` when
 * it is neither.
 */
export const bytesFrom = (value: unknown): Buffer | undefined => {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.length > 0 && value.every(isByte) ? Buffer.from(value) : undefined;
  const isBase64 = typeof value === 'string' && /^[A-Za-z0-9+/]{2,}={0,2}$/u.test(value);
  return isBase64 ? Buffer.from(value, 'base64') : undefined;
};
