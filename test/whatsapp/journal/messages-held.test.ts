/** What happens to received messages that cannot become durable: WhatsApp keeps them. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mostArrivedBytes } from '../../../src/whatsapp/journal/arrived.ts';
import { openPairing } from '../store/harness.ts';
import { database, isSettled, messageOf, opened, passes } from './arrivals.ts';
import { fleetDisk, read, session } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a set with a message is held', () => {
  test('while the disk is full, and rejects never', async () => {
    const { store, disk, events } = await opened();
    await store.auth.keys.set(session({ a: 'first' }));
    const end = disk.inject({ operation: 'overwrite', path: /.*/u, code: 'ENOSPC' });
    const endToo = disk.inject({ operation: 'write', path: /journal/u, code: 'ENOSPC' });
    const message = messageOf('M1');
    const set = store.auth.keys.set(session({ a: 'one' }), [message]);
    await passes(120_000);
    expect(await isSettled(set)).toBe(false);
    expect(await read(store, 'a')).toBe('one'); // visible at once all the same
    end();
    endToo();
    await passes(31_000);
    await set;
    expect(events).toEqual(['failed ENOSPC', 'recovered']);
    expect(store.find!(message)).toBeDefined();
  });

  test('while more than 32 MiB wait for the database, and goes on when it takes some', async () => {
    const { store, journal, events } = await opened();
    const db = database();
    db.fails = true;
    journal.handTo(db.take);
    const plaintext = new Uint8Array(4 * 1024 * 1024);
    const large = (n: number) =>
      store.auth.keys.set(session({ a: `${n}` }), [messageOf(`M${n}`, { plaintext })]);
    const fitting = Math.ceil(mostArrivedBytes / ((plaintext.length * 4) / 3));
    for (let n = 0; n < fitting; n += 1) await large(n);
    const held = large(fitting);
    await passes(6_000);
    expect(await isSettled(held)).toBe(false);
    expect(events).toEqual(['failed ENOBUFS']);
    expect(await read(store, 'a')).toBe(`${fitting}`);
    db.fails = false;
    await passes(61_000);
    await held;
    expect(events).toEqual(['failed ENOBUFS', 'recovered']);
    expect(db.rows).toHaveLength(fitting + 1);
  });

  test('for ever by a store that will never write it: no receipt may follow', async () => {
    const fenced = await opened();
    fenced.store.fence();
    expect(await isSettled(fenced.store.auth.keys.set(session({ a: '1' })))).toBe(true);
    expect(await isSettled(fenced.store.auth.keys.set(session({ a: '1' }), [messageOf('M1')]))).toBe(false);

    const disk = fleetDisk();
    const givenUp = await opened(disk);
    disk.inject({ operation: 'write', path: /.*/u, code: 'ENOSPC' });
    const held = givenUp.store.auth.keys.set(session({ a: '1' }), [messageOf('M1')]);
    const plain = givenUp.store.auth.keys.set(session({ b: '1' }));
    givenUp.store.fence();
    await passes(20_000);
    expect([await isSettled(held), await isSettled(plain)]).toEqual([false, true]);
    expect(givenUp.warnings).toContain('store.gave_up');
  });

  test('never by the store of a pairing, which keeps no message', async () => {
    const { store, disk } = await openPairing();
    expect(store.find).toBeUndefined();
    await store.auth.keys.set(session({ a: '1' }), [messageOf('M1')]);
    expect(
      disk
        .paths()
        .map((path) => disk.peek(path)?.toString())
        .join(),
    ).not.toContain('M1');
  });
});
