import { describe, expect, it } from 'vitest';
import { dayMs, defaultPolicy } from '../../src/messages/policy.ts';
import {
  acceptedIn,
  advance,
  arrivedOf,
  messageIdOf,
  onVirtualTime,
  orderOf,
  textOf,
  type World,
  worldOf,
} from './harness.ts';

onVirtualTime();
const hour = 3_600_000;
type Room = Awaited<ReturnType<World['open']>>;
const seqsOf = (room: Room, after = 0) =>
  room.api.inbox('acme', { after, limit: 100 }).items.map(({ seq }) => seq);

describe('what arrived', () => {
  it('is durable and announced before the journal forgets it, with numbers without gaps', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'one'), arrivedOf('B', 'nothing'), arrivedOf('C', 'two')]);
    await room.door.take('acme', [arrivedOf('D', 'three')]);
    expect(seqsOf(room)).toEqual([1, 2, 3]);
    expect(world.types()).toEqual(['message.received', 'message.received', 'message.received']);
    expect(room.api.inbox('acme', { after: 2, limit: 1 })).toMatchObject({ items: [{ seq: 3 }], last: 3 });
    expect(room.api.counts('acme')).toMatchObject({ received24h: 3 });
  });
  it('counts once: a repeat of the ciphertext or the id changes nothing, even after a restart', async () => {
    const world = worldOf();
    let room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'one'), arrivedOf('A', 'one')]);
    await room.door.take('acme', [arrivedOf('A', 'one, encrypted again')]);
    room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'one'), arrivedOf('A', 'one')]);
    expect(seqsOf(room)).toEqual([1]);
    await advance(6 * dayMs);
    await room.door.take('acme', [arrivedOf('A', 'one, a last time')]);
    expect(room.api.inbox('acme', { after: 0, limit: 9 }).last).toBe(1);
  });
  it('is another message in another chat, of another sender, and in another organization', async () => {
    const room = await worldOf().open();
    await room.door.take('acme', [arrivedOf('A', 'one'), arrivedOf('A', 'two', '1555000111@s.whatsapp.net')]);
    await room.door.take('beta', [arrivedOf('A', 'one')]);
    expect(seqsOf(room)).toEqual([1, 2]);
    expect(room.api.inbox('beta', { after: 0, limit: 9 }).last).toBe(1);
  });
  it('shows once that a number and a lid belong together, when one alone was known', async () => {
    const world = worldOf();
    const room = await world.open();
    const withLid = (id: string) => ({ ...arrivedOf(id, id), attrs: { lid: '185000000000001@lid' } });
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    await room.door.take('acme', [withLid('B'), withLid('C')]);
    await room.door.take('beta', [withLid('D')]); // both at once: nothing was known apart
    expect(world.types().filter((type) => type === 'contact.linked')).toHaveLength(1);
  });
  it('gives the plaintext back for the very same ciphertext only', async () => {
    const world = worldOf();
    const room = await world.open();
    const one = arrivedOf('A', 'one');
    await room.door.take('acme', [one, arrivedOf('B', 'nothing')]);
    const found = await room.door.find('acme', one);
    expect(textOf({ plaintext: Buffer.from(found ?? []).toString('base64') })).toBe('one');
    expect(await room.door.find('acme', arrivedOf('B', 'nothing'))).toBeDefined();
    for (const other of [{ digest: 'x' }, { enc: 1 }, { id: 'B' }, { participant: 'p' }, { from: 'f' }])
      expect(await room.door.find('acme', { ...one, ...other })).toBeUndefined();
    expect(await room.door.find('beta', one)).toBeUndefined();
    await advance(9 * dayMs);
    expect(await room.door.find('acme', one)).toBeUndefined();
  });
  it('is taken whole or not at all by a full disk, and is complete afterwards', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    world.isFull = true;
    const two = [arrivedOf('B', 'two'), arrivedOf('C', 'three')];
    await expect(room.door.take('acme', two)).rejects.toThrow('ENOSPC');
    expect(seqsOf(room)).toEqual([1]);
    world.isFull = false;
    await room.door.take('acme', two);
    expect(seqsOf(room)).toEqual([1, 2, 3]);
  });
  it('is announced again until the outbox took it, with the same id', async () => {
    const world = worldOf();
    const room = await world.open();
    world.refusesEvents = true;
    await expect(room.door.take('acme', [arrivedOf('A', 'one')])).rejects.toThrow('ENOSPC');
    world.refusesEvents = false;
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    expect(world.types()).toEqual(['message.received']);
    const [event] = world.events.values();
    expect(room.read(event!.ref)).toMatchObject({ seq: 1, message: { text: { body: 'one' } } });
    await world.open();
    expect(world.events.size).toBe(1);
  });
  it('names the message that it answers', async () => {
    const world = worldOf();
    const room = await world.open();
    const answer = await room.api.send(orderOf('k'));
    await advance(10);
    const { whatsappId, id } = acceptedIn(answer);
    await room.door.take('acme', [
      arrivedOf('A', 'one'),
      arrivedOf('B', 're:A'),
      arrivedOf('C', `re:${whatsappId}`),
      arrivedOf('D', 're:unknown'),
    ]);
    const { items } = room.api.inbox('acme', { after: 1, limit: 9 });
    const ids = items.map((item) => ('message' in item ? item.message.replyTo?.id : undefined));
    expect(ids).toEqual([messageIdOf('acme', '34600111222@s.whatsapp.net', 'A'), id, null]);
  });
  it('that cannot be read is an entry, and the message itself still is one when it comes', async () => {
    const world = worldOf();
    const room = await world.open();
    const { id, from } = arrivedOf('A', '');
    room.door.unreadable('acme', { id, from }, 'no session');
    room.door.unreadable('acme', { id, from }, 'no session');
    await advance(10);
    await room.door.take('acme', [arrivedOf('A', 'at last')]);
    expect(world.types()).toEqual(['message.unreadable', 'message.received']);
  });
});

