/**
 * The event log: gives every event its number in this process, makes it into a frame once, and hands it to everyone who
 * listens. Who may see it is for the listener to decide.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { PairingUpdate } from '../../../machines/domain/view.ts';
import type { EventFrame } from '../../protocol/envelope.ts';
import { events } from '../../protocol/events.ts';
import type { Position } from '../../protocol/shapes.ts';
import { replayBounds } from '../bounds.ts';
import type { DomainEvent } from '../port.ts';
import { randomEpoch, randomId } from '../random-ids.ts';
import { iso, type PublicEvent, pairingDataOf, publicEventOf } from '../rpc/translate.ts';
import { createRing, type Entry, type RingBounds } from './ring.ts';

export type Listener = (entry: Entry) => void;
export interface Feed {
  publish(event: DomainEvent): void;
  position(): Position;
  /** What followed the position, if all of it is still held. Undefined too for a position of another process, or of the future. */
  after(position: Position): readonly Entry[] | undefined;
  /** A QR or code sent once more, to one latecomer: it carries the current number and takes none of its own. */
  repeat(org: Org, update: PairingUpdate): Entry;
  /** True once `server.draining` was published: it is said only once. */
  announcedDraining(): boolean;
  /** Listeners are called in the tick of `publish` and must not throw. Answers its undo. */
  listen(listener: Listener): () => void;
}

export const createFeed = ({
  now = Date.now,
  epoch = randomEpoch(),
  replay = replayBounds,
}: {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly epoch?: string;
  readonly replay?: RingBounds;
} = {}): Feed => {
  const ring = createRing(replay, now);
  const listeners = new Set<Listener>();
  let seq = 0;
  let draining = false;

  const entryOf = ({ type, id = randomId('evt'), org, data, names }: PublicEvent): Entry => {
    const common = { id, type, timestamp: iso(now()), orgId: org, seq };
    const frameOf = (said: EventFrame['params']['data']): Buffer => {
      const frame: EventFrame = { jsonrpc: '2.0', method: 'event', params: { ...common, data: said } };
      return Buffer.from(JSON.stringify(frame));
    };
    return {
      seq,
      type,
      topic: events[type].topic,
      org,
      frame: frameOf(data),
      ...(names && { names: { org: names.org, without: frameOf(names.without) } }),
    };
  };

  return {
    publish: (event) => {
      const said = publicEventOf(event);
      if (said.type === 'server.draining') {
        if (draining) return;
        draining = true;
      }
      seq += 1;
      const entry = entryOf(said);
      // A QR or a code is a secret and stale at once: it is never remembered.
      if (!(event.type === 'pairing.updated' && (event.update.status === 'qr' || event.update.status === 'code'))) ring.keep(entry);
      for (const listener of listeners) listener(entry);
    },
    position: () => ({ epoch, seq }),
    after: (position) => (position.epoch === epoch && position.seq <= seq ? ring.after(position.seq) : undefined),
    repeat: (org, update) => entryOf({ type: 'pairing.updated', org, data: pairingDataOf(update) }),
    announcedDraining: () => draining,
    listen: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
};
