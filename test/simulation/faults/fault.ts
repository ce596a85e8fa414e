/** A fault: how often it comes, and what it does. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { SimulationHarness } from '../harness.ts';
import type { Rng } from '../rng.ts';

export interface SimulatedFault {
  readonly weight: number;
  /** Does it, and says what it did; undefined when there was nothing to do it to. */
  readonly strike: (harness: SimulationHarness, rng: Rng, org: Org) => string | undefined | Promise<string | undefined>;
}
