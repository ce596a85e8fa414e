import { describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../src/messages/policy.ts';
import { acceptedIn, advance, arrivedOf, onVirtualTime, orderOf, type World, worldOf } from './harness.ts';

onVirtualTime();
const minute = 60_000;
type Room = Awaited<ReturnType<World['open']>>;
const acknowledge = (world: World, room: Room) => {
  world.sender!.onWritten = (whatsappId) =>
    void room.door.updated('acme', { whatsappId, state: 'sent', at: 1 });
};
/** Contacts that wrote before, so that they are not new. */
const friends = (count: number) => Array.from({ length: count }, (_, n) => `3460011${1_000 + n}`);
const befriend = (room: Room, phones: readonly string[]) =>
  room.door.take(
    'acme',
    phones.map((phone, n) => arrivedOf(`F${n}`, 'hello', `${phone}@s.whatsapp.net`)),
  );
const day = { expiresInMs: 86_400_000 };

describe('the queue', () => {
  it('sends five at once and twenty a minute, in order', async () => {
    const world = worldOf();
    const room = await world.open();
    acknowledge(world, room);
    const phones = friends(30);
    await befriend(room, phones);
    for (const [n, to] of phones.entries()) await room.api.send(orderOf(`k${n}`, { to, ...day }));
    await advance(10);
    expect(world.sender?.written).toHaveLength(5);
    await advance(minute);
    expect(world.sender?.written).toHaveLength(25);
    await advance(minute);
    expect(world.sender?.written.map(({ jid }) => jid)).toEqual(phones.map((to) => `${to}@s.whatsapp.net`));
  });
  it('has one timer for an organization, however long it is', async () => {
    const world = worldOf();
    world.sender = undefined;
    const room = await world.open();
    const timers = vi.getTimerCount();
    for (let n = 0; n < 300; n += 1)
      await room.api.send(orderOf(`k${n}`, { to: `1555000${1_000 + n}`, ...day }));
    expect(vi.getTimerCount()).toBeLessThanOrEqual(timers + 1);
  });
  it('refuses more than its bound, and names when there is room', async () => {
    const world = worldOf();
    world.sender = undefined;
    const room = await world.open({ policy: { ...defaultPolicy, queued: 3, queuedOfAll: 5 } });
    for (let n = 0; n < 3; n += 1) expect(await room.api.send(orderOf(`k${n}`))).toHaveProperty('replayed');
    expect(await room.api.send(orderOf('k3'))).toMatchObject({
      refused: 'queue_full',
      retryAfterMs: expect.any(Number),
    });
    for (let n = 0; n < 2; n += 1)
      expect(await room.api.send(orderOf(`k${n}`, { org: 'beta' }))).toHaveProperty('replayed');
    expect(await room.api.send(orderOf('k2', { org: 'beta' }))).toMatchObject({ refused: 'queue_full' });
    expect(await room.api.send(orderOf('k0'))).toMatchObject({ replayed: true });
  });
  it('accepts no more than its bound also when the calls come at once', async () => {
    const world = worldOf();
    world.sender = undefined;
    const room = await world.open({ policy: { ...defaultPolicy, queued: 3 } });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => room.api.send(orderOf(`k${n}`))));
    expect(answers.filter((one) => 'replayed' in one)).toHaveLength(3);
  });
  it('refuses content beyond its quota of bytes', async () => {
    const world = worldOf();
    world.sender = undefined;
    const room = await world.open({ policy: { ...defaultPolicy, bytes: 1_000 } });
    const content = { body: 'x'.repeat(600) };
    for (const key of ['a', 'b'])
      expect(await room.api.send(orderOf(key, { content }))).toHaveProperty('replayed');
    expect(await room.api.send(orderOf('c', { content }))).toMatchObject({ refused: 'queue_full' });
  });
  it('gives a recipient one message at a time: the next when WhatsApp has the one before', async () => {
    const world = worldOf();
    const room = await world.open();
    await befriend(room, ['34600111222']);
    const answer = await room.api.send(orderOf('a', day));
    await room.api.send(orderOf('b', day));
    await advance(20_000);
    expect(world.sender?.written).toHaveLength(1);
    const { whatsappId } = acceptedIn(answer);
    await room.door.updated('acme', { whatsappId, state: 'sent', at: 1 });
    await advance(10);
    expect(world.sender?.written).toHaveLength(2);
  });
  it('writes to one new contact a minute, also after restarts', async () => {
    const world = worldOf();
    let room = await world.open();
    acknowledge(world, room);
    for (let n = 0; n < 5; n += 1) await room.api.send(orderOf(`k${n}`, { to: `155500011${n}`, ...day }));
    await advance(10);
    expect(world.sender?.written).toHaveLength(1);
    await advance(minute);
    expect(world.sender?.written).toHaveLength(2);
    room = await world.open({ policy: { ...defaultPolicy, pace: { ...defaultPolicy.pace, newPerDay: 3 } } });
    await advance(10 * minute);
    expect(world.sender?.written).toHaveLength(3);
  });
  it('counts a contact that wrote as known at once', async () => {
    const world = worldOf();
    const room = await world.open();
    acknowledge(world, room);
    for (const n of [1, 2]) await room.api.send(orderOf(`k${n}`, { to: `155500011${n}`, ...day }));
    await advance(10);
    expect(world.sender?.written).toHaveLength(1);
    await room.door.take('acme', [arrivedOf('A', 'hello', '1555000112@s.whatsapp.net')]);
    await advance(10);
    expect(world.sender?.written).toHaveLength(2);
  });
});

