/**
 * Received messages in the journal: durable together with the keys that their decryption made, handed to the
 * database, and kept until it has them.
 */
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { header, lineOf, parseJournal } from '../../../src/whatsapp/journal/record.ts';
import { bytesOf, credentialsOf } from '../store/harness.ts';
import { database, messageOf, never, opened, passes } from './arrivals.ts';
import { credsOf, fleetDisk, inFile, journalled, killed, read, session, startOn } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a record', () => {
  test('keeps a message as it is, and is found by its ciphertext alone', async () => {
    const { store, disk } = await opened();
    const message = messageOf('M1', {
      attrs: { participant: '5255@s.whatsapp.net', from: '1@g.us', notify: 'x ["é' },
    });
    await store.auth.keys.set(session({ a: 'one' }), [message]);
    const { records } = parseJournal(disk.peek(journalled(disk)[0]!)!);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ changes: [{ name: 'session-a.json' }], messages: [message] });
    expect(Buffer.from(store.find!(message)!).toString('base64')).toBe(message.plaintext);
    for (const other of [
      { digest: 'x' },
      { enc: 1 },
      { id: 'M2' },
      { from: '2@g.us' },
      { participant: '1@lid' },
    ])
      expect(store.find!({ ...message, ...other })).toBeUndefined();
  });

  test('is read by no build for an older format, with messages or without', () => {
    // the record of format 3; a build that reads a record of a file accepts the file
    const name = z.string();
    const change = z.tuple([name, name.nullable(), z.array(name).optional()]);
    const older = z.tuple([name, name, z.boolean(), z.array(change), z.int().nonnegative().default(0)]);
    const record = { org: 'acme', fingerprint: 'f', changes: [{ name: 'a', content: null }], seq: 1 };
    for (const messages of [[], [messageOf('M1')]])
      expect(older.safeParse(JSON.parse(lineOf({ ...record, messages }).slice(9))).success).toBe(false);
    expect(header).toMatch(/^vigia-journal 4\n/u);
  });

  test('of an older format is still read', () => {
    const json = '["acme","f",false,[["a.json","1",[]]],7]';
    const line = `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
    const { records } = parseJournal(Buffer.from(`vigia-journal 3\n${line}`));
    expect(records).toEqual([
      { org: 'acme', fingerprint: 'f', changes: [{ name: 'a.json', content: '1', bases: [] }], seq: 7 },
    ]);
  });

  test('is whole or not there, whenever the power goes: keys and message together', async () => {
    let seen = 0;
    for (let at = 1; at < 12; at += 1) {
      const disk = fleetDisk({ random: () => 0.3 });
      const life = await opened(disk);
      await life.store.auth.keys.set(session({ a: 'before' }));
      disk.cutPower(at);
      void life.store.auth.keys.set(session({ a: 'after' }), [messageOf('M1')]);
      await passes(500);
      vi.clearAllTimers();
      disk.crash();
      const next = killed(disk);
      const { journal, open } = await startOn(next);
      const db = database();
      journal.handTo(db.take);
      await passes(0);
      const isAfter = (await read(await open('acme'), 'a')) === 'after';
      expect(db.rows, `power cut at ${at}`).toEqual(isAfter ? ['acme M1'] : []);
      if (isAfter) seen += 1;
      vi.clearAllTimers();
    }
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(11);
  });
});

describe('messages are handed over', () => {
  test('at once and in order, and the journal is then emptied of them', async () => {
    const { store, journal, disk } = await opened();
    const db = database();
    journal.handTo(db.take);
    for (const id of ['M1', 'M2', 'M3']) await store.auth.keys.set(session({ a: id }), [messageOf(id)]);
    await passes(0);
    expect(db.rows).toEqual(['acme M1', 'acme M2', 'acme M3']);
    expect(store.find!(messageOf('M1'))).toBeUndefined();
    await passes(61_000);
    expect(journalled(disk)).toEqual([]);
  });

  test('after a kill again, also those of an identity that is no longer there', async () => {
    const { store, disk } = await opened();
    await store.auth.keys.set(session({ a: 'one' }), [messageOf('M1')]);
    vi.clearAllTimers();
    disk.place(credsOf('acme'), bytesOf(credentialsOf(9)));
    const { journal } = await startOn(killed(disk));
    const db = database();
    journal.handTo(db.take);
    await passes(0);
    expect(db.rows).toEqual(['acme M1']);
  });

  test('in one call when several became durable together', async () => {
    const disk = fleetDisk();
    const { store, journal } = await opened(disk);
    const db = database();
    journal.handTo(db.take);
    await Promise.all(
      Array.from({ length: 600 }, (_, n) => store.auth.keys.set(session({ [n]: 'x' }), [messageOf(`M${n}`)])),
    );
    await passes(0);
    expect(db.rows).toHaveLength(600);
    expect(db.batches.length).toBeLessThan(8);
    expect(Math.max(...db.batches)).toBeLessThanOrEqual(256);
  });

  test('again and again while the database fails; the journal keeps them, and newer keys too', async () => {
    const disk = fleetDisk();
    const { store, journal, warnings } = await opened(disk);
    const db = database();
    db.fails = true;
    journal.handTo(db.take);
    await store.auth.keys.set(session({ a: 'old' }), [messageOf('M1')]);
    await passes(130_000); // emptied twice meanwhile
    expect(warnings).toEqual(['journal.messages_waiting']);
    expect(journalled(disk)).not.toEqual([]);
    await store.auth.keys.set(session({ a: 'new' }));
    const again = await startOn(killed(disk));
    expect(inFile(disk, 'acme', 'a')).toBe('new');
    const working = database();
    again.journal.handTo(working.take);
    await passes(0);
    expect(working.rows).toEqual(['acme M1']);
    db.fails = false;
    await passes(31_000);
    expect(db.rows).toEqual(['acme M1']);
  });

  test('when it stops: what the database does not take stays for the next start', async () => {
    for (const take of [undefined, never, () => Promise.reject(new Error('away'))]) {
      const disk = fleetDisk();
      const { store, journal, warnings } = await opened(disk);
      if (take) journal.handTo(take);
      await store.auth.keys.set(session({ a: 'one' }), [messageOf('M1')]);
      store.fence();
      await passes(0);
      const closed = journal.close();
      await passes(6_000);
      expect(await closed).toEqual([]);
      expect(warnings).toContain('journal.messages_left');
      expect(inFile(disk, 'acme', 'a')).toBe('one');
      const next = await startOn(killed(disk));
      const db = database();
      next.journal.handTo(db.take);
      await passes(0);
      expect(db.rows).toEqual(['acme M1']);
      vi.clearAllTimers();
    }
  });

  test('although an older version ran in between: keys are moved aside, and messages are not', async () => {
    const { store, disk } = await opened();
    await store.auth.keys.set(session({ a: 'one' }), [messageOf('M1')]);
    vi.clearAllTimers();
    const { journal, warnings } = await startOn(killed(disk), 'older version');
    expect(warnings).toEqual(['journal.outdated']);
    expect(journalled(disk)).toHaveLength(1); // durable again before anything else happens
    const db = database();
    journal.handTo(db.take);
    await passes(0);
    expect(db.rows).toEqual(['acme M1']);
    expect(disk.peek('/vault/acme/session-a.json')).toBeUndefined();
  });
});
