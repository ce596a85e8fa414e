/** What is counted of each organization's sent messages. In memory, and in the transaction of each change. */
import type { Org } from '../../machines/domain/ports.ts';
import type { TableChange } from '../database/table.ts';
import { OutState, readAs, within } from './rows.ts';
import type { MessageTable } from './table.ts';

const fresh = (): OutState => ({
  n: 0,
  bytes: 0,
  unknown: 0,
  hours: [],
  lastAt: null,
  restriction: null,
  freshStarts: [],
});

export class OutStates {
  readonly #states = new Map<Org, OutState>();
  #bytes = 0;

  constructor(table: MessageTable) {
    for (const [[, org], value] of table.range(within('out'))) {
      const state = readAs(OutState, value);
      if (state !== undefined) this.#set(String(org), state);
    }
  }
  of(org: Org): OutState {
    return this.#states.get(org) ?? fresh();
  }
  orgs(): readonly Org[] {
    return [...this.#states.keys()];
  }
  /** Of all organizations. */
  bytes(): number {
    return this.#bytes;
  }
  /** Changes it at once. The result belongs into the transaction of what is counted. */
  change(org: Org, over: Partial<OutState>): TableChange {
    this.#set(org, { ...this.of(org), ...over });
    return { key: ['out', org], value: this.of(org) };
  }
  /** Adds to counters; what a refused write counted is taken back so. */
  add(org: Org, { bytes = 0, unknown = 0 }: { bytes?: number; unknown?: number }): TableChange {
    const state = this.of(org);
    return this.change(org, {
      bytes: Math.max(0, state.bytes + bytes),
      unknown: Math.max(0, state.unknown + unknown),
    });
  }
  remove(org: Org): void {
    this.#bytes -= this.#states.get(org)?.bytes ?? 0;
    this.#states.delete(org);
  }

  #set(org: Org, state: OutState): void {
    this.#bytes += state.bytes - (this.#states.get(org)?.bytes ?? 0);
    this.#states.set(org, state);
  }
}
