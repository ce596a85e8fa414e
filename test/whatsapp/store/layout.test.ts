import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  useMultiFileAuthState,
} from '@whiskeysockets/baileys';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/disk/node-disk.ts';
import { seedCredentials } from '../../support/whatsapp/credentials.ts';
import { bytesOf, openLinked as openInMemory, tryToOpen } from './harness.ts';

const pair = (seed: number) => ({ public: Buffer.alloc(32, seed), private: Buffer.alloc(32, seed + 1) });
/**
 * One of every kind, with ids as WhatsApp makes them; a new kind in Baileys does not compile until it is
 * here.
 */
const samples: { readonly [T in keyof SignalDataTypeMap]: Record<string, SignalDataTypeMap[T]> } = {
  'pre-key': { 1: pair(1), 812: pair(2) },
  session: { '99900000002.0': Buffer.from('ratchet'), '88:1@lid_1.2': new Uint8Array([1, 2, 3]) },
  'sender-key': { '1203630@g.us::99900000002::0': Buffer.from('[{}]') },
  'sender-key-memory': { '1203630@g.us': { '99900000002:1@s.whatsapp.net': true } },
  'app-state-sync-key': {
    'AAAA/AB=': proto.Message.AppStateSyncKeyData.fromObject({
      keyData: Buffer.alloc(32, 9),
      fingerprint: { rawId: 1, currentIndex: 2, deviceIndexes: [0, 1] },
      timestamp: 1_700_000_000,
    }),
  },
  'app-state-sync-version': {
    regular_high: {
      version: 3,
      hash: Buffer.alloc(128, 4),
      indexValueMap: { '12ab/+=': { valueMac: Buffer.alloc(32, 5) } },
    },
  },
  'lid-mapping': { '99900000002': '88', '88_reverse': '99900000002' },
  'device-list': { '99900000002': ['0', '1', '17'] },
  tctoken: {
    '88@lid': { token: Buffer.from('token'), timestamp: '1700000000', senderTimestamp: 1_700_000_000 },
  },
  'identity-key': { '88.0': Buffer.alloc(33, 6) },
};
const types = Object.keys(samples) as (keyof SignalDataTypeMap)[];
const idsOf = (type: keyof SignalDataTypeMap): string[] => Object.keys(samples[type]);

let directory: string;
let twin: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vigia-store-'));
  twin = await mkdtemp(join(tmpdir(), 'vigia-twin-'));
});
afterEach(async () => {
  for (const path of [directory, twin]) await rm(path, { recursive: true, force: true });
});

const open = async () => {
  const store = await tryToOpen(nodeDisk(), { directory });
  if (store.kind === 'refused') throw new Error(store.message);
  return store;
};
/**
 * Compared as JSON: Baileys reads a Uint8Array back as a Buffer, and an unset field of a message as its
 * default.
 */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a directory of Baileys is read as Baileys reads it, every kind of key', async () => {
  await seedCredentials(directory, { phone: '99900000001' });
  const theirs = await useMultiFileAuthState(directory);
  await theirs.state.keys.set(samples as SignalDataSet);
  theirs.state.creds.nextPreKeyId = 99;
  await theirs.saveCreds();

  const { auth } = await open();
  expect(bytesOf(auth.creds)).toEqual(bytesOf(theirs.state.creds));
  for (const type of types) {
    const read = await auth.keys.get(type, idsOf(type));
    const wanted = await theirs.state.keys.get(type, idsOf(type));
    expect(Object.keys(read).sort()).toEqual(idsOf(type).sort());
    expect(plain(read), type).toEqual(plain(wanted));
  }
});

test('Baileys reads what we wrote, every kind of key, and finds the very same files', async () => {
  await seedCredentials(directory, { phone: '99900000001' });
  const store = await open();
  await store.auth.keys.set(samples as SignalDataSet);
  store.auth.creds.routingInfo = Buffer.from('edge');
  store.saveCreds();
  expect(await store.drained()).toBe('durable');

  const stock = await useMultiFileAuthState(twin);
  await stock.state.keys.set(samples as SignalDataSet);
  const names = (await readdir(twin)).sort();
  expect((await readdir(directory)).filter((name) => name !== 'creds.json').sort()).toEqual(names);
  for (const name of names)
    expect(await readFile(join(directory, name), 'utf8')).toBe(await readFile(join(twin, name), 'utf8'));

  const theirs = await useMultiFileAuthState(directory);
  expect(bytesOf(theirs.state.creds)).toEqual(bytesOf(store.auth.creds));
  for (const type of types) {
    expect(plain(await theirs.state.keys.get(type, idsOf(type))), type).toEqual(
      plain(await store.auth.keys.get(type, idsOf(type))),
    );
  }
});

test('what was just set is read as it will be read from the disk', async () => {
  await seedCredentials(directory, { phone: '99900000001' });
  const { auth } = await open();
  const written = auth.keys.set(samples as SignalDataSet);
  const early = await Promise.all(types.map((type) => auth.keys.get(type, idsOf(type))));
  await written;
  const late = await Promise.all(types.map((type) => auth.keys.get(type, idsOf(type))));
  expect(early).toEqual(late);
  expect(early[types.indexOf('app-state-sync-key')]!['AAAA/AB=']).toBeInstanceOf(
    proto.Message.AppStateSyncKeyData,
  );
});

test('removing is setting null, and absent keys are null', async () => {
  await seedCredentials(directory, { phone: '99900000001', preKeys: 2 });
  const { auth } = await open();
  await auth.keys.set({ 'pre-key': { 1: null, 7: null } });
  expect(
    Object.entries(await auth.keys.get('pre-key', ['1', '2', '7'])).map(([id, value]) => [
      id,
      value !== null,
    ]),
  ).toEqual([
    ['1', false],
    ['2', true],
    ['7', false],
  ]);
  expect((await readdir(directory)).sort()).toEqual(['creds.json', 'pre-key-2.json']);
});

test('all files are for the owner alone', async () => {
  await seedCredentials(directory, { phone: '99900000001' });
  const store = await open();
  await store.auth.keys.set({ session: { a: Buffer.from('1') } });
  store.saveCreds();
  await store.backUp();
  const names = (await readdir(directory)).sort();
  expect(names).toEqual(['creds.json', 'creds.json.bak', 'session-a.json']);
  for (const name of names)
    expect(((await stat(join(directory, name))).mode & 0o777).toString(8)).toBe('600');
});

test.each([
  ['a name of 300 bytes', 'x'.repeat(300)],
  ['a NUL', 'a\0b'],
])('an id that cannot be a file name (%s) is refused at once and holds nothing up', async (_name, id) => {
  const { store, disk } = await openInMemory();
  await expect(store.auth.keys.set({ session: { [id]: Buffer.from('1') } })).rejects.toMatchObject({
    code: 'name',
  });
  await store.auth.keys.set({ session: { 'a/../../b:1': Buffer.from('1') } });
  expect(disk.paths().at(-1)).toBe('/vault/acme/session-a__..__..__b-1.json');
});

test('an id called __proto__ is an id like any other', async () => {
  const { store } = await openInMemory();
  await store.auth.keys.set({ session: Object.fromEntries([['__proto__', Buffer.from('1')]]) });
  const found = await store.auth.keys.get('session', ['__proto__', 'constructor']);
  expect(Object.entries(found)).toEqual([
    ['__proto__', Buffer.from('1')],
    ['constructor', null],
  ]);
});
