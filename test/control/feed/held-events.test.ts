/** An event is durable before a client receives it, and the order is one. */
import { expect, it } from 'vitest';
import { createFeed, type UnnumberedEvent } from '../../../src/control/feed/feed.ts';
import type { DomainEvent } from '../../../src/control/port.ts';
import { at } from '../harness.ts';

const removed = (org: string): DomainEvent => ({ type: 'session.removed', org, revision: 9 });
const qr: DomainEvent = {
  type: 'pairing.updated',
  org: 'acme',
  update: { status: 'qr', pairingId: 'pair-1', qr: 'secret', attempt: 1, expiresAt: at },
};
/** Events about `slow` and `slower` wait; the others need no record. */
const open = () => {
  const asked: UnnumberedEvent[] = [];
  const ends = new Map<string, () => void>();
  const released: string[] = [];
  const received: string[] = [];
  const feed = createFeed({
    now: () => at,
    recordFirst: (event) => {
      asked.push(event);
      if (event.orgId !== 'slow' && event.orgId !== 'slower') return undefined;
      return new Promise((resolve) => ends.set(event.orgId ?? '', resolve));
    },
    onRelease: (event) => void released.push(event.type === 'session.removed' ? event.org : event.type),
  });
  feed.onSerialized(({ seq, org }) => received.push(`${seq} ${org}`));
  const recorded = async (org: string) => {
    ends.get(org)?.();
    await new Promise(setImmediate);
  };
  return { feed, asked, released, received, recorded };
};

it('an event that waits for the disk is neither sent, numbered nor replayed, and later ones wait for it', async () => {
  const { feed, received, recorded, released } = open();
  feed.publish(removed('acme'));
  const position = feed.position();
  feed.publish(removed('slow'));
  feed.publish(removed('beta'));
  expect(received).toEqual(['1 acme']);
  expect([feed.position(), feed.after(position, ['sessions']), feed.isHeld()]).toEqual([position, [], true]);
  await recorded('slow');
  expect(received).toEqual(['1 acme', '2 slow', '3 beta']);
  expect(released).toEqual(['acme', 'slow', 'beta']);
  expect(feed.after(position, ['sessions'])?.map(({ org }) => org)).toEqual(['slow', 'beta']);
  expect(feed.isHeld()).toBe(false);
});
it('a later event that is recorded first does not overtake', async () => {
  const { feed, received, recorded } = open();
  feed.publish(removed('slow'));
  feed.publish(removed('slower'));
  await recorded('slower');
  expect(received).toEqual([]);
  await recorded('slow');
  expect(received).toEqual(['1 slow', '2 slower']);
});
it('released() resolves when everything that was published before has been sent', async () => {
  const { feed, recorded, received } = open();
  await feed.released();
  feed.publish(removed('slow'));
  const order: string[] = [];
  const waiting = feed.released().then(() => order.push(...received));
  feed.publish(removed('slower'));
  await recorded('slow');
  await waiting;
  expect(order).toEqual(['1 slow']);
});
it('the recorder gets each event once, with the id that clients get, and never a secret', () => {
  const { feed, asked } = open();
  const ids: string[] = [];
  feed.onEvent(({ id }) => ids.push(id));
  feed.publish(removed('acme'));
  feed.publish(qr);
  expect(asked.map(({ type }) => type)).toEqual(['session.removed']);
  expect(ids[0]).toBe(asked[0]?.id);
  expect(ids).toHaveLength(2);
});
it('server.draining is published once, in its turn', async () => {
  const { feed, received, recorded } = open();
  feed.publish(removed('slow'));
  feed.publish({ type: 'server.draining', deadline: at });
  feed.publish({ type: 'server.draining', deadline: at });
  await recorded('slow');
  expect(received).toEqual(['1 slow', '2 null']);
});
