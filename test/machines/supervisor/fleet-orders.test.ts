/** What the fleet makes of its orders, also of those that the supervisor would not give. */
import { describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { type FleetOrder, sessionsPerTurn } from '../../../machines/supervisor/fleet.ts';
import { clock, found, random, World } from '../harness.ts';
import { onVirtualTime, settle, turn } from '../spec/time.ts';

onVirtualTime();
const begin = async () => {
  const w = new World();
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
  it('to take up one that is already there leaves that one alone', async () => {
    const { w, order } = await begin();
    order(adopt('a'));
    const first = w.fleet.sessions.actor('a');
    order(adopt('a'));
    expect(w.fleet.sessions.actor('a')).toBe(first);
    expect(w.opened).toHaveLength(1);
  });
  it('about one that nobody has taken up is passed over, and the next one is carried out', async () => {
    const { w, order, supervisor } = await begin();
    order({ type: 'session.send', org: 'nobody', event: { type: 'session.stop' } });
    order({ type: 'sessions.drop', orgs: ['nobody'] });
    order(adopt('a'));
    await turn(0);
    expect(supervisor.getSnapshot().status).toBe('active');
    expect([...w.fleet.sessions.all()].map(([org]) => org)).toEqual(['a']);
    expect(w.heard.filter(({ type }) => type === 'session.dropped')).toEqual([]);
  });
  it('to take up more while others wait lets them wait as well', async () => {
    const { w, order } = await begin();
    order(adopt(...names(sessionsPerTurn + 50, 'a')));
    order(adopt(...names(10, 'b')));
    expect(w.fleet.sessions.size()).toBe(sessionsPerTurn);
    await turn(5, 1);
    expect(w.fleet.sessions.size()).toBe(sessionsPerTurn + 60);
  });
  it('to let go of one that still waits for its turn is the end of its waiting', async () => {
    const { w, order } = await begin();
    order(adopt(...names(sessionsPerTurn + 2, 'a')));
    order({ type: 'sessions.drop', orgs: [`a${sessionsPerTurn}`] });
    await turn(1);
    expect(w.fleet.sessions.actor(`a${sessionsPerTurn}`)).toBeUndefined();
    expect(w.fleet.sessions.size()).toBe(sessionsPerTurn + 1);
  });
  it('to let go of more while others are leaving lets them take their turn as well', async () => {
    const { w, order } = await begin();
    const [some, more] = [names(sessionsPerTurn + 5, 'a'), names(5, 'b')];
    order(adopt(...some, ...more));
    await turn(5, 1);
    order({ type: 'sessions.drop', orgs: some });
    order({ type: 'sessions.drop', orgs: more });
    expect(w.fleet.sessions.size()).toBe(10);
    await turn(5, 1);
    expect(w.fleet.sessions.size()).toBe(0);
  });
});

it('what a session tells of its pairing is told to the world', async () => {
  const { w, supervisor } = await begin();
  supervisor.send({ type: 'session.command', org: 'a', command: pair });
  await settle();
  w.net('a', { type: 'connection.code', code: 'ABCD1234', expiresAt: 60_000 });
  const update = { status: 'code', pairingId: 'p', code: 'ABCD1234', expiresAt: 60_000 };
  expect(w.heard).toContainEqual({ type: 'pairing.reported', org: 'a', update });
});

it('a fleet that is shut down by whoever hears of a session, in the midst of taking them up, takes up no more of them', async () => {
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {}); // XState's development build says that the gate has ended
  const { w, supervisor, order } = await begin();
  supervisor.on('session.reported', ({ org }) => {
    if (org === `a${sessionsPerTurn}`) supervisor.send({ type: 'shutdown' });
  });
  order(adopt(...names(sessionsPerTurn + 50, 'a')));
  expect(w.fleet.sessions.size()).toBe(sessionsPerTurn);
  await turn(1_000);
  expect(supervisor.getSnapshot().status).toBe('done');
  expect([w.fleet.sessions.size(), w.sockets.size, w.alive.size]).toEqual([0, 0, 0]);
  quiet.mockRestore();
});

it('a fleet that was stopped says so when the last of its sessions is gone, and not before', async () => {
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { w, supervisor, order } = await begin();
  order(adopt(...names(3 * sessionsPerTurn, 'a')));
  await turn(5, 1);
  supervisor.stop();
  const left: number[] = [];
  void w.fleet.emptied().then(() => left.push(w.fleet.sessions.size()));
  await settle();
  expect([left, w.fleet.sessions.size()]).toEqual([[], 2 * sessionsPerTurn]);
  await turn(5, 1);
  expect(left).toEqual([0]);
  quiet.mockRestore();
});
