/**
 * The text of a file that an editor or a shell may have written. A byte order mark is dropped. UTF-16 is
 * recognised by its mark, or by the NUL beside its first ASCII character. NULs at the end are dropped: a
 * power cut leaves them in a file that was just extended. Never throws: a byte that is no text becomes
 * U+FFFD.
 */
export const textOf = (bytes: Uint8Array): string => {
  const [first, second] = bytes;
  const text = new TextDecoder(encodingOf(first, second)).decode(bytes);
  return text.replace(/\0+$/u, '');
};

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';
const encodingOf = (first: number | undefined, second: number | undefined): Encoding => {
  const isLittleEndian = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  if (isLittleEndian) return 'utf-16le';
  const isBigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  return isBigEndian && second !== undefined ? 'utf-16be' : 'utf-8';
};
