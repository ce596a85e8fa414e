/** An operation from outside: how often it happens, and what it does. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Harness } from '../harness.ts';
import type { Rng } from '../rng.ts';

export interface SimulatedFault {
  readonly weight: number;
  /** Applies it. Returns a line for the trace; undefined when it could not be applied. */
  readonly apply: (harness: Harness, rng: Rng, org: Org) => string | undefined | Promise<string | undefined>;
}
