/** The moments in the life of a message at which a process is killed. */
import { EventEmitter, once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Relay } from '../../../test/support/whatsapp/relay/relay.ts';
import { attr } from '../../../test/support/whatsapp/stanza.ts';
import type { Organization } from './organization.ts';

/** In the order in which a message meets them; the first four are at its sender. */
export const points = [
  'before the row',
  'after the row',
  'after the write',
  'after the acknowledgement',
  'before the commit',
  'after the commit',
  'after the receipt',
  'at a delivery',
  'after a delivery',
] as const;
export type Point = (typeof points)[number];

const reachedWithinMs = 2_000;

export class Points {
  readonly #events = new EventEmitter();
  readonly #watchers: FSWatcher[] = [];
  /** How often a kill met its point. */
  readonly met = new Map<Point, number>();

  constructor(relay: Relay, organizations: () => readonly Organization[]) {
    relay.watchers.add((direction, { phone }, stanza) => {
      const org = organizations().find((one) => one.phone === phone);
      if (!org) return;
      const isMessage = stanza.tag === 'message';
      if (direction === 'from' && isMessage) {
        this.reach('after the write', org.name);
        setImmediate(() => this.reach('after the acknowledgement', org.name));
      }
      if (direction === 'from' && stanza.tag === 'receipt' && attr(stanza, 'type') !== 'retry')
        this.reach('after the receipt', org.name);
      if (direction === 'to' && isMessage) this.reach('before the commit', org.name);
    });
  }

  /** Follows the journal of an organization: the commit is what makes it grow. */
  watchJournal({ harness, name }: Organization): void {
    const watcher = watch(join(harness.root, '.vigia', 'journal'), () =>
      this.reach('after the commit', name),
    );
    watcher.on('error', () => watcher.close());
    this.#watchers.push(watcher);
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  reach(point: Point, org: string): void {
    this.#events.emit(`${point} ${org}`);
  }

  /** Resolves when the organization is at the point, or after two seconds without it. */
  async at(point: Point, org: Organization): Promise<boolean> {
    const signal = AbortSignal.timeout(reachedWithinMs);
    const isMet = await once(this.#events, `${point} ${org.name}`, { signal }).then(
      () => true,
      () => false,
    );
    if (isMet) this.met.set(point, (this.met.get(point) ?? 0) + 1);
    return isMet;
  }
}
