/**
 * XState refuses some statecharts while they are built. A file of tests that cannot be loaded for it holds no test that could turn red,
 * and a run of mutants would take that for silence: this one loads them in a test, and is played last, so that no mutant is its own.
 */
import { expect, it } from 'vitest';

const machines = {
  session: () => import('../../machines/session/session.machine.ts'),
  gate: () => import('../../machines/gate/gate.machine.ts'),
  supervisor: () => import('../../machines/supervisor/supervisor.machine.ts'),
} as const;

it.each(Object.entries(machines))('the statechart of the %s can be built', async (name, load) => {
  const { [`${name}Machine`]: machine } = (await load()) as Record<string, { readonly id: string }>;
  expect(machine?.id).toBe(name);
});
