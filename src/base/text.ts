/**
 * The text of a file that an editor or a shell may have written. A byte order mark is dropped. UTF-16 is
 * recognised by its mark, or by the NUL beside its first ASCII character. NULs at the end are dropped: a
 * power cut leaves them in a file that was just extended. Never throws: a byte that is no text becomes
 * U+FFFD.
 */
export const textOf = (bytes: Uint8Array): string => {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
  return text.replace(/\0+$/u, '');
};

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';
/** The encoding by the byte order mark, which editors on Windows write (Unicode Standard, 23.8). */
export const markedEncoding = ([first, second]: Uint8Array): Encoding | undefined => {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
};
const encodingOf = (bytes: Uint8Array): Encoding => {
  const [first, second] = bytes;
  const marked = markedEncoding(bytes);
  if (marked !== undefined || second === undefined) return marked ?? 'utf-8';
  if (first !== 0 && second === 0) return 'utf-16le';
  return first === 0 && second !== 0 ? 'utf-16be' : 'utf-8';
};
