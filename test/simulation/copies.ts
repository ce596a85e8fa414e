/** Copies of directories that an operator makes by hand, and the logins that must not happen in them. */
import { isBehind } from '../../machines/domain/counters.ts';
import type { Org } from '../../machines/domain/ports.ts';
import { countCredentials } from '../../src/sessions/counters.ts';
import type { Clock } from './clock.ts';
import type { Watch } from './invariants/watch.ts';

/** The part of the harness that copies need. */
interface World {
  readonly clock: Clock;
  readonly watch: Watch;
  place(org: Org, content: string): void;
  credentialsOf(org: Org): Buffer | undefined;
}
interface Unfinished {
  readonly credentials: string;
  /** Of the clock. When a person sets it meanwhile, the times of the files mean nothing. */
  readonly offset: number;
}

export class Copies {
  readonly #world: World;
  readonly #unfinished = new Map<Org, Unfinished>();
  constructor(world: World) {
    this.#world = world;
  }

  /** The first file of a copy. Others follow, until `finish`. */
  begin(org: Org, credentials: string): void {
    this.#world.place(org, credentials);
    this.#unfinished.set(org, { credentials, offset: this.#world.clock.offset });
  }
  /** Whether the copied credentials are still there: nothing else took their place. */
  isUnfinished(org: Org): boolean {
    const copy = this.#unfinished.get(org);
    return copy !== undefined && this.#world.credentialsOf(org)?.toString('utf8') === copy.credentials;
  }
  finish(org: Org): void {
    this.#unfinished.delete(org);
  }

  /** Whether both directories hold one identity, and something was done with that of `other` since. */
  isOlder(org: Org, other: Org): boolean {
    const [one, another] = [org, other].map((name) => {
      const bytes = this.#world.credentialsOf(name);
      return bytes && countCredentials(bytes);
    });
    if (one?.stored !== 'restorable' || another?.stored !== 'restorable') return false;
    return one.fingerprint === another.fingerprint && isBehind(one.counters, another.counters);
  }

  /** Checks a login that is about to begin. */
  beforeLogin(org: Org): void {
    const { watch, clock } = this.#world;
    if (this.isUnfinished(org) && this.#unfinished.get(org)?.offset === clock.offset)
      watch.broken('whole copies', `${org} logs in while its directory is copied`);
    if (!isOlderCopy(org)) return;
    const newer = [...watch.expectations.keys()].find((other) => this.isOlder(org, other));
    if (newer !== undefined) watch.broken('newest copy', `${org} logs in, and ${newer} is newer`);
  }
}

/** Before the original in the order of the names, in which a choice by name would prefer it. */
export const olderCopyOf = (org: Org): Org => `a-${org}-copy`;
const isOlderCopy = (org: Org): boolean => org.startsWith('a-');
