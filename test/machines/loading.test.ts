/**
 * XState refuses some statecharts while they are built. A test file that cannot be loaded contains no failing
 * test, and a run of mutants would take that for success. So this file loads the machines in a test. It runs
 * last, so that no other test misses a mutant.
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
