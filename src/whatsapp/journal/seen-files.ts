import { sha256 } from '../../base/sha256.ts';

/** Names one content of a file: enough digits that no two contents of one key share them. */
export const digestOf = (content: string | Uint8Array): string =>
  sha256(typeof content === 'string' ? Buffer.from(content) : content).slice(0, 16);

/** About 10 MB of digests. What is forgotten is read from the disk again. */
const mostDigests = 65_536;

/**
 * What the key files held when they were last read or written, so that a record can name it without a read.
 * `place` is one opening of one directory: nothing that is known about a copy counts for another.
 */
export const seenFiles = () => {
  const digests = new Map<string, string>();
  const keyOf = (place: number, name: string): string => `${place}/${name}`;
  return {
    /** The digest; '' when there was no such file; `undefined` when it is not known. */
    of: (place: number, name: string): string | undefined => digests.get(keyOf(place, name)),
    note: (place: number, name: string, content: string | Uint8Array | null): void => {
      const key = keyOf(place, name);
      digests.delete(key);
      digests.set(key, content === null ? '' : digestOf(content));
      if (digests.size > mostDigests) digests.delete(digests.keys().next().value as string);
    },
  };
};
export type SeenFiles = ReturnType<typeof seenFiles>;
