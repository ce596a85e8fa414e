/** Repeats by a client, and sockets that do not acknowledge. */
import { describe, expect, it } from 'vitest';
import type { SentUpdate } from '../../src/messages/ports.ts';
import { FakeSender } from './fake-sender.ts';
import { advance, arrivedOf, onVirtualTime, orderOf, type World, worldOf } from './harness.ts';

onVirtualTime();
type Room = Awaited<ReturnType<World['open']>>;
const sendOne = async (room: Room, key = 'k', over: Parameters<typeof orderOf>[1] = {}) => {
  const answer = await room.api.send(orderOf(key, over));
  if ('refused' in answer) throw new Error(answer.message);
  await advance(10);
  return answer.message;
};
const update = (
  whatsappId: string,
  state: SentUpdate['state'],
  over: Partial<SentUpdate> = {},
): SentUpdate => ({
  whatsappId,
  state,
  at: 1_800_000_000_000,
  ...over,
});
const stateOf = (room: Room, id: string) => {
  const { state, error } = room.api.get('acme', id) ?? {};
  return error ? `${state}(${error.reason})` : state;
};

describe('a repeat', () => {
  it('of an unknown message has the same id, three times at most', async () => {
    const world = worldOf();
    const room = await world.open();
    const { id, whatsappId } = await sendOne(room);
    for (let n = 1; n <= 5; n += 1) {
      await advance(31_000);
      expect(stateOf(room, id)).toBe('unknown(no_ack)');
      const answer = await room.api.send(orderOf('k', { retry: true }));
      expect(answer).toMatchObject({ replayed: true, message: { whatsappId } });
      await advance(10);
      expect(world.sender?.written).toHaveLength(Math.min(4, n + 1));
      if (n >= 3) break;
    }
    await advance(31_000);
    await room.api.send(orderOf('k', { retry: true }));
    await advance(31_000);
    expect(world.sender?.written.map((one) => one.whatsappId)).toEqual([
      whatsappId,
      whatsappId,
      whatsappId,
      whatsappId,
    ]);
  });
  it('is never made without retry, nor of a message that was sent', async () => {
    const world = worldOf();
    const room = await world.open();
    const { whatsappId } = await sendOne(room);
    await advance(31_000);
    await room.api.send(orderOf('k'));
    await room.door.updated('acme', update(whatsappId, 'sent'));
    await room.api.send(orderOf('k', { retry: true }));
    await advance(60_000);
    expect(world.sender?.written).toHaveLength(1);
  });
});

describe('two messages in a row without an acknowledgement', () => {
  it('replace the socket once; an acknowledgement in between, or another socket, does not', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'hello')]);
    await sendOne(room, 'a');
    await advance(31_000);
    expect(world.sender?.mutes).toBe(0);
    const { sender } = world;
    world.sender = new FakeSender();
    room.wake('acme');
    await sendOne(room, 'b');
    await advance(31_000);
    expect([sender?.mutes, world.sender.mutes]).toEqual([0, 0]);
    await sendOne(room, 'c');
    await advance(31_000);
    expect([sender?.mutes, world.sender.mutes]).toEqual([0, 1]);
    const { whatsappId } = await sendOne(room, 'd');
    await room.door.updated('acme', update(whatsappId, 'sent'));
    await sendOne(room, 'e');
    await advance(31_000);
    expect(world.sender.mutes).toBe(1);
  });
});
