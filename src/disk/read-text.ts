/** Reads a file that a person wrote: bounded, and never a device or a pipe that would block. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { decodeText, NoText } from '../base/given-text.ts';

/** A configuration of thousands of organizations has a few hundred kilobytes. */
const maxBytes = 4 * 1024 * 1024;
/** Where a shell puts the pipe of `<(command)`. */
const isPipeOfShell = (file: string): boolean => /^\/(dev\/(fd\/\d+|stdin)|proc\/self\/fd\/\d+)$/.test(file);

const bytesOf = (fd: number): Buffer => {
  const parts: Buffer[] = [];
  for (let length = 0; ; ) {
    const part = Buffer.alloc(64 * 1024);
    const read = readSync(fd, part);
    if (read === 0) return Buffer.concat(parts);
    length += read;
    if (length > maxBytes) throw new NoText(`has more than ${maxBytes / 1024 / 1024} MiB`);
    parts.push(part.subarray(0, read));
  }
};
/** Throws `NoText`, or an error of the system. */
export const readText = (file: string): string => {
  const stat = statSync(file);
  if (stat.isDirectory()) throw new NoText('is a directory');
  const isPipe = stat.isFIFO() && isPipeOfShell(file);
  if (!stat.isFile() && !isPipe) throw new NoText('is not a file, but a device, a pipe or a socket');
  const fd = openSync(file, 'r');
  try {
    if (!isPipe && !fstatSync(fd).isFile()) throw new NoText('is not a file');
    return decodeText(bytesOf(fd));
  } finally {
    closeSync(fd);
  }
};
