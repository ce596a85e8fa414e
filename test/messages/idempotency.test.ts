import { expect, it } from 'vitest';
import { createIds } from '../../src/messages/secret.ts';
import { advance, onVirtualTime, orderOf, worldOf } from './harness.ts';

onVirtualTime();
const accepted = (answer: object) => {
  expect(answer).not.toHaveProperty('refused');
  return answer as { message: { id: string; whatsappId: string; state: string }; replayed: boolean };
};

it('the id is derived from organization, principal and key, in the form of the client library', () => {
  const idOf = createIds(Buffer.alloc(32, 1));
  expect(idOf('acme', 'backend', 'k')).toMatch(/^3EB0[0-9A-F]{18}$/);
  const others = [idOf('acm', 'ebackend', 'k'), idOf('acme', 'other', 'k'), idOf('acme', 'backend', 'l')];
  expect(new Set([idOf('acme', 'backend', 'k'), ...others]).size).toBe(4);
  expect(createIds(Buffer.alloc(32, 2))('acme', 'backend', 'k')).not.toBe(idOf('acme', 'backend', 'k'));
});
it('the same key has the same id again after the database was lost', async () => {
  const [first, second] = [worldOf(), worldOf()];
  const a = accepted(await (await first.open()).api.send(orderOf('k')));
  const b = accepted(await (await second.open()).api.send(orderOf('k')));
  expect(b.message.whatsappId).toBe(a.message.whatsappId);
});
it('a hundred calls with one key at once are one message and one write to the socket', async () => {
  const world = worldOf();
  const { api } = await world.open();
  const answers = await Promise.all(Array.from({ length: 100 }, () => api.send(orderOf('k'))));
  expect(new Set(answers.map((one) => accepted(one).message.id)).size).toBe(1);
  expect(answers.filter((one) => !accepted(one).replayed)).toHaveLength(1);
  await advance(60_000);
  expect(world.sender?.written).toHaveLength(1);
});
it('the same key with the same parameters is replayed, also after a restart', async () => {
  const world = worldOf();
  const before = accepted(await (await world.open()).api.send(orderOf('k')));
  await advance(10);
  const room = await world.open();
  const after = accepted(
    await room.api.send(orderOf('k', { waitFor: 'accepted', content: { body: 'text of k' } })),
  );
  expect(after.replayed).toBe(true);
  expect(after.message.id).toBe(before.message.id);
});
it('the same key with other parameters is a conflict, and nothing more is sent', async () => {
  const world = worldOf();
  const { api } = await world.open();
  await api.send(orderOf('k'));
  for (const over of [
    { content: { body: 'another' } },
    { to: '34600111223' },
    { type: 'location' as const },
    { priority: 'high' as const },
    { expiresInMs: 5_000 },
    { mentions: ['34600111222'] },
  ])
    expect(await api.send(orderOf('k', over))).toMatchObject({ refused: 'idempotency_conflict' });
  await advance(1_000);
  expect(world.sender?.written).toHaveLength(1);
});
it('the order of names in the content does not make another message', async () => {
  const { api } = await worldOf().open();
  const location = { type: 'location' as const };
  await api.send(orderOf('k', { ...location, content: { latitude: 1, longitude: 2 } }));
  const again = await api.send(orderOf('k', { ...location, content: { longitude: 2, latitude: 1 } }));
  expect(accepted(again).replayed).toBe(true);
});
it('another principal or organization with the same key sends another message', async () => {
  const { api } = await worldOf().open();
  const ids = [];
  for (const over of [{}, { principal: 'other' }, { org: 'beta' }])
    ids.push(accepted(await api.send(orderOf('k', over))).message.id);
  expect(new Set(ids).size).toBe(3);
});
it('a copy of the directory knows the keys of before, and derives new ids', async () => {
  const world = worldOf();
  const first = accepted(await (await world.open()).api.send(orderOf('k')));
  world.secret = Buffer.alloc(32, 9);
  const { api } = await world.open();
  const again = accepted(await api.send(orderOf('k')));
  expect(again.replayed).toBe(true);
  expect(again.message.id).toBe(first.message.id);
});
it('a full disk refuses the message, and the same key is accepted afterwards', async () => {
  const world = worldOf();
  const { api } = await world.open();
  world.isFull = true;
  expect(await api.send(orderOf('k'))).toMatchObject({ refused: 'unavailable' });
  await advance(60_000);
  expect(world.sender?.written).toEqual([]);
  world.isFull = false;
  expect(accepted(await api.send(orderOf('k'))).replayed).toBe(false);
  await advance(1_000);
  expect(world.sender?.written).toHaveLength(1);
});
it('a database in memory refuses to send', async () => {
  const world = worldOf();
  world.isDurable = false;
  const { api } = await world.open();
  expect(await api.send(orderOf('k'))).toMatchObject({ refused: 'unavailable' });
});
