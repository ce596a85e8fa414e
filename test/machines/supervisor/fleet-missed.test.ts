/** What a session found missing, though no look at the directory ever missed it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { found, World } from '../harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const fleetOfOne = async () => {
  const world = new World();
  world.auto = 'connects';
  world.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: [found('acme')] });
  const supervisor = world.supervise();
  await vi.advanceTimersByTimeAsync(1_000);
  const state = () => world.fleet.sessions.actor('acme')?.getSnapshot().context.state;
  return { world, supervisor, state };
};

it('takes an organization up again whose directory was away just when it reconnected, though every scan saw it', async () => {
  const { world, supervisor, state } = await fleetOfOne();
  expect(state()).toBe('connected');
  world.auto = 'nothing';
  world.close('network');
  await vi.advanceTimersByTimeAsync(3_000);
  world.close('unpaired'); // the store found no directory; it is back before the next scan
  await vi.advanceTimersByTimeAsync(1);
  expect(state()).toBe('idle');
  world.auto = 'connects';
  await vi.advanceTimersByTimeAsync(31_000);
  expect(state()).toBe('connected');
  supervisor.stop();
});

it('still lets go of it when the directory does not come back', async () => {
  const { world, supervisor, state } = await fleetOfOne();
  world.close('unpaired');
  world.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: [] });
  await vi.advanceTimersByTimeAsync(61_000);
  expect(state()).toBe(undefined);
  supervisor.stop();
});
