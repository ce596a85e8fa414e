/** Keeps the body of a webhook within a size that receivers take. */

/** Receivers refuse large bodies: Express takes 100 kB by default ("body-parser", limit). */
export const bodyAtMost = 64 * 1024;
/** Tried one after the other: the longest text that is left whole. */
const textSteps = [32_768, 16_384, 4_096, 1_024, 256] as const;
const listAtMost = 100;

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const cutText = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length); // no half of a pair
};
const cut = (value: unknown, length: number): unknown => {
  if (typeof value === 'string') return cutText(value, length);
  if (Array.isArray(value)) return value.slice(0, listAtMost).map((one) => cut(one, length));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cut(inner, length)]));
};

/**
 * The data of an event, with shorter texts and lists and `truncated: true` when it has more than `bytes` as
 * JSON.
 */
export const fitted = (data: object, bytes: number = bodyAtMost - 1_024): object => {
  if (bytesOf(data) <= bytes) return data;
  let shorter: object = data;
  for (const length of textSteps) {
    shorter = { ...(cut(data, length) as object), truncated: true };
    if (bytesOf(shorter) <= bytes) break;
  }
  return shorter;
};
