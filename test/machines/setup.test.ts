/**
 * Every guard, action, delay and actor that a statechart names is implemented, and every one that is
 * implemented is named. TypeScript does not see a misspelt delay, and XState fires it at once.
 */
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { gateMachine } from '../../machines/gate/gate.machine.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((child) => nodesOf(child as AnyStateNode)),
];
/** The name of a word that is written as `'word'` or as `{ type: 'word', params }`; a function has none. */
const nameOf = (word: unknown): string[] => {
  if (typeof word === 'string') return [word];
  const type = typeof word === 'object' && word !== null && 'type' in word ? word.type : undefined;
  return typeof type === 'string' ? [type] : [];
};
const wordsOf = (machine: AnyStateMachine) => {
  const nodes = nodesOf(machine.root);
  const transitions = nodes.flatMap((node) => [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
  ]);
  const actions = [
    ...nodes.flatMap((node) => [...node.entry, ...node.exit]),
    ...transitions.flatMap((t) => [...t.actions]),
  ];
  return {
    guards: transitions.flatMap((t) => nameOf(t.guard)),
    // XState adds the starting and stopping of timers and actors as functions; what we wrote has a name
    actions: actions.flatMap(nameOf).filter((name) => !name.startsWith('xstate.')),
    delays: nodes.flatMap((node) => Object.keys(node.config.after ?? {})),
    actors: nodes.flatMap((node) => node.invoke.flatMap(({ src }) => (typeof src === 'string' ? [src] : []))),
  };
};
const machines = { session: sessionMachine, gate: gateMachine, supervisor: supervisorMachine } as const;

describe.each(Object.entries(machines))('the %s', (name, machine) => {
  const named = wordsOf(machine as unknown as AnyStateMachine);
  for (const kind of ['guards', 'actions', 'delays', 'actors'] as const) {
    it(`all ${kind} that it names are implemented, and all that are implemented are named`, () => {
      const has = Object.keys(machine.implementations[kind]).sort();
      expect([...new Set(named[kind])].sort()).toEqual(has);
      if (!(name === 'gate' && kind === 'actors')) expect(has.length).toBeGreaterThan(0);
    });
  }
});
