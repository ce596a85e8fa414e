/**
 * Walks a specification: a small machine of what an operator may rely on, with time as an event and without
 * sockets or timers. `@xstate/test` finds its edges. Each edge is played on the real machine, and after each
 * step both must agree.
 */
import { createTestModel } from '@xstate/test';
import { describe, expect, it, vi } from 'vitest';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { onVirtualTime, settle } from '../fake-clock.ts';

/** A state of the specification. */
export interface Standing<C> {
  readonly phase: string;
  readonly context: C;
}
export interface Performance<C> {
  /** Plays one event of the specification on the real machine. */
  play(event: string, from: Standing<C>): void | Promise<void>;
  /** Throws when the real machine does not agree with the specification. */
  agree(now: Standing<C>, event: string | undefined, before: Standing<C> | undefined): void;
}
interface Refused {
  /** Played in every state that does not handle them; nothing may change. */
  readonly events: readonly string[];
  readonly pairs: number;
  readonly in?: readonly string[];
}
interface Walk<C> {
  readonly machine: AnyStateMachine;
  readonly start: () => Performance<C>;
  /** The number of edges: a typo that loses some must fail the test. */
  readonly edges: number;
  readonly refused?: Refused;
}

type Steps = readonly { readonly state: unknown; readonly event: { readonly type: string } }[];
const initEvent = 'xstate.init';
const keys = new WeakMap<AnyMachineSnapshot, string>();
const keyOf = (s: AnyMachineSnapshot): string => {
  const key = keys.get(s) ?? `${JSON.stringify(s.value)} ${JSON.stringify(s.context)}`;
  keys.set(s, key);
  return key;
};
const edgeOf = (from: AnyMachineSnapshot, event: string, to: AnyMachineSnapshot) =>
  `${keyOf(from)} ── ${event} ──▶ ${keyOf(to)}`;
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const standing = <C>(s: AnyMachineSnapshot): Standing<C> => ({
  phase: String(s.value),
  context: s.context as C,
});

/**
 * All edges of the specification. Paths lead through each of them, grouped by their last event, and to each
 * state.
 */
const explore = (machine: AnyStateMachine) => {
  // the default names no edge that leads back to its own state: name every one
  const model = createTestModel(machine, {
    serializeTransition: (
      _state: AnyMachineSnapshot,
      event: { type: string } | undefined,
      before?: AnyMachineSnapshot,
    ) => (event === undefined || before === undefined ? '' : ` via ${event.type} from ${keyOf(before)}`),
  });
  const all = new Set<string>();
  // for the count of edges it does not matter how a state was reached
  for (const { state, event, nextState } of createTestModel(machine).getAdjacencyList()) {
    if (event.type !== initEvent)
      all.add(edgeOf(state as AnyMachineSnapshot, event.type, nextState as AnyMachineSnapshot));
  }
  const walked = new Set<string>();
  const states = new Map<string, Steps>();
  const paths = new Map<string, Steps[]>();
  for (const { steps } of model.getShortestPaths()) {
    for (const [i, step] of steps.entries()) {
      const before = steps[i - 1]?.state as AnyMachineSnapshot | undefined;
      const now = step.state as AnyMachineSnapshot;
      if (before !== undefined) walked.add(edgeOf(before, step.event.type, now));
      if (!states.has(keyOf(now))) states.set(keyOf(now), steps.slice(0, i + 1));
    }
    const last = steps.at(-1)?.event.type ?? initEvent;
    paths.set(last, [...(paths.get(last) ?? []), steps]);
  }
  return { all, walked, states, paths };
};

/**
 * Plays one path. It is not `path.test`, which passes over an event without an executor and a state without
 * an assertion.
 */
const run = async <C>(start: Walk<C>['start'], steps: Steps) => {
  vi.clearAllTimers();
  vi.setSystemTime(0);
  const real = start();
  let before: Standing<C> | undefined;
  for (const [i, step] of steps.entries()) {
    const now = standing<C>(step.state as AnyMachineSnapshot);
    const event = before && step.event.type;
    try {
      if (event !== undefined && before !== undefined) await real.play(event, before);
      await settle();
      real.agree(now, event, before);
    } catch (error) {
      const played = steps.slice(1, i + 1).map((s) => s.event.type);
      throw new Error(`${played.join(' ▶ ')}\n${messageOf(error)}`, { cause: error });
    }
    before = now;
  }
  return { real, now: before as Standing<C> };
};

/** The events that the specification does not handle, for each state. */
const refusalsIn = (states: Iterable<Steps>, refused: Refused) =>
  [...states].flatMap((steps) => {
    const end = steps.at(-1)?.state as AnyMachineSnapshot;
    const handled = new Set(end._nodes.flatMap((node) => node.ownEvents as string[]));
    const isAsked = end.status === 'active' && (refused.in?.includes(String(end.value)) ?? true);
    const events = isAsked ? refused.events.filter((e) => !handled.has(e)) : [];
    return events.length > 0 ? [{ steps, events }] : [];
  });
const refuse = async <C>({ real, now }: { real: Performance<C>; now: Standing<C> }, event: string) => {
  await real.play(event, now);
  await settle();
  try {
    real.agree(now, event, now);
  } catch (error) {
    const where = `${now.phase} ${JSON.stringify(now.context)}`;
    throw new Error(`${where} refuses "${event}", yet: ${messageOf(error)}`, { cause: error });
  }
};

export const walk = <C>(name: string, { machine, start, edges, refused }: Walk<C>): void => {
  const { all, walked, states, paths } = explore(machine);
  describe(name, () => {
    onVirtualTime();
    for (const [event, those] of paths) {
      it(`every path that ends with "${event}" (${those.length})`, async () => {
        for (const steps of those) await run(start, steps);
      });
    }
    it('every edge is on a path', () => {
      expect([...all].filter((edge) => !walked.has(edge))).toEqual([]);
      expect(all.size).toBe(edges);
    });
    if (refused === undefined) return;
    const refusals = refusalsIn(states.values(), refused);
    it('refused events change nothing', async () => {
      for (const { steps, events } of refusals) {
        const played = await run(start, steps);
        for (const event of events) await refuse(played, event);
      }
    });
    it('the number of refused events is known', () => {
      expect(refusals.reduce((sum, { events }) => sum + events.length, 0)).toBe(refused.pairs);
    });
  });
};
