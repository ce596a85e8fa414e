/** The pace at which the gate admits, by the numbers it has unless a policy says otherwise. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { gateMachine } from '../../../machines/gate/gate.machine.ts';
import { onVirtualTime, turn } from '../spec/time.ts';

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

describe('the gate, while all are cut off,', () => {
  it('gives the place of whoever leaves to the next', async () => {
    const { gate, granted, ask } = open();
    cutOff(gate);
    ask(...many(30));
    await turn(minute, 1_000);
    expect(granted).toHaveLength(20);
    for (const org of ['o0', 'o1', 'o29']) gate.send({ type: 'slot.released', org });
    await turn(minute, 1_000);
    expect(granted.slice(20).map(({ org }) => org)).toEqual(['o20', 'o21']);
  });
  it('is freed as well as held', async () => {
    const { gate, granted, ask } = open();
    gate.send({ type: 'gate.held' });
    cutOff(gate);
    ask('a');
    await turn(minute, 1_000);
    expect(granted).toEqual([]);
    gate.send({ type: 'gate.freed' });
    await turn(1_000);
    expect(granted.map(({ org }) => org)).toEqual(['a']);
  });
  it('saves nothing up: when it is over, they come at their pace and not all at once', async () => {
    const { gate, granted, ask } = open();
    cutOff(gate);
    await turn(200);
    gate.send({ type: 'session.proven' });
    ask(...many(10));
    expect(granted).toHaveLength(1);
    await turn(1_000, 10);
    expect(granted).toHaveLength(6);
  });
  it('probes as often as the policy says', async () => {
    const { gate, granted, ask } = open({ ...defaultPolicy.gate, probesPerSecond: 4 });
    cutOff(gate);
    ask(...many(10));
    await turn(1_000, 10);
    expect(granted.map(({ at }) => at)).toEqual([250, 500, 750, 1_000]);
  });
});

describe('the gate', () => {
  it('does not lose a slot to a timer that fires two milliseconds early', async () => {
    let early = 0;
    const { granted, ask } = open(defaultPolicy.gate, () => Date.now() - early);
    ask(...many(20));
    expect(granted).toHaveLength(10);
    early = 2;
    await turn(200);
    expect(granted).toHaveLength(11);
  });
  it('lets one a second in while all are cut off, twenty inside, and their failures count for nothing', async () => {
    const { gate, granted, ask } = open();
    cutOff(gate);
    ask(...many(30));
    expect(granted).toEqual([]);
    await turn(10_000, 100);
    expect(granted).toEqual(many(10).map((org, i) => ({ org, at: (i + 1) * 1_000, counts: false })));
    await turn(minute, 1_000);
    expect(granted).toHaveLength(20);
  });
  it('lets one canary in after five minutes, then at doubling waits up to an hour, while our version is refused', async () => {
    const { gate, granted, ask } = open();
    gate.send({ type: 'attempt.failed', org: 'x', reason: 'outdated', running: 30 });
    ask(...many(10));
    for (let i = 0; i < 200; i += 1) {
      await turn(minute);
      for (const { org } of granted) gate.send({ type: 'slot.released', org });
    }
    expect(granted.map(({ at }) => at / minute)).toEqual([5, 15, 35, 75, 135, 195]);
    expect(granted.every(({ counts }) => !counts)).toBe(true);
  });
  it('sends no second canary while one is inside, also when a newer version is found', async () => {
    const { gate, granted, ask } = open();
    gate.send({ type: 'attempt.failed', org: 'x', reason: 'outdated', running: 30 });
    ask('a', 'b', 'c');
    await turn(5 * minute);
    gate.send({ type: 'version.renewed' });
    await turn(30 * minute, minute);
    expect(granted.map(({ org }) => org)).toEqual(['a']);
    gate.send({ type: 'slot.released', org: 'b' });
    gate.send({ type: 'slot.released', org: 'a' });
    gate.send({ type: 'version.renewed' });
    await turn(1_000);
    expect(granted.map(({ org }) => org)).toEqual(['a', 'c']);
    gate.send({ type: 'slot.released', org: 'c' });
    ask('d');
    await turn(40 * minute, minute);
    expect(
      granted.map(({ org }) => org),
      'and the next one at its time',
    ).toEqual(['a', 'c', 'd']);
  });
  it('lets ten in at once and then five a second while all is well', async () => {
    const { granted, ask } = open();
    ask(...many(30));
    expect(granted).toHaveLength(10);
    await turn(1_000, 10);
    expect(granted).toHaveLength(15);
    await turn(minute, 100);
    expect(granted).toHaveLength(20);
    expect(granted.every(({ counts }) => counts)).toBe(true);
  });
});
