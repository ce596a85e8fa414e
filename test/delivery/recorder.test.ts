/** Events are durable before clients receive them; a disk that refuses or hangs does not hold them for long. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Recording } from '../../src/delivery/outbox.ts';
import { holdMs, keptAtMost, Recorder } from '../../src/delivery/recorder.ts';
import { eventOf } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const open = () => {
  const disk = { mode: 'well' as 'well' | 'full' | 'hangs', end: () => {} };
  const transactions: string[][] = [];
  const released: string[] = [];
  const logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  const record = async (recordings: readonly Recording[]): Promise<void> => {
    if (disk.mode === 'full') throw new Error('ENOSPC');
    if (disk.mode === 'hangs') await new Promise<void>((resolve) => (disk.end = resolve));
    transactions.push(recordings.map(({ message }) => message?.id ?? ''));
  };
  const log = (event: string, fields = {}) => void logged.push({ event, fields });
  const recorder = new Recorder({ record, log });
  const add = (...ids: readonly string[]) => {
    for (const id of ids) void recorder.add({ message: eventOf(id) }).then(() => released.push(id));
  };
  return { disk, transactions, released, logged, recorder, add, events: () => logged.map((l) => l.event) };
};

it('the events of one moment are one transaction, and each is released after it', async () => {
  const { add, transactions, released, disk } = open();
  disk.mode = 'hangs';
  add('a', 'b', 'c');
  await pass(0);
  expect([transactions, released]).toEqual([[], []]);
  add('d');
  disk.mode = 'well';
  disk.end();
  await pass(0);
  expect(transactions).toEqual([['a', 'b', 'c'], ['d']]);
  expect(released).toEqual(['a', 'b', 'c', 'd']);
});
it('a full disk holds nothing back, and gets everything in order once it takes it', async () => {
  const { add, transactions, released, disk, recorder, events } = open();
  disk.mode = 'full';
  add('a', 'b');
  await pass(0);
  expect(released).toEqual(['a', 'b']);
  add('c');
  await pass(0);
  expect(released).toEqual(['a', 'b', 'c']);
  await pass(20_000);
  expect(recorder.waiting()).toBe(3);
  expect(events()).toEqual(['delivery.not_recorded']); // once, however often it is tried
  disk.mode = 'well';
  await pass(5_000);
  expect(transactions).toEqual([['a', 'b', 'c']]);
  expect(events()).toEqual(['delivery.not_recorded', 'delivery.recorded_again']);
  disk.mode = 'hangs';
  add('d');
  await pass(0);
  expect(released).not.toContain('d'); // it is held again
});
it('a disk that hangs holds an event back for a bounded time, and the next ones not at all', async () => {
  const { add, transactions, released, disk, events } = open();
  disk.mode = 'hangs';
  add('a');
  await pass(holdMs - 1);
  add('b');
  await pass(0);
  expect(released).toEqual([]);
  await pass(1);
  expect(released).toEqual(['a', 'b']);
  add('c');
  await pass(0);
  expect(released).toEqual(['a', 'b', 'c']);
  expect(events()).toEqual(['delivery.record_late']);
  disk.mode = 'well';
  disk.end();
  await pass(0);
  expect(transactions).toEqual([['a'], ['b', 'c']]);
});
it('keeps a bounded number of events, the newest, and logs that it drops others', async () => {
  const { add, disk, recorder, events, transactions } = open();
  disk.mode = 'full';
  add(...Array.from({ length: keptAtMost.events + 5 }, (_, n) => `evt_${n}`));
  await pass(0);
  expect(recorder.waiting()).toBe(keptAtMost.events);
  expect(events().filter((event) => event === 'delivery.event_dropped')).toHaveLength(1);
  disk.mode = 'well';
  await pass(5_000);
  expect(transactions.flat()).toHaveLength(keptAtMost.events);
  expect(transactions.flat()[0]).toBe('evt_5');
});
it('keeps a bounded number of bytes', async () => {
  const { disk, recorder } = open();
  disk.mode = 'full';
  const data = 'x'.repeat(keptAtMost.bytes / 4);
  for (let n = 0; n < 10; n += 1) void recorder.add({ message: eventOf(`evt_${n}`, { data }) });
  await pass(0);
  expect(recorder.waiting()).toBe(3);
});
it('at the end it tries once more', async () => {
  const { add, disk, recorder, transactions, events } = open();
  disk.mode = 'full';
  add('a');
  await pass(0);
  disk.mode = 'well';
  await recorder.close();
  expect(transactions).toEqual([['a']]);
  expect(events()).not.toContain('delivery.events_lost');
});
it.each(['full', 'hangs'] as const)(
  'at the end of a disk that is %s, it names each event that is lost',
  async (mode) => {
    const { disk, recorder, logged, add, released } = open();
    disk.mode = mode;
    add('a', 'b');
    await pass(0);
    const closing = recorder.close();
    await pass(10_000);
    await closing;
    expect(released).toEqual(['a', 'b']);
    expect(logged.at(-1)).toMatchObject({
      event: 'delivery.events_lost',
      fields: { count: 2, messages: [{ id: 'a', type: 'session.updated', org: 'acme' }, { id: 'b' }] },
    });
  },
);
