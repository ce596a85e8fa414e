/** The process ends at every write of a story, and the next one goes on with what was durable. */
import { expect, it } from 'vitest';
import { FakeSender } from './fake-sender.ts';
import { acceptedIn, advance, arrivedOf, onVirtualTime, orderOf, type World, worldOf } from './harness.ts';

onVirtualTime();
type Room = Awaited<ReturnType<World['open']>>;
const keys = ['a', 'b', 'c'] as const;
const toOf = (key: string) => (key === 'c' ? '1@g.us' : `3460011122${key === 'a' ? 1 : 2}`);
const orderFor = (key: string) => orderOf(key, { to: toOf(key), expiresInMs: 600_000 });
const acknowledging = (sender: FakeSender, room: () => Room) => {
  sender.onWritten = (whatsappId) =>
    void room()
      .door.updated('acme', { whatsappId, state: 'sent', at: 1 })
      .catch(() => undefined);
};
/** Runs until the process ends at the nth write, and then another one to the end. */
const play = async (nth: number) => {
  const world = worldOf();
  world.writesLeft = nth;
  const answered = new Map<string, string>();
  let room = await world.open();
  const first = world.sender as FakeSender;
  acknowledging(first, () => room);
  for (const key of keys)
    void room.api.send(orderFor(key)).then((answer) => {
      answered.set(key, acceptedIn(answer).whatsappId);
    });
  const messages = [arrivedOf('A', 'one'), arrivedOf('B', 'two')];
  let isTaken = false;
  void room.door.take('acme', messages).then(() => {
    isTaken = true;
  });
  await advance(90_000);
  const wasEnough = world.writesLeft > 0;
  const second = new FakeSender();
  world.sender = second;
  world.writesLeft = Number.POSITIVE_INFINITY;
  room = await world.open();
  acknowledging(second, () => room);
  await room.door.take('acme', messages); // the journal hands them over again
  await advance(400_000);
  return { world, room, answered, isTaken, first, second, wasEnough };
};

it('loses no accepted message, sends none twice by itself, and takes each message once', async () => {
  let isDone = false;
  for (let nth = 0; !isDone; nth += 1) {
    const { world, room, answered, isTaken, first, second, wasEnough } = await play(nth);
    isDone = wasEnough;
    const written = [...first.written, ...second.written].map(({ whatsappId }) => whatsappId);
    expect(new Set(written).size, `written twice after ${nth} writes`).toBe(written.length);
    for (const [key, waId] of answered) {
      const state = room.api.get('acme', `msg_${waId}`)?.state;
      expect(['sent', 'unknown'], `${key} after ${nth} writes`).toContain(state);
      if (state === 'sent') expect(written).toContain(waId);
      if (!written.includes(waId)) expect(state).toBe('unknown');
    }
    const { items, last } = room.api.inbox('acme', { after: 0, limit: 9 });
    expect(items.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(last).toBe(2);
    expect(world.types().filter((type) => type === 'message.received')).toHaveLength(2);
    if (nth === 0) expect([answered.size, isTaken]).toEqual([0, false]);
    const ends = [...world.events.values()].filter(({ ref }) => ref.type === 'message.updated');
    expect(ends.length).toBeGreaterThanOrEqual(answered.size);
  }
});
it('a message that was being sent is unknown after the restart, and is not sent again', async () => {
  const world = worldOf();
  const first = world.sender as FakeSender;
  const before = await world.open();
  const answer = await before.api.send(orderOf('k'));
  await advance(10);
  const { id, whatsappId } = acceptedIn(answer);
  world.sender = new FakeSender();
  const room = await world.open();
  await advance(60_000);
  expect(room.api.get('acme', id)).toMatchObject({ state: 'unknown', error: { reason: 'interrupted' } });
  expect(first.written).toHaveLength(1);
  expect(world.sender.written).toEqual([]);
  expect(world.logged).toContain('messages.interrupted');
  await room.api.send(orderOf('k', { retry: true }));
  await advance(60_000);
  expect(world.sender.written.map((one) => one.whatsappId)).toEqual([whatsappId]);
});
it('the content of a sent message is kept for 72 hours, also over a restart', async () => {
  const world = worldOf();
  const answer = await (await world.open()).api.send(orderOf('k'));
  await advance(10);
  const { whatsappId } = acceptedIn(answer);
  const room = await world.open();
  const content = await room.door.sentContent('acme', whatsappId);
  expect(Buffer.from(content ?? []).toString()).toBe(world.sender?.written[0]?.body);
  expect(await room.door.sentContent('beta', whatsappId)).toBeUndefined();
  await advance(71 * 3_600_000);
  expect(await room.door.sentContent('acme', whatsappId)).toBeDefined();
  await advance(2 * 3_600_000);
  expect(await room.door.sentContent('acme', whatsappId)).toBeUndefined();
  expect(room.api.list('acme', { limit: 9 }).items).toEqual([]);
  expect(room.totals().sentBytes).toBe(0);
});
it('a change that the outbox refuses is announced later, once, also after a restart', async () => {
  const world = worldOf();
  const room = await world.open();
  const { id, whatsappId } = acceptedIn(await room.api.send(orderOf('k')));
  await advance(10);
  world.refusesEvents = true;
  await room.door.updated('acme', { whatsappId, state: 'sent', at: 1 });
  await advance(60_000);
  expect(world.types()).toEqual([]);
  expect(world.logged.filter((event) => event === 'messages.not_announced')).toHaveLength(1);
  world.refusesEvents = false;
  const after = await world.open();
  await advance(10_000);
  expect(world.announcements).toBe(1);
  const [event] = world.events.values();
  expect(after.read(event!.ref)).toMatchObject({ message: { id, state: 'sent' }, previousState: 'sending' });
  await world.open();
  await advance(10);
  expect(world.announcements).toBe(1);
});
