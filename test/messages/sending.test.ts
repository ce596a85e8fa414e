import { describe, expect, it } from 'vitest';
import type { SentUpdate } from '../../src/messages/ports.ts';
import { fault } from './fake-sender.ts';
import { acceptedIn, advance, onVirtualTime, orderOf, type World, worldOf } from './harness.ts';

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

describe('a message', () => {
  it('is durable before the answer, and before the write to the socket it is sending', async () => {
    const world = worldOf();
    const room = await world.open();
    let writesBefore = -1;
    world.sender!.before = (step) => {
      if (step === 'transmit') writesBefore = world.rows.get(['sent', 'acme', waId]) ? world.writes : -1;
    };
    const answer = await room.api.send(orderOf('k'));
    const { whatsappId: waId } = acceptedIn(answer);
    expect(world.rows.get(['sent', 'acme', waId])).toMatchObject({ state: 'queued' });
    await advance(10);
    expect(writesBefore).toBeGreaterThan(1);
    expect(world.rows.get(['sent', 'acme', waId])).toMatchObject({ state: 'sending' });
  });
  it('goes through its states by what WhatsApp reports, and each is announced once', async () => {
    const world = worldOf();
    const room = await world.open();
    const { id, whatsappId } = await sendOne(room);
    for (const state of ['sent', 'delivered', 'read'] as const) {
      await room.door.updated('acme', update(whatsappId, state));
      expect(stateOf(room, id)).toBe(state);
    }
    await room.door.updated('acme', update(whatsappId, 'delivered'));
    await advance(10);
    expect([...world.events.values()].map(({ ref }) => ref)).toMatchObject([
      { type: 'message.updated', messageId: id, previousState: 'sending' },
      { previousState: 'sent' },
      { previousState: 'delivered' },
    ]);
    expect(room.api.get('acme', id)).toMatchObject({ revision: 5, sentAt: expect.any(String) });
    expect(world.announcements).toBe(3);
  });
  it('without an acknowledgement is unknown after 30 s, and a late one mends it', async () => {
    const room = await worldOf().open();
    const { id, whatsappId } = await sendOne(room);
    await advance(29_900);
    expect(stateOf(room, id)).toBe('sending');
    await advance(200);
    expect(stateOf(room, id)).toBe('unknown(no_ack)');
    expect(room.api.counts('acme').unknown).toBe(1);
    await room.door.updated('acme', update(whatsappId, 'delivered'));
    expect(stateOf(room, id)).toBe('delivered');
    expect(room.api.counts('acme')).toMatchObject({ unknown: 0, sent24h: 1 });
  });
  it('is restricted by code 463 and rejected by any other', async () => {
    const room = await worldOf().open();
    const [a, b] = [await sendOne(room, 'a'), await sendOne(room, 'b', { to: '1555000111' })];
    await room.door.updated('acme', update(a.whatsappId, 'failed', { statusCode: 463 }));
    await advance(61_000);
    await room.door.updated('acme', update(b.whatsappId, 'failed', { statusCode: 479 }));
    expect([stateOf(room, a.id), stateOf(room, b.id)]).toEqual(['failed(restricted)', 'failed(rejected)']);
  });
  it.each([
    ['lookUp', 'timeout'],
    ['devicesOf', 'timeout'],
    ['encode', 'media_refused'],
    ['transmit', 'recipient_unreachable'],
  ] as const)('that fails at %s fails with %s, and nothing is written', async (step, reason) => {
    const world = worldOf();
    const room = await world.open();
    world.sender!.before = (at) => {
      if (at === step) throw fault(reason);
    };
    const { id } = await sendOne(room);
    expect(stateOf(room, id)).toBe(`failed(${reason})`);
    expect(world.sender?.written).toEqual([]);
  });
  it('to a number without WhatsApp, or without devices, never leaves', async () => {
    const world = worldOf();
    const room = await world.open();
    world.sender!.absent.add('34600111222');
    world.sender!.withoutDevices.add('1555000111@s.whatsapp.net');
    const a = await sendOne(room, 'a');
    expect(stateOf(room, a.id)).toBe('failed(recipient_unreachable)');
    await advance(61_000);
    const b = await sendOne(room, 'b', { to: '1555000111' });
    expect(stateOf(room, b.id)).toBe('failed(recipient_unreachable)');
    expect(await room.api.send(orderOf('c'))).toMatchObject({ refused: 'recipient_unreachable' });
    expect(world.sender?.written).toEqual([]);
  });
  it('waits while the session is not connected, and is sent when it connects', async () => {
    const world = worldOf();
    const { sender } = world;
    world.sender = undefined;
    const room = await world.open();
    const { id } = await sendOne(room);
    await advance(30_000);
    expect(stateOf(room, id)).toBe('queued');
    world.sender = sender;
    room.wake('acme');
    await advance(10);
    expect(sender?.written).toHaveLength(1);
  });
  it('expires at its deadline, also after a restart', async () => {
    const world = worldOf();
    world.sender = undefined;
    const first = await world.open();
    const { id } = await sendOne(first);
    await advance(30_000);
    const room = await world.open();
    await advance(29_000);
    expect(stateOf(room, id)).toBe('queued');
    await advance(2_000);
    expect(stateOf(room, id)).toBe('failed(expired)');
  });
  it('whose connection ends before the write is queued again, and sent once', async () => {
    const world = worldOf();
    const room = await world.open();
    let failures = 2;
    world.sender!.before = (step) => {
      if (step === 'transmit' && (failures -= 1) >= 0) throw fault('not_connected');
    };
    const { id } = await sendOne(room);
    expect(stateOf(room, id)).toBe('queued');
    await advance(10_000);
    expect(stateOf(room, id)).toBe('sending');
    expect(world.sender?.written).toHaveLength(1);
  });
  it('is refused at once when the session does not connect by itself, or does not exist', async () => {
    const world = worldOf();
    const room = await world.open();
    for (const state of ['failed', 'idle', 'pairing']) {
      world.state = state;
      expect(await room.api.send(orderOf('k'))).toMatchObject({ refused: 'invalid_state', state });
    }
    world.state = undefined;
    expect(await room.api.send(orderOf('k'))).toMatchObject({ refused: 'not_found' });
  });
  it('can be cancelled only while it is queued', async () => {
    const world = worldOf();
    const { sender } = world;
    world.sender = undefined;
    const room = await world.open();
    const { id } = await sendOne(room);
    expect(await room.api.cancel('acme', id)).toMatchObject({
      state: 'failed',
      error: { reason: 'cancelled' },
    });
    expect(await room.api.cancel('acme', id)).toMatchObject({ refused: 'invalid_state', state: 'failed' });
    expect(await room.api.cancel('acme', 'msg_3EB0000000000000000000')).toMatchObject({
      refused: 'not_found',
    });
    world.sender = sender;
    room.wake('acme');
    await advance(10_000);
    expect(sender?.written).toEqual([]);
  });
});

describe('a caller that waits', () => {
  it('is answered by the acknowledgement', async () => {
    const world = worldOf();
    const room = await world.open();
    world.sender!.onWritten = (waId) => void room.door.updated('acme', update(waId, 'sent'));
    const answer = room.api.send(orderOf('k', { waitFor: 'sent' }));
    await advance(100);
    expect(await answer).toMatchObject({ message: { state: 'sent' }, replayed: false });
  });
  it('is refused after 30 s with the message, and a failure is an answer', async () => {
    const world = worldOf();
    const room = await world.open();
    const answer = room.api.send(orderOf('k', { waitFor: 'sent' }));
    await advance(31_000);
    expect(await answer).toMatchObject({ refused: 'timeout', sent: { whatsappId: expect.any(String) } });
    world.sender!.absent.add('1555000111');
    const failing = room.api.send(orderOf('l', { to: '1555000111', waitFor: 'sent' }));
    await advance(61_000);
    expect(await failing).toMatchObject({
      message: { state: 'failed', error: { reason: 'recipient_unreachable' } },
    });
  });
});
