import { expect, it } from 'vitest';
import { inOrder } from '../../src/app/shutdown.ts';
import type { WriteLog } from '../../src/base/log.ts';

const log = () => {
  const logged: string[] = [];
  const write: WriteLog = (event, fields) => void logged.push(`${event} ${String(fields?.['step'])}`);
  return { logged, log: write };
};

it('takes one step after the other, once, and says where it is', async () => {
  const done: string[] = [];
  let release = () => {};
  const ending = inOrder(
    [
      { name: 'first', run: () => void done.push('first') },
      { name: 'slow', run: () => new Promise<void>((resolve) => (release = resolve)) },
      { name: 'last', run: async () => void done.push('last') },
    ],
    log().log,
  );
  expect(ending.at()).toBeUndefined();
  const [one, two] = [ending.run(), ending.run()];
  await Promise.resolve();
  await Promise.resolve();
  expect(ending.at()).toBe('slow');
  expect(done).toEqual(['first']);
  release();
  await Promise.all([one, two]);
  expect(ending.at()).toBeUndefined();
  expect(done).toEqual(['first', 'last']);
});

it('goes on after a step that failed, and says at the end that not all was done', async () => {
  const done: string[] = [];
  const { logged, log: line } = log();
  const fail = async () => {
    throw new Error('disk full');
  };
  const ending = inOrder(
    [
      { name: 'history', run: fail },
      { name: 'lock', run: () => void done.push('lock') },
    ],
    line,
  );
  await expect(ending.run()).rejects.toThrow('steps of the shutdown failed: history');
  expect(done).toEqual(['lock']);
  expect(logged).toEqual(['shutdown.step_failed history']);
});
