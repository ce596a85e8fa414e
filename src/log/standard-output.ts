/**
 * Standard output as a sink whose writes never block the event loop, nor the end of the process. A write that
 * blocks a thread of libuv would do the latter: `process.exit` joins these threads. What each kind of
 * standard output needs (nodejs.org/api/process.html, "A note on process I/O"):
 *
 * - A pipe or a socket: Node's own stream. It is non-blocking, and reports a reader that went away.
 * - A terminal: Node's stream would block while the terminal is paused (Ctrl-S). The terminal is opened a
 *   second time, non-blocking.
 * - Everything else (a file, /dev/null, /dev/full): a thread of libuv writes, because Node's stream would
 *   write synchronously.
 */
import { constants, fstatSync, openSync, write } from 'node:fs';
import { isatty } from 'node:tty';
import type { Sink } from './output.ts';

const standardOutput = 1;
/** Pause before the next attempt on a terminal that takes nothing now. */
const pausedMs = 100;
const isPaused = (error: NodeJS.ErrnoException | null): boolean => error?.code === 'EAGAIN';

/** A descriptor that never blocks for long: a file, a device, or a non-blocking one. */
export const descriptorSink =
  (descriptor: number): Sink =>
  (bytes, done) => {
    const writeFrom = (at: number): void =>
      write(descriptor, bytes, at, (error, count) => {
        if (isPaused(error)) return void setTimeout(writeFrom, pausedMs, at);
        if (error) return done(error, at);
        const written = at + count;
        if (written === bytes.length) return done(undefined, written);
        if (count === 0) return done(new Error('nothing was written'), written);
        writeFrom(written);
      });
    writeFrom(0);
  };

const streamSink = (stream: NodeJS.WritableStream): Sink => {
  stream.on('error', () => undefined); // `done` receives it too; without a listener it would end the process
  return (bytes, done) => void stream.write(bytes, (error) => done(error, error ? 0 : bytes.length));
};

const terminalSink = (): Sink => {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return descriptorSink(openSync(`/proc/self/fd/${standardOutput}`, O_WRONLY | O_NONBLOCK | O_NOCTTY));
  } catch {
    return streamSink(process.stdout); // a terminal of another user, as under `su`: a pause of it blocks
  }
};

export const standardOutputSink = (): Sink => {
  const stats = fstatSync(standardOutput); // never EBADF: Node opens /dev/null in place of a closed one
  if (stats.isFIFO() || stats.isSocket()) return streamSink(process.stdout);
  return isatty(standardOutput) ? terminalSink() : descriptorSink(standardOutput);
};
