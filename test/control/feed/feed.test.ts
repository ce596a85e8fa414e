import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../../src/control/feed/event.ts';
import { createFeed } from '../../../src/control/feed/feed.ts';
import type { SerializedEvent } from '../../../src/control/feed/serialize.ts';
import type { DomainEvent } from '../../../src/control/port.ts';
import { at, viewOf } from '../views.ts';

const open = () => {
  const feed = createFeed({ now: () => at });
  const values: FeedEvent[] = [];
  const serialized: SerializedEvent[] = [];
  feed.onEvent((event) => values.push(event));
  feed.onSerialized((event) => serialized.push(event));
  return { feed, values, serialized };
};
const updated = (duplicateOf: string | null): DomainEvent => ({
  type: 'session.updated',
  org: 'acme',
  view: viewOf('acme', { duplicateOf }),
  previousState: 'connected',
  cause: 'connection.closed',
  durable: true,
});
const paramsOf = (frame: Buffer | undefined) => JSON.parse(String(frame)).params;

describe('the feed', () => {
  it('gives consumers the same value that sockets receive in the frame', () => {
    const { feed, values, serialized } = open();
    feed.publish(updated(null));
    expect(values).toEqual([paramsOf(serialized[0]?.frame)]);
  });
  it('numbers the value and the frame alike', () => {
    const { feed, values, serialized } = open();
    feed.publish(updated(null));
    feed.publish({ type: 'session.removed', org: 'acme', revision: 9 });
    expect(values.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(serialized.map(({ seq }) => seq)).toEqual([1, 2]);
  });
  it('serialises a second frame without the name of another organization', () => {
    const { feed, values, serialized } = open();
    feed.publish(updated('beta'));
    expect(serialized[0]?.redacted?.org).toBe('beta');
    expect(paramsOf(serialized[0]?.redacted?.frame).data.session.duplicateOf).toBeNull();
    expect(values[0]).toMatchObject({ data: { session: { duplicateOf: 'beta' } } });
  });
  it('keeps the id of an alert, which is published again after a crash', () => {
    const { feed, values } = open();
    const alert = { orgId: null } as Extract<DomainEvent, { type: 'alert.firing' }>['alert'];
    feed.publish({ type: 'alert.firing', id: 'evt_of_the_alert', alert });
    expect(values[0]?.id).toBe('evt_of_the_alert');
  });
  it('publishes the draining of the server once', () => {
    const { feed, values } = open();
    feed.publish({ type: 'server.draining', deadline: at });
    feed.publish({ type: 'server.draining', deadline: at + 1 });
    expect(values.length).toBe(1);
  });
  it('calls no listener after it unsubscribed', () => {
    const { feed, values } = open();
    const late: string[] = [];
    const unsubscribe = feed.onEvent(({ type }) => late.push(type));
    unsubscribe();
    feed.publish(updated(null));
    expect(values.length).toBe(1);
    expect(late).toEqual([]);
  });
});
