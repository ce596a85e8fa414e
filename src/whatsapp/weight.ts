/** The estimated memory of a value that came from the network. */

/** An object or an array with its place in its parent (V8: some tens of bytes, rounded up). */
const objectBytes = 64;

/**
 * The bytes of all texts and binary parts of `value`, and a flat amount for each object. A value that refers
 * to itself would never end, and no stanza or decoded message does.
 */
export const weightOf = (value: unknown): number => {
  let bytes = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const one = rest.pop();
    if (typeof one === 'string') bytes += one.length;
    else if (one instanceof Uint8Array) bytes += objectBytes + one.length;
    else if (typeof one === 'object' && one !== null) {
      bytes += objectBytes;
      for (const part of Object.values(one)) rest.push(part);
    } else bytes += 8;
  }
  return bytes;
};
