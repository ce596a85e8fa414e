/**
 * The health of the endpoints: whether one is failing, and whether it answered 410, which holds until its
 * address changes.
 */
import { createHash } from 'node:crypto';
import type { WriteLog } from '../base/log.ts';
import type { Table } from '../database/table.ts';
import type { Outcome } from './http-post.ts';
import type { Endpoint } from './message.ts';

export interface EndpointHealthDeps {
  readonly table: Table;
  readonly endpoints: readonly Endpoint[];
  /** Called when an endpoint begins to fail, and when it takes a message again. */
  readonly onHealth: (endpoint: string, isWell: boolean) => void;
  readonly log: WriteLog;
}

/** An address may hold a secret, so a hash of it is stored: row `['gone', name]`. */
const fingerprint = (url: string) => createHash('sha256').update(url).digest('hex').slice(0, 16);
const goneKey = (name: string) => ['gone', name] as const;

export class EndpointHealth {
  readonly #deps: EndpointHealthDeps;
  readonly #failing = new Set<string>();
  /** Endpoints that answered 410 at their present address. */
  readonly #gone: Set<string>;

  constructor(deps: EndpointHealthDeps) {
    this.#deps = deps;
    const gone = deps.endpoints.filter(({ name, url }) => deps.table.get(goneKey(name)) === fingerprint(url));
    this.#gone = new Set(gone.map(({ name }) => name));
    for (const name of this.#gone) deps.onHealth(name, false);
  }

  /** The endpoints that messages are sent to. */
  open(): readonly Endpoint[] {
    return this.#deps.endpoints.filter(({ name }) => !this.#gone.has(name));
  }
  isOpen(name: string): boolean {
    return !this.#gone.has(name);
  }
  /** After each attempt. */
  note(name: string, { kind }: Outcome): void {
    const isWell = kind === 'delivered';
    if (this.#failing.has(name) !== isWell) return;
    if (isWell) this.#failing.delete(name);
    else this.#failing.add(name);
    this.#deps.onHealth(name, isWell);
  }
  /** It answered 410. */
  leave({ name, url }: Endpoint): void {
    this.#gone.add(name);
    this.#write(name, fingerprint(url));
    this.#deps.log('delivery.gone', { endpoint: name });
  }
  /** It took a message after all. True when it had answered 410 before. */
  reopen(name: string): boolean {
    if (!this.#gone.delete(name)) return false;
    this.#write(name, undefined);
    return true;
  }

  #write(name: string, value: string | undefined): void {
    const key = goneKey(name);
    this.#deps.table
      .write([value === undefined ? { key } : { key, value }])
      .catch((err: unknown) => this.#deps.log('delivery.endpoint_not_recorded', { err }));
  }
}
