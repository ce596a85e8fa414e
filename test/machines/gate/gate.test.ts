/** The rate at which the gate admits sessions, with the default numbers and with others. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { gateMachine } from '../../../machines/gate/gate.machine.ts';
import { advance, onVirtualTime } from '../fake-clock.ts';

onVirtualTime();
const minute = 60_000;
const open = (policy = defaultPolicy.gate, now = () => Date.now()) => {
  const gate = createActor(gateMachine, { input: { policy, now } });
  const granted: { org: string; at: number; counts: boolean }[] = [];
  gate.on('slot.granted', ({ org, counts }) => void granted.push({ org, at: Date.now(), counts }));
  gate.start();
  const ask = (...orgs: string[]) => {
    for (const org of orgs) gate.send({ type: 'slot.requested', org, urgent: false });
  };
  return { gate, granted, ask };
};
const many = (n: number) => Array.from({ length: n }, (_, i) => `o${i}`);

const cutOff = (gate: ReturnType<typeof open>['gate']) => {
  for (const org of many(5)) gate.send({ type: 'attempt.failed', org, reason: 'timeout', running: 30 });
};

describe('the gate during an outage', () => {
  it('it gives a released slot to the next request', async () => {
    const { gate, granted, ask } = open();
    cutOff(gate);
    ask(...many(30));
    await advance(minute, 1_000);
    expect(granted).toHaveLength(20);
    for (const org of ['o0', 'o1', 'o29']) gate.send({ type: 'slot.released', org });
    await advance(minute, 1_000);
    expect(granted.slice(20).map(({ org }) => org)).toEqual(['o20', 'o21']);
  });
  it('it can be held and freed', async () => {
    const { gate, granted, ask } = open();
    gate.send({ type: 'gate.held' });
    cutOff(gate);
    ask('a');
    await advance(minute, 1_000);
    expect(granted).toEqual([]);
    gate.send({ type: 'gate.freed' });
    await advance(1_000);
    expect(granted.map(({ org }) => org)).toEqual(['a']);
  });
  it('it saves no tokens: after the outage, sessions are admitted at the usual rate', async () => {
    const { gate, granted, ask } = open();
    cutOff(gate);
    await advance(200);
    gate.send({ type: 'session.proven' });
    ask(...many(10));
    expect(granted).toHaveLength(1);
    await advance(1_000, 10);
    expect(granted).toHaveLength(6);
  });
  it('it probes as often as the policy says', async () => {
    const { gate, granted, ask } = open({ ...defaultPolicy.gate, probesPerSecond: 4 });
    cutOff(gate);
    ask(...many(10));
    await advance(1_000, 10);
    expect(granted.map(({ at }) => at)).toEqual([250, 500, 750, 1_000]);
  });
});

describe('the gate', () => {
  it('a timer that fires two milliseconds early costs no token', async () => {
    let early = 0;
    const { granted, ask } = open(defaultPolicy.gate, () => Date.now() - early);
    ask(...many(20));
    expect(granted).toHaveLength(10);
    early = 2;
    await advance(200);
    expect(granted).toHaveLength(11);
  });
  it('during an outage it admits one a second, at most twenty inside, and their failures do not count', async () => {
    const { gate, granted, ask } = open();
    cutOff(gate);
    ask(...many(30));
    expect(granted).toEqual([]);
    await advance(10_000, 100);
    expect(granted).toEqual(many(10).map((org, i) => ({ org, at: (i + 1) * 1_000, counts: false })));
    await advance(minute, 1_000);
    expect(granted).toHaveLength(20);
  });
  it('while WhatsApp refuses our version it admits one canary after five minutes, then at doubling waits of up to an hour', async () => {
    const { gate, granted, ask } = open();
    gate.send({ type: 'attempt.failed', org: 'x', reason: 'outdated', running: 30 });
    ask(...many(10));
    for (let i = 0; i < 200; i += 1) {
      await advance(minute);
      for (const { org } of granted) gate.send({ type: 'slot.released', org });
    }
    expect(granted.map(({ at }) => at / minute)).toEqual([5, 15, 35, 75, 135, 195]);
    expect(granted.every(({ counts }) => !counts)).toBe(true);
  });
  it('it admits no second canary while one is inside, even when a newer version is found', async () => {
    const { gate, granted, ask } = open();
    gate.send({ type: 'attempt.failed', org: 'x', reason: 'outdated', running: 30 });
    ask('a', 'b', 'c');
    await advance(5 * minute);
    gate.send({ type: 'version.renewed' });
    await advance(30 * minute, minute);
    expect(granted.map(({ org }) => org)).toEqual(['a']);
    gate.send({ type: 'slot.released', org: 'b' });
    gate.send({ type: 'slot.released', org: 'a' });
    gate.send({ type: 'version.renewed' });
    await advance(1_000);
    expect(granted.map(({ org }) => org)).toEqual(['a', 'c']);
    gate.send({ type: 'slot.released', org: 'c' });
    ask('d');
    await advance(40 * minute, minute);
    expect(
      granted.map(({ org }) => org),
      'and the next one at its time',
    ).toEqual(['a', 'c', 'd']);
  });
  it('without an outage it admits ten at once and then five a second', async () => {
    const { granted, ask } = open();
    ask(...many(30));
    expect(granted).toHaveLength(10);
    await advance(1_000, 10);
    expect(granted).toHaveLength(15);
    await advance(minute, 100);
    expect(granted).toHaveLength(20);
    expect(granted.every(({ counts }) => counts)).toBe(true);
  });
});