describe('a restriction', () => {
  it('refuses contacts that did not answer, and goes on with those that did, until it ends', async () => {
    const world = worldOf();
    const room = await world.open();
    acknowledge(world, room);
    await befriend(room, ['34600111222']);
    await room.api.send(orderOf('first', { to: '1555000110', ...day }));
    await room.api.send(orderOf('queued', { to: '1555000111', ...day }));
    await advance(10);
    const until = 1_800_000_000_000 + 3_600_000;
    room.door.restricted('acme', { until });
    await advance(minute);
    expect(room.api.counts('acme').restriction).toMatchObject({ until: new Date(until).toISOString() });
    for (const to of ['1555000110', '1555000119'])
      expect(await room.api.send(orderOf(`to ${to}`, { to }))).toMatchObject({
        refused: 'restricted',
        until,
      });
    const failed = room.api.list('acme', { state: 'failed', limit: 9 }).items;
    expect(failed).toMatchObject([{ to: '1555000111', error: { reason: 'restricted' } }]);
    expect(await room.api.send(orderOf('friend'))).toHaveProperty('replayed');
    await advance(10);
    expect(world.sender?.written.map(({ jid }) => jid)).toContain('34600111222@s.whatsapp.net');
    expect((await world.open()).api.counts('acme').restriction).not.toBeNull();
    await advance(3_600_000);
    expect(room.api.counts('acme').restriction).toBeNull();
  });
});

describe('the list', () => {
  it('is newest first, a page at a time, by state, and without content', async () => {
    const world = worldOf();
    world.sender = undefined;
    const room = await world.open();
    for (let n = 0; n < 5; n += 1) await room.api.send(orderOf(`k${n}`));
    const first = room.api.list('acme', { limit: 2 });
    const second = room.api.list('acme', { limit: 2, before: first.next ?? '' });
    const third = room.api.list('acme', { limit: 2, before: second.next ?? '' });
    const all = [first, second, third].flatMap(({ items }) => items);
    expect(new Set(all.map(({ id }) => id)).size).toBe(5);
    expect(third.next).toBeNull();
    await room.api.cancel('acme', all[1]?.id ?? '');
    expect(room.api.list('acme', { limit: 9, state: 'failed' }).items).toHaveLength(1);
    expect(room.api.list('acme', { limit: 9, state: 'queued' })).toMatchObject({
      items: { length: 4 },
      next: null,
    });
    expect(JSON.stringify(all)).not.toContain('text of');
    expect(room.api.list('acme', { limit: 9, before: 'nonsense' }).items).toEqual([]);
  });
});
