/** What is counted of each organization's inbox. Written with each change of it. */
import type { Org } from '../../machines/domain/ports.ts';
import { InState, readAs, within } from './rows.ts';
import type { MessageTable } from './table.ts';

const fresh: InState = {
  seq: 0,
  announced: 0,
  bytes: 0,
  plainN: 0,
  plainBytes: 0,
  hours: [],
  lastAt: null,
};
export class InStates {
  readonly #states = new Map<Org, InState>();
  #bytes = 0;

  constructor(table: MessageTable) {
    for (const [[, org], value] of table.range(within('in'))) {
      const state = readAs(InState, value);
      if (state !== undefined) this.set(String(org), state);
    }
  }
  of(org: Org): InState {
    return this.#states.get(org) ?? fresh;
  }
  orgs(): readonly Org[] {
    return [...this.#states.keys()];
  }
  /** Of all organizations. */
  bytes(): number {
    return this.#bytes;
  }
  /** Only after the state was written. */
  set(org: Org, state: InState): void {
    const before = this.of(org);
    this.#bytes += state.bytes + state.plainBytes - before.bytes - before.plainBytes;
    this.#states.set(org, state);
  }
}
