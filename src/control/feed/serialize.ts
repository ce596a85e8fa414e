/**
 * An event as the bytes that sockets send. Each event is serialised once, however many clients receive it.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { EventFrame } from '../../protocol/envelope.ts';
import { type EventTopic, events } from '../../protocol/events.ts';
import type { FeedEvent, Redaction } from './event.ts';

export interface SerializedEvent {
  readonly seq: number;
  readonly topic: EventTopic;
  /** Null for events of the server itself. */
  readonly org: Org | null;
  readonly frame: Buffer;
  /**
   * Present when the frame names the organization `org`: a key that may not see that one gets this frame
   * instead.
   */
  readonly redacted?: { readonly org: Org; readonly frame: Buffer };
}

const frameOf = ({ id, type, timestamp, orgId, seq }: FeedEvent, data: Redaction['data']): Buffer => {
  const frame: EventFrame = {
    jsonrpc: '2.0',
    method: 'event',
    params: { id, type, timestamp, orgId, seq, data },
  };
  return Buffer.from(JSON.stringify(frame));
};

export const serialize = (event: FeedEvent, redaction?: Redaction): SerializedEvent => {
  const { seq, type, orgId, data } = event;
  const serialized = { seq, topic: events[type].topic, org: orgId, frame: frameOf(event, data) };
  if (redaction === undefined) return serialized;
  return { ...serialized, redacted: { org: redaction.org, frame: frameOf(event, redaction.data) } };
};
