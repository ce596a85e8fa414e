/**
 * What has to happen before the rest of the program is loaded: loading opens more than a hundred files at
 * once, and takes long enough for a signal to arrive.
 */
import { readFileSync } from 'node:fs';
import { complain } from './complain.ts';
import { ignoredSignals } from './signals.ts';

/**
 * Fewer do not suffice: the disk has 64 operations and 64 held directories open (`src/disk/node-disk.ts`),
 * Node and the database about 30, and each session and each client has a socket.
 */
export const leastDescriptors = 256;
const isOutOfDescriptors = (error: unknown): boolean =>
  ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '');

/** The soft limit of this process, proc(5). Node has raised it to the hard limit. */
const descriptorLimit = (): number => {
  try {
    const soft = /^Max open files\s+(\d+)/mu.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch (error) {
    return isOutOfDescriptors(error) ? 0 : Number.POSITIVE_INFINITY; // without /proc the start fails later
  }
};
const refuse = (why: string): never => {
  complain(
    `Vigía cannot start: ${why}. Raise the limit of open files: LimitNOFILE=65536 in the unit of systemd, ` +
      'ulimits in compose, or "ulimit -n 65536" in a shell.',
  );
  process.exit(1);
};

/** Never returns; see `runServer`. */
export const startServer = async (): Promise<never> => {
  for (const signal of ignoredSignals) process.on(signal, () => undefined);
  const limit = descriptorLimit();
  if (limit < leastDescriptors)
    refuse(`this process may open ${limit} files at once, and it needs at least ${leastDescriptors}`);
  const { runServer } = await import('./process.ts').catch((error: unknown) => {
    if (isOutOfDescriptors(error)) return refuse('this machine has no free file descriptors');
    throw error;
  });
  return runServer();
};