describe('content', () => {
  it('leaves when no webhook waits for it, after ten minutes for clients that come back', async () => {
    const world = worldOf();
    const room = await world.open();
    world.isNeeded = false;
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    await advance(500_000);
    expect(seqsOf(room)).toEqual([1]);
    await advance(hour);
    expect(seqsOf(room)).toEqual([]);
    expect(world.dropped).toEqual([]);
    expect(room.api.inbox('acme', { after: 0, limit: 9 }).last).toBe(1);
  });
  it('stays for as long as the operator keeps it', async () => {
    const world = worldOf();
    const room = await world.open({ policy: { ...defaultPolicy, keepMs: 24 * hour } });
    world.isNeeded = false;
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    await advance(23 * hour);
    expect(seqsOf(room)).toEqual([1]);
    await advance(2 * hour);
    expect(seqsOf(room)).toEqual([]);
  });
  it('that a webhook waits for is dropped after seven days, and that is reported', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    await advance(7 * dayMs - hour);
    expect(seqsOf(room)).toEqual([1]);
    await advance(2 * hour);
    expect(seqsOf(room)).toEqual([]);
    expect(world.dropped).toEqual([1]);
    expect(world.logged).toContain('messages.dropped');
  });
  it('beyond the quota drops the oldest entries, and that is reported', async () => {
    const world = worldOf();
    const room = await world.open({ policy: { ...defaultPolicy, bytes: 4_000 } });
    for (let n = 0; n < 20; n += 1) await room.door.take('acme', [arrivedOf(`A${n}`, 'x'.repeat(300))]);
    const seqs = seqsOf(room);
    expect(seqs.at(-1)).toBe(20);
    expect(seqs.length).toBeLessThan(10);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => 21 - seqs.length + n));
    expect(world.dropped.reduce((sum, n) => sum + n, 0)).toBe(20 - seqs.length);
    expect(room.totals().receivedBytes).toBeLessThan(8_000);
  });
  it('beyond the quota of all organizations drops the oldest entries of the one that grows', async () => {
    const world = worldOf();
    const room = await world.open({ policy: { ...defaultPolicy, bytesOfAll: 8_000 } });
    await room.door.take('beta', [arrivedOf('B', 'kept')]);
    for (let n = 0; n < 20; n += 1) await room.door.take('acme', [arrivedOf(`A${n}`, 'x'.repeat(300))]);
    expect(room.api.inbox('beta', { after: 0, limit: 9 }).items).toHaveLength(1);
    expect(seqsOf(room).length).toBeLessThan(20);
  });
  it('of a contact is erased by message.forget, and a repeat of it still changes nothing', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [
      arrivedOf('A', 'media'),
      arrivedOf('B', 'two', '1555000111@s.whatsapp.net'),
    ]);
    await room.api.send(orderOf('k', { content: { body: 'planted' } }));
    await advance(31_000);
    expect(await room.api.forget('acme', '34600111222')).toBe(2);
    const left = JSON.stringify(world.rows.range({}));
    expect(left).not.toContain('planted');
    expect(left).not.toContain(Buffer.from('media').toString('base64'));
    expect(left).not.toContain('mediaKey');
    expect(left).not.toContain('34600111222');
    expect(seqsOf(room)).toEqual([2]);
    await room.door.take('acme', [arrivedOf('A', 'media')]);
    expect(seqsOf(room)).toEqual([2]);
  });
  it('of an organization is erased by a logout, and its numbers go on', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'media')]);
    await room.door.take('beta', [arrivedOf('A', 'of beta')]);
    await room.api.send(orderOf('k', { content: { body: 'planted' } }));
    await advance(31_000);
    await room.erase('acme');
    const left = world.rows.range({}).filter(([key]) => JSON.stringify(key).includes('acme'));
    expect(left.map(([[kind]]) => String(kind)).sort()).toEqual(['in', 'out']);
    await room.door.take('acme', [arrivedOf('A', 'again')]);
    expect(seqsOf(room)).toEqual([2]);
    expect(room.api.inbox('beta', { after: 0, limit: 9 }).items).toHaveLength(1);
  });
  it('never reaches a log line', async () => {
    const world = worldOf();
    const room = await world.open({ policy: { ...defaultPolicy, bytes: 900 } });
    for (const id of ['A', 'B', 'C'])
      await room.door.take('acme', [arrivedOf(id, 'planted words'.repeat(20))]);
    await room.api.send(orderOf('k', { content: { body: 'planted words' } }));
    await advance(100_000);
    expect(world.logged.length).toBeGreaterThan(0);
    const lines = JSON.stringify(world.fields);
    for (const word of ['planted', '34600111222', 'Ana']) expect(lines).not.toContain(word);
  });
});

describe('the wall clock', () => {
  it('that is set back or forward changes no deadline of a message', async () => {
    const world = worldOf();
    world.sender = undefined;
    const room = await world.open();
    const answer = await room.api.send(orderOf('k'));
    const { id } = acceptedIn(answer);
    for (const wallMs of [-10 * dayMs, 10 * dayMs]) {
      world.wallMs = wallMs;
      await advance(20_000);
      expect(room.api.get('acme', id)?.state).toBe('queued');
    }
    await advance(21_000);
    expect(room.api.get('acme', id)?.state).toBe('failed');
  });
  it('that is set back neither drops content nor forgets what was taken', async () => {
    const world = worldOf();
    const room = await world.open();
    await room.door.take('acme', [arrivedOf('A', 'one')]);
    world.wallMs = -10 * dayMs;
    await advance(2 * hour);
    await room.door.take('acme', [arrivedOf('A', 'one, encrypted again')]);
    expect(seqsOf(room)).toEqual([1]);
  });
});
