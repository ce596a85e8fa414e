/** A session finds its directory missing, although every scan found it. */
import { expect, it } from 'vitest';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness, found } from '../harness.ts';

onVirtualTime();

const fleetOfOne = async () => {
  const harness = new FleetHarness();
  harness.auto = 'connects';
  harness.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: [found('acme')] });
  const supervisor = harness.supervise();
  await advanceSlowly(1_000);
  const state = () => harness.fleet.sessions.actor('acme')?.getSnapshot().context.state;
  return { harness, supervisor, state };
};

it('an organization whose directory was missing only while it reconnected is restored by the next scan', async () => {
  const { harness, supervisor, state } = await fleetOfOne();
  expect(state()).toBe('connected');
  harness.auto = 'nothing';
  harness.close('network');
  await advanceSlowly(3_000);
  harness.close('unpaired'); // the store found no directory; it is back before the next scan
  await advanceSlowly(1);
  expect(state()).toBe('idle');
  harness.auto = 'connects';
  await advanceSlowly(31_000);
  expect(state()).toBe('connected');
  supervisor.stop();
});

it('it is dropped when the directory does not come back', async () => {
  const { harness, supervisor, state } = await fleetOfOne();
  harness.close('unpaired');
  harness.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: [] });
  await advanceSlowly(61_000);
  expect(state()).toBe(undefined);
  supervisor.stop();
});
