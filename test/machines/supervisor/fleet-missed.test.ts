/** A session finds its directory missing, although every scan found it. */
import { expect, it } from 'vitest';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { found, World } from '../harness.ts';

onVirtualTime();

const fleetOfOne = async () => {
  const world = new World();
  world.auto = 'connects';
  world.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: [found('acme')] });
  const supervisor = world.supervise();
  await advanceSlowly(1_000);
  const state = () => world.fleet.sessions.actor('acme')?.getSnapshot().context.state;
  return { world, supervisor, state };
};

it('an organization whose directory was missing only while it reconnected is restored by the next scan', async () => {
  const { world, supervisor, state } = await fleetOfOne();
  expect(state()).toBe('connected');
  world.auto = 'nothing';
  world.close('network');
  await advanceSlowly(3_000);
  world.close('unpaired'); // the store found no directory; it is back before the next scan
  await advanceSlowly(1);
  expect(state()).toBe('idle');
  world.auto = 'connects';
  await advanceSlowly(31_000);
  expect(state()).toBe('connected');
  supervisor.stop();
});

it('it is dropped when the directory does not come back', async () => {
  const { world, supervisor, state } = await fleetOfOne();
  world.close('unpaired');
  world.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: [] });
  await advanceSlowly(61_000);
  expect(state()).toBe(undefined);
  supervisor.stop();
});
