/**
 * The event feed. It numbers each event in this process, gives it to consumers as a value, and to sockets as
 * a frame that is serialised once. The feed checks no permissions: each socket decides what its key may see.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { PairingUpdate } from '../../../machines/domain/view.ts';
import type { Position } from '../../protocol/shapes.ts';
import { replayBounds } from '../bounds.ts';
import type { DomainEvent } from '../port.ts';
import { randomEpoch, randomId } from '../random-ids.ts';
import { iso, pairingDataOf } from '../rpc/translate.ts';
import { type EventPayload, type FeedEvent, isSecret, payloadOf, redactionOf } from './event.ts';
import { createReplayBuffer, type ReplayBounds } from './replay-buffer.ts';
import { type SerializedEvent, serialize } from './serialize.ts';

/** Listeners are called in the tick of `publish` and must not throw. */
export interface Feed {
  /** `server.draining` is published only once; further ones are dropped. */
  publish(event: DomainEvent): void;
  position(): Position;
  /**
   * The events that followed the position. Undefined when one was evicted, or when the position is of another
   * process or of the future.
   */
  after(position: Position): readonly SerializedEvent[] | undefined;
  /**
   * A current QR or code for a client that subscribes late. It carries the current number and takes none of
   * its own.
   */
  repeat(org: Org, update: PairingUpdate): SerializedEvent;
  /** Returns unsubscribe. */
  onEvent(listener: (event: FeedEvent) => void): () => void;
  /** For sockets. Returns unsubscribe. */
  onSerialized(listener: (event: SerializedEvent) => void): () => void;
}

const listenersOf = <T>() => {
  const listeners = new Set<(value: T) => void>();
  return {
    emit: (value: T) => {
      for (const listener of listeners) listener(value);
    },
    add: (listener: (value: T) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

export const createFeed = ({
  now = Date.now,
  epoch = randomEpoch(),
  replay = replayBounds,
}: {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly epoch?: string;
  readonly replay?: ReplayBounds;
} = {}): Feed => {
  const buffer = createReplayBuffer(replay, now);
  const values = listenersOf<FeedEvent>();
  const sockets = listenersOf<SerializedEvent>();
  let seq = 0;
  let isDraining = false;

  const numbered = (payload: EventPayload, id = randomId('evt')): FeedEvent => ({
    ...payload,
    id,
    timestamp: iso(now()),
    seq,
  });

  return {
    publish: (event) => {
      if (event.type === 'server.draining') {
        if (isDraining) return;
        isDraining = true;
      }
      seq += 1;
      const value = numbered(payloadOf(event), 'id' in event ? event.id : undefined);
      const serialized = serialize(value, redactionOf(event));
      if (!isSecret(value)) buffer.push(serialized);
      values.emit(value);
      sockets.emit(serialized);
    },
    position: () => ({ epoch, seq }),
    after: (position) =>
      position.epoch === epoch && position.seq <= seq ? buffer.after(position.seq) : undefined,
    repeat: (org, update) =>
      serialize(numbered({ type: 'pairing.updated', orgId: org, data: pairingDataOf(update) })),
    onEvent: values.add,
    onSerialized: sockets.add,
  };
};
