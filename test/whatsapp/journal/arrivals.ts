/** Messages in the journal, and a database that takes them. */
import { vi } from 'vitest';
import type { ArrivedMessage } from '../../../src/whatsapp/messages/port.ts';
import { arrived } from '../messages/arrived.ts';
import { fleetDisk, startOn } from './harness.ts';

export const passes = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
export const never = (): Promise<never> => new Promise(() => {});

export const messageOf = (id: string, over: Parameters<typeof arrived>[1] = {}): ArrivedMessage =>
  arrived({ conversation: id }, { ...over, attrs: { id, ...over.attrs } });
/** A database that takes everything, until a test says otherwise. */
export const database = () => {
  const rows: string[] = [];
  const batches: number[] = [];
  const db = {
    rows,
    batches,
    fails: false,
    take: async (org: string, messages: readonly ArrivedMessage[]) => {
      if (db.fails) throw new Error('the database is away');
      batches.push(messages.length);
      for (const { id } of messages) rows.push(`${org} ${id}`);
    },
  };
  return db;
};
export const opened = async (disk = fleetDisk(), org = 'acme') => {
  const life = await startOn(disk);
  return { ...life, disk, store: await life.open(org) };
};
export const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(
    () => (done = true),
    () => (done = true),
  );
  await passes(0);
  return done;
};
