/** The invariants of every frame that the server sends, whatever it received. */
import { EventFrame, Failure, Heartbeat, Success } from '../../../src/protocol/envelope.ts';
import { errors } from '../../../src/protocol/errors.ts';
import { events } from '../../../src/protocol/events.ts';

/** Text in all data of organizations that the limited key may not see. */
export const foreignMark = 'NOT-FOR-YOU';
const foreign = new Set(['beta', 'gone', foreignMark]);
const fail = (why: string, text: string) => {
  throw new Error(`${why}: ${text.slice(0, 500)}`);
};

/**
 * Throws when a frame has no known shape, hides a fault of ours, or shows a key for `acme` another
 * organization.
 */
export const checkFrame = (text: string): void => {
  const frame = JSON.parse(text) as Record<string, unknown>;
  if (text.includes(foreignMark)) fail('a frame with data of another organization', text);
  if (frame['method'] === 'event') {
    const { type, orgId, data } = EventFrame.parse(frame).params;
    events[type].data.parse(data);
    if (orgId !== null && foreign.has(orgId)) fail('an event of another organization', text);
  } else if (frame['method'] === 'heartbeat') Heartbeat.parse(frame);
  else if ('error' in frame) {
    const { error } = Failure.parse(frame);
    const { code, retryable } = errors[error.data.reason];
    if (error.code !== code || error.data.retryable !== retryable)
      fail('an error that differs from its table', text);
    if (error.data.reason === 'internal_error') fail('a fault of ours', text);
    if (text.length > 12_000) fail('a small request caused a large answer', text);
  } else Success.parse(frame);
};
