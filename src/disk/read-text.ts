/** Reads a file that a person wrote: bounded, and never a device or a pipe that would block. */
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { decodeText, NoText } from '../base/given-text.ts';

/** A configuration of thousands of organizations has a few hundred kilobytes. */
const maxBytes = 4 * 1024 * 1024;
const partBytes = 64 * 1024;
/** Where a shell puts the pipe of `<(command)`. */
const isPipeOfShell = (file: string): boolean => /^\/(dev\/(fd\/\d+|stdin)|proc\/self\/fd\/\d+)$/.test(file);

/** Throws `NoText` for anything whose open or read may never end. */
const refuseEndless = (file: string, seen: Stats): void => {
  if (seen.isDirectory()) throw new NoText('is a directory');
  if (!seen.isFile() && !(seen.isFIFO() && isPipeOfShell(file)))
    throw new NoText('is not a file, but a device, a pipe or a socket');
};

/** Collects the parts of a file. Throws `NoText` when they are too many. */
const collector = () => {
  const parts: Buffer[] = [];
  let length = 0;
  return {
    add: (part: Buffer): void => {
      length += part.length;
      if (length > maxBytes) throw new NoText(`has more than ${maxBytes / 1024 / 1024} MiB`);
      parts.push(part);
    },
    text: (): string => decodeText(Buffer.concat(parts)),
  };
};

/**
 * Blocks the process until the file is read: only for a command, and for the start. Throws `NoText`, or an
 * error of the system.
 */
export const readText = (file: string): string => {
  refuseEndless(file, statSync(file));
  const fd = openSync(file, 'r');
  try {
    refuseEndless(file, fstatSync(fd));
    const content = collector();
    for (;;) {
      const part = Buffer.alloc(partBytes);
      const read = readSync(fd, part);
      if (read === 0) return content.text();
      content.add(part.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
};

/**
 * `readText` for the running program: a disk that does not answer delays only its caller. Rejects as
 * `readText` throws.
 */
export const readTextLater = async (file: string): Promise<string> => {
  refuseEndless(file, await stat(file));
  const handle = await open(file, 'r');
  try {
    refuseEndless(file, await handle.stat());
    const content = collector();
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(partBytes), 0, partBytes, null);
      if (bytesRead === 0) return content.text();
      content.add(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
};
