/** What must hold of every frame that goes out, whatever came in. */
import { EventFrame, Failure, Heartbeat, Success } from '../../../src/protocol/envelope.ts';
import { errors } from '../../../src/protocol/errors.ts';
import { events } from '../../../src/protocol/events.ts';

/** In all that belongs to organizations which the limited key may not see. */
export const foreignMark = 'NOT-FOR-YOU';
const shared = new Set(['beta', 'gone', foreignMark]);
const fail = (why: string, text: string) => {
  throw new Error(`${why}: ${text.slice(0, 500)}`);
};

/** Throws when a frame is of no known shape, hides a fault of ours, or tells a limited key (of `acme`) of somebody else. */
export const judge = (text: string): void => {
  const frame = JSON.parse(text) as Record<string, unknown>;
  if (text.includes(foreignMark)) fail('somebody else was told of', text);
  if (frame['method'] === 'event') {
    const { type, orgId, data } = EventFrame.parse(frame).params;
    events[type].data.parse(data);
    if (orgId !== null && shared.has(orgId)) fail('an event of somebody else', text);
  } else if (frame['method'] === 'heartbeat') Heartbeat.parse(frame);
  else if ('error' in frame) {
    const { error } = Failure.parse(frame);
    const { code, retryable } = errors[error.data.reason];
    if (error.code !== code || error.data.retryable !== retryable) fail('an error that is not as its table has it', text);
    if (error.data.reason === 'internal_error') fail('a fault of ours', text);
    if (text.length > 12_000) fail('a small request made a large answer', text);
  } else Success.parse(frame);
};
