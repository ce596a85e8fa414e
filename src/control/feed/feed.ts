/**
 * The event feed. It numbers each event in this process, gives it to consumers as a value, and to sockets as
 * a frame that is serialised once. The feed checks no permissions: each socket decides what its key may see.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { PairingUpdate } from '../../../machines/domain/view.ts';
import { Fifo } from '../../base/fifo.ts';
import type { Topic } from '../../protocol/scopes.ts';
import type { Position } from '../../protocol/shapes.ts';
import { messageReplayBounds, replayBounds } from '../bounds.ts';
import type { DomainEvent } from '../port.ts';
import { randomEpoch, randomId } from '../random-ids.ts';
import { iso, pairingDataOf } from '../rpc/translate.ts';
import { type EventPayload, type FeedEvent, isSecret, payloadOf, redactionOf } from './event.ts';
import type { ReplayBounds } from './replay-buffer.ts';
import { createReplayLanes } from './replay-lanes.ts';
import { type SerializedEvent, serialize } from './serialize.ts';

/** An event on its way to the clients: it gets its number when they receive it. */
export type UnnumberedEvent = EventPayload & Pick<FeedEvent, 'id' | 'timestamp'>;

export interface Feed {
  /**
   * Clients receive the events in the order of the calls, each once `recordFirst` has resolved for it and for
   * all before it. `server.draining` is published only once; further ones are dropped.
   */
  publish(event: DomainEvent): void;
  /** Resolves when clients have received every event that was published before. */
  released(): Promise<void>;
  /** Whether an event waits for `recordFirst`. */
  isHeld(): boolean;
  position(): Position;
  /**
   * The events of these topics that followed the position. Undefined when one was evicted, or when the
   * position is of another process or of the future.
   */
  after(position: Position, topics: readonly Topic[]): readonly SerializedEvent[] | undefined;
  /** Removes the messages of an organization from what can be replayed. */
  forgetMessages(org: Org): void;
  /**
   * A current QR or code for a client that subscribes late. It carries the current number and takes none of
   * its own.
   */
  repeat(org: Org, update: PairingUpdate): SerializedEvent;
  /** Listeners must not throw. Returns unsubscribe. */
  onEvent(listener: (event: FeedEvent) => void): () => void;
  /** For sockets. `wants`: whether the socket has asked for the topic. Returns unsubscribe. */
  onSerialized(listener: (event: SerializedEvent) => void, wants?: Wants): () => void;
  /** Whether a socket has asked for the topic of this organization. */
  isWanted: Wants;
}
type Wants = (topic: Topic, org: Org) => boolean;

const setOf = <T>() => {
  const all = new Set<T>();
  return {
    all,
    add: (one: T) => {
      all.add(one);
      return () => void all.delete(one);
    },
    some: (is: (one: T) => boolean): boolean => [...all].some(is),
  };
};

interface HeldEvent {
  readonly event: DomainEvent;
  readonly value: UnnumberedEvent;
  isHeld: boolean;
  readonly onReleased: (() => void)[];
}

export const createFeed = ({
  now = Date.now,
  epoch = randomEpoch(),
  replay = replayBounds,
  messageReplay = messageReplayBounds,
  recordFirst = () => undefined,
  onRelease = () => {},
}: {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly epoch?: string;
  readonly replay?: ReplayBounds;
  /** Messages have a buffer of their own: they never evict the events of sessions. */
  readonly messageReplay?: ReplayBounds;
  /**
   * Makes an event durable. Undefined: there is nothing to wait for. It must not reject, and must resolve in
   * bounded time.
   */
  readonly recordFirst?: (event: UnnumberedEvent) => Promise<void> | undefined;
  /** Called just before clients receive an event. */
  readonly onRelease?: (event: DomainEvent) => void;
} = {}): Feed => {
  const lanes = createReplayLanes({ messages: messageReplay, others: replay }, now);
  const values = setOf<(event: FeedEvent) => void>();
  const sockets = setOf<{ readonly deliver: (event: SerializedEvent) => void; readonly wants: Wants }>();
  let seq = 0;
  let isDraining = false;

  const queue = new Fifo<HeldEvent>();

  const unnumbered = (payload: EventPayload, id = randomId('evt'), at = now()): UnnumberedEvent => ({
    ...payload,
    id,
    timestamp: iso(at),
  });
  const release = ({ event, value: payload, onReleased }: HeldEvent): void => {
    seq += 1;
    onRelease(event);
    const value: FeedEvent = { ...payload, seq };
    const serialized = serialize(value, redactionOf(event));
    if (!isSecret(value)) lanes.push(serialized);
    for (const listener of values.all) listener(value);
    for (const { deliver } of sockets.all) deliver(serialized);
    for (const resolve of onReleased) resolve();
  };
  const releaseReady = (): void => {
    for (let first = queue.first(); first !== undefined && !first.isHeld; first = queue.first()) {
      queue.shift();
      release(first);
    }
  };

  return {
    publish: (event) => {
      if (event.type === 'server.draining') {
        if (isDraining) return;
        isDraining = true;
      }
      const id = 'id' in event ? event.id : undefined;
      const value = unnumbered(payloadOf(event), id, 'at' in event ? event.at : undefined);
      const recorded = isSecret(value) ? undefined : recordFirst(value);
      const held: HeldEvent = { event, value, isHeld: recorded !== undefined, onReleased: [] };
      queue.push(held);
      void recorded?.then(() => {
        held.isHeld = false;
        releaseReady();
      });
      releaseReady();
    },
    isHeld: () => queue.length > 0,
    released: async () => {
      const last = queue.last();
      if (last) await new Promise<void>((resolve) => void last.onReleased.push(resolve));
    },
    position: () => ({ epoch, seq }),
    after: (position, topics) =>
      position.epoch === epoch && position.seq <= seq ? lanes.after(position.seq, topics) : undefined,
    forgetMessages: lanes.forgetMessages,
    repeat: (org, update) =>
      serialize({ ...unnumbered({ type: 'pairing.updated', orgId: org, data: pairingDataOf(update) }), seq }),
    onEvent: values.add,
    onSerialized: (deliver, wants = () => false) => sockets.add({ deliver, wants }),
    isWanted: (topic, org) => sockets.some(({ wants }) => wants(topic, org)),
  };
};
