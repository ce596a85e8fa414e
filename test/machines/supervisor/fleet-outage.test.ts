/** Is it them, or is it us? What the fleet does when all of it fails at once. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness, found } from '../harness.ts';

onVirtualTime();
const fleetOf = async (n: number, auto: FleetHarness['auto'] = 'connects') => {
  const w = new FleetHarness();
  w.auto = auto;
  w.scan = async () => ({
    rootSeen: true,
    startedAt: Date.now(),
    found: Array.from({ length: n }, (_, i) => found(`o${i}`)),
  });
  const supervisor = w.supervise();
  const outages: string[] = [];
  const gate = supervisor.system.get('gate');
  for (const type of ['outage.began', 'outage.ended', 'version.refused'])
    gate.on(
      type,
      (e: { type: string; cause?: string }) => void outages.push(e.cause ? `${e.type} ${e.cause}` : e.type),
    );
  await advance(0);
  return { w, supervisor, outages, gate };
};
const closeAll = (w: FleetHarness, reason: Parameters<FleetHarness['close']>[0] = 'network') => {
  for (const org of [...w.sockets.keys()]) w.close(reason, org);
};
const connected = (w: FleetHarness) =>
  [...w.fleet.sessions.all()].filter(([, s]) => s.matches({ live: 'connected' })).length;
const strikes = (w: FleetHarness) =>
  Math.max(...[...w.fleet.sessions.all()].map(([, s]) => s.context.strikes));

describe('an outage', () => {
  it('it counts no strikes, admits one probe a second, is reported once, and ends with the first proven session', async () => {
    const { w, outages } = await fleetOf(10);
    await advance(5_000, 500);
    expect(connected(w)).toBe(10);
    w.auto = 'nothing';
    closeAll(w);
    const before = w.opened.length;
    await advance(10_000, 100);
    expect(w.opened.length - before).toBeGreaterThanOrEqual(7);
    expect(w.opened.length - before).toBeLessThanOrEqual(10);
    for (let second = 0; second < 300; second += 1) {
      closeAll(w, 'timeout');
      await advance(1_000);
    }
    expect(strikes(w)).toBe(0);
    expect(outages).toEqual(['outage.began cut_off']);
    expect(w.received.filter((e) => e.type === 'session.reported' && e.view.state === 'failed')).toEqual([]);
    w.auto = 'connects';
    closeAll(w);
    await advance(330_000, 1_000);
    expect(connected(w)).toBe(10);
    expect(outages).toEqual(['outage.began cut_off', 'outage.ended']);
  });
  it('five failed attempts of many are an outage, or all of a few, but never one alone', async () => {
    for (const [n, failures, isOutage] of [
      [30, 4, false],
      [30, 5, true],
      [2, 1, false],
      [2, 2, true],
      [1, 20, false],
    ] as const) {
      const { w, outages, supervisor } = await fleetOf(n, 'nothing');
      for (let i = 0; i < failures; i += 1) {
        const [org] = [...w.sockets.keys()];
        if (org !== undefined) w.close('timeout', org);
        if (n === 1) await advance(300_000, 10_000);
      }
      expect(outages, `${failures} of ${n}`).toEqual(isOutage ? ['outage.began cut_off'] : []);
      supervisor.stop(); // the next fleet is alone in its world
    }
  });
  it('failed attempts more than a minute apart are no outage', async () => {
    const { w, outages } = await fleetOf(2, 'nothing');
    w.close('timeout', 'o0');
    await advance(60_000, 500); // o0 is in its next attempt
    w.close('timeout', 'o1');
    expect(outages).toEqual([]);
    w.close('timeout', 'o0');
    expect(outages).toEqual(['outage.began cut_off']);
  });
  it('sessions that an operator stops, four losses, and the loss of one half are no outage', async () => {
    const { w, supervisor, outages } = await fleetOf(10);
    await advance(5_000, 500);
    for (let i = 0; i < 5; i += 1)
      supervisor.send({ type: 'session.command', org: `o${i}`, command: { type: 'session.stop' } });
    for (let i = 5; i < 9; i += 1) w.close('network', `o${i}`);
    expect(outages).toEqual([]);
    const larger = await fleetOf(12);
    await advance(5_000, 500);
    for (let i = 0; i < 6; i += 1) larger.w.close('network', `o${i}`);
    expect(larger.outages).toEqual([]);
    larger.w.close('network', 'o6');
    expect(larger.outages).toEqual(['outage.began cut_off']);
  });
  it('losses more than half a minute apart are no outage', async () => {
    const { w, outages } = await fleetOf(6);
    await advance(5_000, 500);
    w.auto = 'nothing';
    for (let i = 0; i < 4; i += 1) {
      w.close('network', `o${i}`);
      await advance(10_000);
    }
    w.close('network', 'o4');
    expect(outages).toEqual([]);
  });
  it("an operator's request takes the next slot", async () => {
    const { w, supervisor } = await fleetOf(10);
    await advance(5_000, 500);
    w.auto = 'nothing';
    closeAll(w);
    await advance(3_000, 100);
    const before = w.opened.length;
    const waiting = ['o9', 'o8', 'o7'].find((org) => !w.sockets.has(org)) ?? '';
    supervisor.send({ type: 'session.command', org: waiting, command: { type: 'session.stop' } });
    supervisor.send({ type: 'session.command', org: waiting, command: { type: 'session.restore' } });
    await advance(1_000, 100);
    expect(w.opened[before]?.org).toBe(waiting);
  });
  it('attempts that are under way may finish', async () => {
    const { w, outages } = await fleetOf(10, 'nothing');
    for (let i = 0; i < 5; i += 1) w.close('timeout', `o${i}`);
    expect(outages).toEqual(['outage.began cut_off']);
    expect(w.sockets.size).toBe(5);
    w.up('o9');
    expect(connected(w)).toBe(1);
    expect(outages).toEqual(['outage.began cut_off', 'outage.ended']);
  });
});

describe('a refused version', () => {
  const { canaryMs, canaryCapMs } = defaultPolicy.gate;
  it('it sends one canary at doubling waits of up to an hour, and no session fails for it', async () => {
    const { w, outages } = await fleetOf(8, 'nothing');
    closeAll(w, 'outdated');
    expect(outages).toEqual(['outage.began outdated', 'version.refused']);
    const before = w.opened.length;
    let at = Date.now();
    const gaps: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      const n = w.opened.length;
      while (w.opened.length === n) await advance(1_000);
      expect(w.sockets.size, 'one at a time').toBe(1);
      gaps.push(Date.now() - at);
      at = Date.now();
      closeAll(w, 'outdated');
    }
    expect(gaps).toEqual([1, 2, 4, 8, 12, 12].map((n) => Math.min(n * canaryMs, canaryCapMs)));
    expect(w.opened.length - before).toBe(6);
    expect(strikes(w)).toBe(0);
    expect(outages.filter((o) => o === 'version.refused')).toHaveLength(7);
    expect([...w.disk.values()].every((r) => r.verdict === undefined)).toBe(true);
  });
  it('it ends with the first proven session, and the next time the waits begin from the start', async () => {
    const { w, outages, gate } = await fleetOf(4, 'nothing');
    closeAll(w, 'outdated');
    await advance(canaryMs, 1_000);
    const [canary] = [...w.sockets.keys()];
    w.up(canary);
    expect(outages.at(-1)).toBe('outage.ended');
    w.auto = 'connects';
    await advance(70_000, 500);
    expect(connected(w)).toBe(4);
    expect(gate.getSnapshot().context.canaries).toBe(0);
  });
  it("it sends a canary at once when a newer version is found, or at an operator's request", async () => {
    const { w, supervisor } = await fleetOf(4, 'nothing');
    closeAll(w, 'outdated');
    await advance(200_000, 1_000); // every backoff is over: they wait at the gate
    const n = w.opened.length;
    supervisor.send({ type: 'version.renewed' });
    await advance(1_000, 100);
    expect(w.opened.length - n).toBe(1);
    closeAll(w, 'outdated');
    supervisor.send({ type: 'session.command', org: 'o3', command: { type: 'session.stop' } });
    supervisor.send({ type: 'session.command', org: 'o3', command: { type: 'session.restore' } });
    await advance(1_000, 100);
    expect(w.opened.at(-1)?.org).toBe('o3');
  });
  it('the gate notices it also while it probes an outage', async () => {
    const { w, outages } = await fleetOf(10);
    await advance(5_000, 500);
    w.auto = 'nothing';
    closeAll(w);
    await advance(5_000, 500);
    closeAll(w, 'outdated');
    expect(outages).toEqual([
      'outage.began cut_off',
      'outage.ended',
      'outage.began outdated',
      'version.refused',
    ]);
  });
});
