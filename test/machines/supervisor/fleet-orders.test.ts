/** How the fleet executes its orders, even orders that the supervisor never gives. */
import { describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { type FleetOrder, sessionsPerTurn } from '../../../machines/supervisor/fleet.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { clock, FleetHarness, found, random } from '../harness.ts';

onVirtualTime();
const begin = async () => {
  const w = new FleetHarness();
  const supervisor = w.supervise();
  await settle();
  return {
    w,
    supervisor,
    order: (order: FleetOrder) => supervisor.getSnapshot().children['fleet']?.send(order),
  };
};
const adopt = (...orgs: string[]): FleetOrder => ({
  type: 'sessions.adopt',
  inputs: orgs.map((org) => ({ found: found(org), policy: defaultPolicy, clock, random, build: '1' })),
});
const names = (n: number, prefix: string) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const pair = { type: 'session.pair', pairing: { id: 'p', method: 'qr' } } as const;

describe('an order', () => {
  it('an order to adopt a session that is there already changes nothing', async () => {
    const { w, order } = await begin();
    order(adopt('a'));
    const first = w.fleet.sessions.actor('a');
    order(adopt('a'));
    expect(w.fleet.sessions.actor('a')).toBe(first);
    expect(w.opened).toHaveLength(1);
  });
  it('an event for an unknown session is ignored, and the next order is executed', async () => {
    const { w, order, supervisor } = await begin();
    order({ type: 'session.send', org: 'unknown', event: { type: 'session.stop' } });
    order({ type: 'sessions.drop', orgs: ['unknown'] });
    order(adopt('a'));
    await advance(0);
    expect(supervisor.getSnapshot().status).toBe('active');
    expect([...w.fleet.sessions.all()].map(([org]) => org)).toEqual(['a']);
    expect(w.received.filter(({ type }) => type === 'session.dropped')).toEqual([]);
  });
  it('more sessions to adopt join those that wait', async () => {
    const { w, order } = await begin();
    order(adopt(...names(sessionsPerTurn + 50, 'a')));
    order(adopt(...names(10, 'b')));
    expect(w.fleet.sessions.size()).toBe(sessionsPerTurn);
    await advance(5, 1);
    expect(w.fleet.sessions.size()).toBe(sessionsPerTurn + 60);
  });
  it('a session that waits to be adopted can be dropped', async () => {
    const { w, order } = await begin();
    order(adopt(...names(sessionsPerTurn + 2, 'a')));
    order({ type: 'sessions.drop', orgs: [`a${sessionsPerTurn}`] });
    await advance(1);
    expect(w.fleet.sessions.actor(`a${sessionsPerTurn}`)).toBeUndefined();
    expect(w.fleet.sessions.size()).toBe(sessionsPerTurn + 1);
  });
  it('more sessions to drop join those that wait', async () => {
    const { w, order } = await begin();
    const [some, more] = [names(sessionsPerTurn + 5, 'a'), names(5, 'b')];
    order(adopt(...some, ...more));
    await advance(5, 1);
    order({ type: 'sessions.drop', orgs: some });
    order({ type: 'sessions.drop', orgs: more });
    expect(w.fleet.sessions.size()).toBe(10);
    await advance(5, 1);
    expect(w.fleet.sessions.size()).toBe(0);
  });
});

it('the supervisor emits the pairing reports of its sessions', async () => {
  const { w, supervisor } = await begin();
  supervisor.send({ type: 'session.command', org: 'a', command: pair });
  await settle();
  w.net('a', { type: 'connection.code', code: 'ABCD1234', expiresAt: 60_000 });
  const update = { status: 'code', pairingId: 'p', code: 'ABCD1234', expiresAt: 60_000 };
  expect(w.received).toContainEqual({ type: 'pairing.reported', org: 'a', update });
});

it('a fleet that a listener shuts down during an adoption adopts no more sessions', async () => {
  // XState's development build says that the gate has ended
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { w, supervisor, order } = await begin();
  supervisor.on('session.reported', ({ org }) => {
    if (org === `a${sessionsPerTurn}`) supervisor.send({ type: 'shutdown' });
  });
  order(adopt(...names(sessionsPerTurn + 50, 'a')));
  expect(w.fleet.sessions.size()).toBe(sessionsPerTurn);
  await advance(1_000);
  expect(supervisor.getSnapshot().status).toBe('done');
  expect(w.fleet.sessions.size()).toBe(0);
  expect(w.sockets.size).toBe(0);
  expect(w.alive.size).toBe(0);
  quiet.mockRestore();
});

it('a stopped fleet is empty only when its last session is stopped', async () => {
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { w, supervisor, order } = await begin();
  order(adopt(...names(3 * sessionsPerTurn, 'a')));
  await advance(5, 1);
  supervisor.stop();
  const left: number[] = [];
  void w.fleet.emptied().then(() => left.push(w.fleet.sessions.size()));
  await settle();
  expect(left).toEqual([]);
  expect(w.fleet.sessions.size()).toEqual(2 * sessionsPerTurn);
  await advance(5, 1);
  expect(left).toEqual([0]);
  quiet.mockRestore();
});
