import { describe, expect, it } from 'vitest';
import { createSerialQueue, createSerialQueues } from '../../src/base/serial-queue.ts';

const deferred = () => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

describe('a serial queue', () => {
  it('starts each piece of work after the one before it has settled', async () => {
    const queue = createSerialQueue();
    const first = deferred();
    const events: string[] = [];
    const one = queue.run(async () => {
      events.push('first starts');
      await first.promise;
      events.push('first ends');
    });
    const two = queue.run(async () => void events.push('second starts'));
    await new Promise(setImmediate);
    expect(events).toEqual(['first starts']);
    first.resolve();
    await Promise.all([one, two]);
    expect(events).toEqual(['first starts', 'first ends', 'second starts']);
  });

  it('gives a failure to its caller and goes on with the next work', async () => {
    const queue = createSerialQueue();
    const failing = queue.run(() => Promise.reject(new Error('disk full')));
    const next = queue.run(async () => 'done');
    await expect(failing).rejects.toThrow('disk full');
    expect(await next).toBe('done');
  });

  it('is idle only after work that was added while the caller waited', async () => {
    const queue = createSerialQueue();
    const events: string[] = [];
    void queue.run(async () => {
      void queue.run(async () => {
        await new Promise(setImmediate);
        events.push('added later');
      });
    });
    await queue.idle();
    expect(events).toEqual(['added later']);
  });

  it('is idle even if the last work failed', async () => {
    const queue = createSerialQueue();
    const failing = queue.run(() => Promise.reject(new Error('no')));
    await expect(queue.idle()).resolves.toBeUndefined();
    await expect(failing).rejects.toThrow('no');
  });
});

describe('serial queues by key', () => {
  it('runs the work of one key in order, and that of another key beside it', async () => {
    const queues = createSerialQueues();
    const first = deferred();
    const events: string[] = [];
    const one = queues.run('a', async () => {
      await first.promise;
      events.push('a1');
    });
    const two = queues.run('a', async () => void events.push('a2'));
    await queues.run('b', async () => void events.push('b1'));
    first.resolve();
    await Promise.all([one, two]);
    expect(events).toEqual(['b1', 'a1', 'a2']);
  });

  it('keeps the order of a key after a failure', async () => {
    const queues = createSerialQueues();
    const failing = queues.run('a', () => Promise.reject(new Error('no')));
    const next = queues.run('a', async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
