/** The parts of the media door that know no key: types and the count of bytes. */
import { Transform } from 'node:stream';

const typeForm = /^[\w.+-]{1,60}\/[\w.+-]{1,60}(?:\s*;\s*[\w.+-]+=[\w.+-]+)*$/;
/** A type that a header can carry. */
export const safeType = (given: string | null | undefined): string =>
  given !== null && given !== undefined && given.length <= 200 && typeForm.test(given)
    ? given
    : 'application/octet-stream';

/** Passes bytes on, and fails when there are more or fewer than announced. */
export const countedTo = (bytes: number | null): Transform => {
  let passed = 0;
  return new Transform({
    transform(part: Buffer, _, done) {
      passed += part.length;
      if (bytes !== null && passed > bytes) done(new Error('the file has more bytes than announced'));
      else done(null, part);
    },
    flush(done) {
      done(bytes === null || passed === bytes ? null : new Error('the file has fewer bytes than announced'));
    },
  });
};
