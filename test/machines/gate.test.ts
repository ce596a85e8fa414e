/** The pace at which the gate admits, by the numbers it has unless a policy says otherwise. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { gateMachine } from '../../machines/gate.machine.ts';
import { defaultPolicy } from '../../machines/policy.ts';
import { onVirtualTime, turn } from './promise/time.ts';

onVirtualTime();
const minute = 60_000;
const open = () => {
  const gate = createActor(gateMachine, { input: { policy: defaultPolicy.gate, now: () => Date.now() } });
  const granted: { org: string; at: number; counts: boolean }[] = [];
  gate.on('place.granted', ({ org, counts }) => void granted.push({ org, at: Date.now(), counts }));
  gate.start();
  const ask = (...orgs: string[]) => {
    for (const org of orgs) gate.send({ type: 'place.asked', org, urgent: false });
  };
  return { gate, granted, ask };
};
const many = (n: number) => Array.from({ length: n }, (_, i) => `o${i}`);

describe('the gate', () => {
  it('lets one a second in while all are cut off, twenty inside, and their failures count for nothing', async () => {
    const { gate, granted, ask } = open();
    for (const org of many(5)) gate.send({ type: 'attempt.failed', org, reason: 'timeout', running: 30 });
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
      for (const { org } of granted) gate.send({ type: 'place.left', org });
    }
    expect(granted.map(({ at }) => at / minute)).toEqual([5, 15, 35, 75, 135, 195]);
    expect(granted.every(({ counts }) => !counts)).toBe(true);
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
