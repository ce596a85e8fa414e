import { vi } from 'vitest';
import { createActor } from 'xstate';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { gateMachine } from '../../../machines/gate/gate.machine.ts';
import { breakerSpec, outageMin, type Tally } from './breaker.spec.ts';
import { same } from './same.ts';
import { type Performance, walk } from './walk.ts';

const policy = { ...defaultPolicy.gate, outageMin };

const perform = (): Performance<Tally> => {
  const gate = createActor(gateMachine, { input: { policy, now: () => Date.now() } });
  let received: string[] = [];
  gate.on('outage.began', ({ cause, live }) => received.push(`began ${cause} ${live}`));
  gate.on('outage.ended', () => received.push('ended'));
  gate.on('version.refused', () => received.push('version.refused'));
  gate.start();
  const fail = (n: number) =>
    gate.send({ type: 'attempt.failed', org: `o${n}`, reason: 'timeout', running: 3 });
  return {
    play: (event, { phase, context: c }) => {
      received = [];
      if (event === 'one is proven' && c.live < 3) gate.send({ type: 'session.proven' });
      else if (event === 'a live one is lost' && c.live > 0 && c.lost < 4)
        gate.send({ type: 'session.lost' });
      else if (event === 'a live one is stopped' && c.live > 0) gate.send({ type: 'session.left' });
      else if (event === 'another attempt fails' && (phase !== 'open' || c.failed < 3)) fail(c.failed);
      else if (event === 'the same attempt fails again' && c.failed > 0) fail(c.failed - 1);
      else if (event === 'an attempt meets a refused version')
        gate.send({ type: 'attempt.failed', org: 'x', reason: 'outdated', running: 3 });
      else if (event === 'a newer version is found') gate.send({ type: 'version.renewed' });
      else if (event === 'a minute passes') vi.advanceTimersByTime(60_000);
    },
    agree: ({ phase, context: c }, _, before) => {
      const { value, context } = gate.getSnapshot();
      same(typeof value === 'string' ? value : Object.keys(value)[0], phase);
      same(context.tally.live, c.live);
      if (before === undefined || before.phase === phase) return same(received, []);
      const live = before.phase === 'open' ? c.live : before.context.live;
      const ended = before.phase === 'open' ? [] : ['ended'];
      if (phase === 'open') same(received, ended);
      else if (phase === 'probing') same(received, [`began cut_off ${live}`]);
      else same(received, [...ended, `began outdated ${live}`, 'version.refused']);
    },
  };
};

walk('the specification of an outage', { machine: breakerSpec, start: perform, edges: 1431 });
