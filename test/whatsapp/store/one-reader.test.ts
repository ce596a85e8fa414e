import makeWASocket, { Curve, generateLoginNode, initAuthCreds, proto } from '@whiskeysockets/baileys';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { classify } from '../../../src/sessions/credentials.ts';
import { libraryLog } from '../../../src/whatsapp/library-log.ts';
import { socketOptions } from '../../../src/whatsapp/socket-options.ts';
import { memoryDisk } from '../../support/memory-disk.ts';
import { bytesOf, credentialsOf, credsPath, inIt, linkedDisk, openLinked, tryToOpen } from './harness.ts';

/** Files count as whole a minute after their last change. */
const laterThanCopies = (): void =>
  void vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(Date.now() + 120_000);
afterEach(() => void vi.useRealTimers());

/** What a login does with credentials: the socket, the keys of the handshake, and the request. */
const logIn = async (creds: ReturnType<typeof credentialsOf>): Promise<void> => {
  const options = socketOptions({
    auth: { creds, keys: { get: async () => ({}), set: async () => {} } },
    version: [2, 3000, 1],
    logger: libraryLog(() => {}),
    retries: { get: () => undefined, set: () => {}, del: () => {}, flushAll: () => {} },
    url: 'wss://127.0.0.1:1',
  });
  const socket = makeWASocket(options);
  socket.ev.on('connection.update', () => {});
  await socket.end(undefined);
  Curve.sharedKey(creds.noiseKey.private, initAuthCreds().noiseKey.public);
  const login = generateLoginNode(creds.me!.id, socketOptionsOf(creds));
  expect(proto.ClientPayload.encode(login).finish().length).toBeGreaterThan(10);
};
const socketOptionsOf = (creds: ReturnType<typeof credentialsOf>) =>
  ({
    version: [2, 3000, 1],
    browser: ['Ubuntu', 'Chrome', '22'],
    countryCode: 'US',
    auth: { creds },
  }) as never;

/** The verdict of everything that judges the bytes, once the loader has had them too. */
const verdictOf = async (bytes: Buffer): Promise<string> => {
  const disk = memoryDisk();
  disk.place(credsPath, bytes);
  laterThanCopies();
  const { stored, because } = classify(bytes);
  const store = await tryToOpen(disk);
  if (store.kind === 'refused') {
    expect(store.reason).toBe(stored === 'corrupt' ? 'creds_corrupt' : 'unpaired');
    if (because !== undefined) expect(store.message).toContain(because);
    return stored;
  }
  expect(stored).toBe('restorable');
  await logIn(store.auth.creds);
  return stored;
};

type Json = Record<string, unknown>;
const plain = (): Json => JSON.parse(bytesOf(credentialsOf(1)).toString()) as Json;
/** Every `{type:'Buffer',data}` rewritten. */
const spelled = (spell: (data: Buffer) => unknown): Json =>
  JSON.parse(bytesOf(credentialsOf(1)).toString(), (_, value) =>
    value?.type === 'Buffer' ? spell(Buffer.from(value.data, 'base64')) : value,
  ) as Json;
const textOf = (value: unknown): string => JSON.stringify(value);
const utf8 = (text: string): Buffer => Buffer.from(text);
const pairOf = (bytes: number): Json => ({
  private: Buffer.alloc(bytes, 7).toJSON(),
  public: Buffer.alloc(32, 7).toJSON(),
});

