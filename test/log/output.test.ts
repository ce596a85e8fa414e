import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLogOutput, type Sink } from '../../src/log/output.ts';
import { descriptorSink } from '../../src/log/standard-output.ts';
import { until } from '../support/until.ts';

/** A sink whose every write waits until the test ends it. */
const heldSink = () => {
  const writes: { readonly text: string; readonly end: (error?: Error, written?: number) => void }[] = [];
  const sink: Sink = (bytes, done) =>
    void writes.push({
      text: bytes.toString(),
      end: (error, written = error ? 0 : bytes.length) => done(error, written),
    });
  return { writes, sink };
};
const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
const open = () => {
  const { writes, sink } = heldSink();
  const recovered: number[] = [];
  const output = openLogOutput({ sink, onRecovered: (dropped) => void recovered.push(dropped) });
  return { writes, output, recovered };
};
const endOf = (writes: ReturnType<typeof heldSink>['writes'], at: number) => {
  const write = writes[at];
  if (!write) throw new Error(`there is no write ${at}`);
  return write.end;
};

describe('the output of the log', () => {
  it('has one write in flight, and the next one takes all lines that wait', () => {
    const { writes, output } = open();
    for (const line of ['a\n', 'b\n', 'c\n']) output.write(line);
    expect(writes.map(({ text }) => text)).toEqual(['a\n']);
    endOf(writes, 0)();
    expect(writes.map(({ text }) => text)).toEqual(['a\n', 'b\nc\n']);
    expect(output.droppedLines()).toEqual({ dropped: 0, isDropping: false });
  });
  it('divides many lines into writes of 64 KiB, without cutting a line', () => {
    const { writes, output } = open();
    const line = `${'x'.repeat(40_000)}\n`;
    for (let n = 0; n < 3; n += 1) output.write(line);
    for (let n = 0; n < 3; n += 1) endOf(writes, n)();
    expect(writes.map(({ text }) => text)).toEqual([line, line, line]);
  });
  it('drops and counts the lines of a write that failed, and goes on with the next', () => {
    const { writes, output, recovered } = open();
    output.write('a\n');
    output.write('b\n');
    output.write('c\n');
    endOf(writes, 0)(full);
    expect(output.droppedLines()).toEqual({ dropped: 1, isDropping: true });
    endOf(writes, 1)(full);
    expect(output.droppedLines()).toEqual({ dropped: 3, isDropping: true });
    expect(recovered).toEqual([]);
    output.write('d\n');
    endOf(writes, 2)();
    expect(output.droppedLines()).toEqual({ dropped: 3, isDropping: false });
    expect(recovered).toEqual([3]);
    output.write('e\n');
    endOf(writes, 3)();
    expect(recovered).toEqual([3]);
  });
  it('counts a line that was written in part as dropped, and begins the next write on a line of its own', () => {
    const { writes, output } = open();
    output.write('first\n');
    output.write('second\n');
    output.write('third\n');
    endOf(writes, 0)();
    endOf(writes, 1)(full, 'second\nth'.length);
    expect(output.droppedLines().dropped).toBe(1);
    output.write('fourth\n');
    expect(writes[2]?.text).toBe('\nfourth\n');
    endOf(writes, 2)(full);
    expect(output.droppedLines().dropped).toBe(2);
    output.write('fifth\n');
    expect(writes[3]?.text).toBe('\nfifth\n');
    endOf(writes, 3)();
    output.write('sixth\n');
    expect(writes[4]?.text).toBe('sixth\n');
  });
  it('keeps 8 MiB for a reader that takes nothing, and counts what comes after', () => {
    const { writes, output, recovered } = open();
    const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
    output.write(line); // in flight
    for (let n = 0; n < 10; n += 1) output.write(line);
    expect(output.droppedLines()).toEqual({ dropped: 2, isDropping: true });
    for (let n = 0; n < 9; n += 1) endOf(writes, n)();
    expect(output.droppedLines()).toEqual({ dropped: 2, isDropping: false });
    expect(recovered).toEqual([2]);
    output.write(line); // there is room again
    expect(output.droppedLines().dropped).toBe(2);
  });
  it('waits for the queue to be empty, but not for ever', async () => {
    vi.useFakeTimers();
    try {
      const { writes, output } = open();
      await output.flush(1_000); // nothing waits
      output.write('a\n');
      let isFlushed = false;
      const flushed = output.flush(1_000).then(() => (isFlushed = true));
      await vi.advanceTimersByTimeAsync(999);
      expect(isFlushed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(isFlushed).toBe(true);
      await flushed;
      const again = output.flush(1_000);
      endOf(writes, 0)();
      await again;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a descriptor as a sink', () => {
  let directory = '';
  const opened: number[] = [];
  const openFile = (path: string, flags: number) => {
    const descriptor = openSync(path, flags, 0o600);
    opened.push(descriptor);
    return descriptor;
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vigia-output-'));
  });
  afterEach(() => {
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
    rmSync(directory, { recursive: true, force: true });
  });
  const written = (descriptor: number, text: string) =>
    new Promise<{ code: string | undefined; count: number }>((resolve) =>
      descriptorSink(descriptor)(Buffer.from(text), (error, count) =>
        resolve({ code: (error as NodeJS.ErrnoException | undefined)?.code, count }),
      ),
    );

  it('writes all to a file', async () => {
    const path = join(directory, 'log');
    expect(await written(openFile(path, constants.O_WRONLY | constants.O_CREAT), 'line\n')).toEqual({
      code: undefined,
      count: 5,
    });
    expect(readFileSync(path, 'utf8')).toBe('line\n');
  });
  it('reports a device that is full', async () => {
    expect(await written(openFile('/dev/full', constants.O_WRONLY), 'line\n')).toEqual({
      code: 'ENOSPC',
      count: 0,
    });
  });
  it('waits for a reader that pauses, and writes the rest when it reads on', async () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openFile(path, constants.O_RDWR | constants.O_NONBLOCK);
    const writer = openFile(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const text = `${'x'.repeat(299_999)}\n`; // more than a pipe holds
    let isDone = false;
    const end = written(writer, text).finally(() => (isDone = true));
    let read = 0;
    const buffer = Buffer.alloc(65_536);
    await until('all to be read', () => {
      try {
        read += readSync(reader, buffer);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      return read === text.length;
    });
    expect(await end).toEqual({ code: undefined, count: text.length });
    expect(isDone).toBe(true);
    expect(writeSync(writer, 'x')).toBe(1);
  });
});
