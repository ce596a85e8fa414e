/** What can be replayed, in two buffers: messages never evict the events of sessions. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Topic } from '../../protocol/scopes.ts';
import { createReplayBuffer, type ReplayBounds } from './replay-buffer.ts';
import type { SerializedEvent } from './serialize.ts';

export interface ReplayLanes {
  push(event: SerializedEvent): void;
  /** The events of these topics that followed the number, in order. Undefined when one was evicted. */
  after(seq: number, topics: readonly Topic[]): readonly SerializedEvent[] | undefined;
  /** Removes the messages of an organization: positions before them can no longer be resumed. */
  forgetMessages(org: Org): void;
}
export const createReplayLanes = (
  bounds: { readonly messages: ReplayBounds; readonly others: ReplayBounds },
  now: () => number,
): ReplayLanes => {
  const messages = createReplayBuffer(bounds.messages, now);
  const others = createReplayBuffer(bounds.others, now);
  return {
    push: (event) => (event.topic === 'messages' ? messages : others).push(event),
    after: (seq, topics) => {
      const kept = others.after(seq);
      if (kept === undefined || !topics.includes('messages')) return kept;
      const keptMessages = messages.after(seq);
      return keptMessages && [...kept, ...keptMessages].sort((a, b) => a.seq - b.seq);
    },
    forgetMessages: messages.evictOrg,
  };
};