describe('One reader', () => {
  it.each<[string, Buffer]>([
    ['lists', utf8(textOf(spelled((data) => ({ type: 'Buffer', data: [...data] }))))],
    ['objects with numbers as names', utf8(textOf(spelled((data) => Object.fromEntries(data.entries()))))],
    ['plain lists', utf8(textOf(spelled((data) => [...data])))],
    ['plain base64', utf8(textOf(spelled((data) => data.toString('base64'))))],
    ['a byte order mark', utf8(`\uFEFF${textOf(plain())}`)],
    ['Windows line ends', utf8(`${JSON.stringify(plain(), null, 2).replaceAll('\n', '\r\n')}\r\n`)],
    ['UTF-16', Buffer.from(`\uFEFF${textOf(plain())}`, 'utf16le')],
    ['UTF-16 of the other byte order', Buffer.from(`\uFEFF${textOf(plain())}`, 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from(textOf(plain()), 'utf16le')],
    ['NULs at the end', Buffer.concat([utf8(textOf(plain())), Buffer.alloc(4096)])],
  ])('lets a device log in whose credentials are written with %s', async (_name, bytes) => {
    expect(await verdictOf(bytes)).toBe('restorable');
    const { fingerprint } = classify(bytesOf(credentialsOf(1)));
    expect(classify(bytes).fingerprint).toBe(fingerprint);
  });

  it.each<[string, unknown, string]>([
    ['a key of 31 bytes', { noiseKey: pairOf(31) }, 'noiseKey.private has 31 bytes instead of 32'],
    ['no noise key', { noiseKey: undefined }, 'noiseKey is not a pair of keys'],
    ['hexadecimal bytes', { noiseKey: { ...pairOf(32), public: '07'.repeat(32) } }, 'has 48 bytes'],
    ['a list with 256 in it', { signedIdentityKey: { private: Array(32).fill(256) } }, 'is not bytes'],
    ['a number as text', { registrationId: '222' }, 'registrationId is not a whole number'],
    ['a number that is too large', { registrationId: 2 ** 32 }, 'registrationId is too large'],
    ['a counter as text', { nextPreKeyId: '31' }, 'nextPreKeyId is not a whole number'],
    ['a number for the route', { routingInfo: 5 }, 'routingInfo is not bytes'],
    ['a history that is no list', { processedHistoryMessages: {} }, 'processedHistoryMessages is not a list'],
  ])('calls credentials with %s corrupt, and says why', async (_name, change, because) => {
    const bytes = utf8(textOf({ ...plain(), ...(change as Json) }));
    expect(await verdictOf(bytes)).toBe('corrupt');
    expect(classify(bytes).because).toContain(because);
  });

  it.each([
    ['', 'empty'],
    ['\0\0\0', 'only zeros'],
    [`${textOf(plain())}}`, 'not JSON'],
    [`${textOf(plain())}${textOf(plain())}`, 'not JSON'],
    ['[]', 'not an object'],
  ])('says why %.5j is corrupt', async (text, because) => {
    expect(await verdictOf(utf8(text))).toBe('corrupt');
    expect(classify(utf8(text)).because).toContain(because);
  });

  it('finds credentials restorable exactly when the loader loads them and a login can begin', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(undefined, -1, 2 ** 40, 1.5, '', 'x@y', [1, 2], {}),
    );
    const depth = fc.integer({ min: 0, max: 2 });
    await fc.assert(
      fc.asyncProperty(fc.nat(), depth, value, async (at, most, put) => {
        const creds = plain();
        let target = creds;
        let names = Object.keys(target);
        for (let level = 0; level < most; level += 1) {
          const next = target[names[(at + level) % names.length]!];
          if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break;
          target = next as Json;
          names = Object.keys(target);
        }
        target[names[at % names.length]!] = put;
        await verdictOf(utf8(textOf(creds)));
      }),
      { numRuns: 150 },
    );
  });

  it('finds credentials with a flipped bit restorable exactly when they load', async () => {
    const bytes = bytesOf(credentialsOf(1));
    for (let at = 0; at < bytes.length; at += 7) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      await verdictOf(flipped);
    }
  });
});

const indexed = (data: Buffer) => Object.fromEntries(data.entries());

describe('A key file', () => {
  const preKey = { private: Buffer.alloc(32, 1), public: Buffer.alloc(32, 2) };
  const read = async (type: 'pre-key' | 'sender-key' | 'session', content: string | Buffer) => {
    const disk = linkedDisk();
    disk.place(inIt(`${type}-1.json`), content);
    laterThanCopies();
    const { store, warnings } = await openLinked(disk);
    return { value: (await store.auth.keys.get(type, ['1']))['1'], warnings };
  };

  it.each([
    ['lists', textOf({ private: preKey.private, public: preKey.public })],
    ['objects', textOf({ private: indexed(preKey.private), public: indexed(preKey.public) })],
    ['plain lists', textOf({ private: [...preKey.private], public: [...preKey.public] })],
    ['UTF-16', Buffer.from(`\uFEFF${textOf({ private: preKey.private, public: preKey.public })}`, 'utf16le')],
  ])('with %s is read as the key that it holds', async (_name, content) => {
    expect(await read('pre-key', content)).toEqual({ value: preKey, warnings: [] });
  });

  it.each<['pre-key' | 'sender-key' | 'session', string]>([
    ['pre-key', textOf({ private: Buffer.alloc(31), public: Buffer.alloc(32) })],
    ['pre-key', textOf({ public: Buffer.alloc(32) })],
    ['sender-key', '7'],
    ['session', '[1, 999]'],
  ])(
    '(%s) that the library could not use is kept as evidence and counts as absent',
    async (type, content) => {
      expect(await read(type, content)).toEqual({ value: null, warnings: ['key.unreadable'] });
    },
  );

  it('of a group, in the form of version 6 of the library, is read', async () => {
    const { value } = await read('sender-key', textOf([{ senderKeyId: 7 }]));
    expect(Buffer.from(value as Uint8Array).toString()).toBe('[{"senderKeyId":7}]');
  });
});
