/** Every operation that may happen to a fleet from outside, in one table, and the schedule of a run. */
import type { Org } from '../../machines/domain/ports.ts';
import { ofCopies } from './faults/copies.ts';
import { onDisk } from './faults/disk.ts';
import type { SimulatedFault } from './faults/fault.ts';
import { byOperator } from './faults/operator.ts';
import { clockAndProcess } from './faults/process.ts';
import { byWhatsApp } from './faults/whatsapp.ts';
import { rngFor } from './rng.ts';

export const faults: Readonly<Record<string, SimulatedFault>> = {
  ...byWhatsApp,
  ...onDisk,
  ...ofCopies,
  ...clockAndProcess,
  ...byOperator,
};

export interface Operation {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly org: Org;
}

const hourMs = 3_600_000;
/**
 * Faults happen during a storm, and none during the calm after it. The bound of "back in time" fits into the
 * calm, also after a refused version.
 */
export const stormMs = 6 * hourMs;
export const calmMs = 1.5 * hourMs;

export const fleetOf = (size: number): readonly Org[] => Array.from({ length: size }, (_, n) => `org-${n}`);

/** The operations of a run. They are drawn before it begins, so that any of them can be left out. */
export const scheduleOf = (
  seed: number,
  totalMs: number,
  orgs: readonly Org[],
  meanGapMs: number,
): readonly Operation[] => {
  const rng = rngFor(seed, 'schedule');
  const bag = Object.entries(faults).flatMap(([kind, { weight }]) =>
    Array.from({ length: Math.round(weight * 2) }, () => kind),
  );
  const operations: Operation[] = [];
  for (let at = 60_000; at < totalMs; at += rng.untilNext(meanGapMs)) {
    if (at % (stormMs + calmMs) >= stormMs) continue;
    operations.push({ id: operations.length, at: Math.round(at), kind: rng.pick(bag), org: rng.pick(orgs) });
  }
  return operations;
};
