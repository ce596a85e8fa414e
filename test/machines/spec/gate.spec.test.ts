import { expect, vi } from 'vitest';
import { createActor } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { gateMachine } from '../../../machines/gate/gate.machine.ts';
import { type Admission, burst, type Guest, gateSpec, places } from './gate.spec.ts';
import { same } from './same.ts';
import { type Performance, walk } from './walk.ts';

const policy = { ...defaultPolicy.gate, places, burst, perSecond: 1 };

const perform = (): Performance<Admission> => {
  const gate = createActor(gateMachine, { input: { policy, now: () => Date.now() } });
  let granted: string[] = [];
  gate.on('slot.granted', ({ org, counts }) => {
    same(counts, true);
    granted.push(org);
  });
  gate.on('outage.began', () => expect.unreachable('an outage out of the blue'));
  gate.start();
  const here = ({ urgent, waiting, inside }: Admission) => [...urgent, ...waiting, ...inside];
  return {
    play: (event, { context }) => {
      granted = [];
      const guest = event[0] as Guest;
      if (event.endsWith('asks') && !here(context).includes(guest))
        gate.send({ type: 'slot.requested', org: guest, urgent: guest === 'v' });
      else if (event.endsWith('leaves')) gate.send({ type: 'slot.released', org: guest });
      else if (event === 'writing fails') gate.send({ type: 'gate.held' });
      else if (event === 'writing works again') gate.send({ type: 'gate.freed' });
      else if (event === 'a second passes') vi.advanceTimersByTime(1_000);
    },
    agree: ({ context: c }, event, before) => {
      const asker = event?.endsWith('asks') ? [event[0] as Guest] : [];
      const queue = [
        ...asker.filter((g) => g === 'v'),
        ...(before?.context.urgent ?? []),
        ...(before?.context.waiting ?? []),
        ...asker,
      ];
      const entered = [...new Set(queue)].filter(
        (g) => c.inside.includes(g) && !before?.context.inside.includes(g),
      );
      same(granted, entered);
      const { urgent, waiting, inside } = gate.getSnapshot().context;
      same(
        { urgent, waiting, inside: [...inside].sort() },
        { urgent: c.urgent, waiting: c.waiting, inside: c.inside },
      );
      if (c.urgent.length + c.waiting.length > 0)
        same(vi.getTimerCount(), 1, 'a timer runs while a request waits');
      if (
        event === 'a second passes' &&
        before &&
        before.context.urgent.length + before.context.waiting.length === 0
      )
        same(vi.getTimerCount(), 0, 'no timer runs while no request waits');
    },
  };
};

walk('the promise at the gate', { machine: gateSpec, start: perform, edges: 1224 });
