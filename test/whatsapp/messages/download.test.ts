/** Received media: from the right host only, and only the bytes that the message announced. */
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { encryptedStream, type MediaType } from '@whiskeysockets/baileys';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, decrypted, fetchEncrypted } from '../../../src/whatsapp/messages/download.ts';
import type { MediaSource } from '../../../src/whatsapp/messages/port.ts';
import { selfSigned } from '../../support/certificate.ts';

const encrypt = async (plain: Buffer, kind: MediaSource['kind'] = 'image') => {
  const made = await encryptedStream(plain, kind as MediaType);
  const file = await readFile(made.encFilePath);
  await rm(made.encFilePath);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const source: MediaSource = {
    mediaId: 'med_1',
    kind,
    directPath: '/v/t62/file',
    mediaKey: base64(made.mediaKey),
    fileSha256: base64(made.fileSha256),
    fileEncSha256: base64(made.fileEncSha256),
    bytes: plain.length,
    mimeType: 'image/jpeg',
  };
  return { source, file };
};
/** In pieces that fit neither the blocks of the cipher nor the HMAC. */
const inPieces = (file: Buffer, size = 7): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(file.length / size) }, (_, n) => file.subarray(n * size, (n + 1) * size)),
  );
const read = async (source: MediaSource, file: Readable): Promise<Buffer> =>
  buffer(await decrypted(source, file));

describe('a download', () => {
  it.each([0, 1, 15, 16, 17, 1_000, 100_000])(
    'of %d bytes gives them back, in pieces of any size',
    async (size) => {
      const plain = Buffer.alloc(size, 'abc');
      const { source, file } = await encrypt(plain);
      expect((await read(source, inPieces(file, 7))).equals(plain)).toBe(true);
      expect((await read(source, inPieces(file, 65_536))).equals(plain)).toBe(true);
    },
  );
  it.each(['image', 'video', 'audio', 'document', 'sticker'] as const)('reads %s', async (kind) => {
    const { source, file } = await encrypt(Buffer.from('content'), kind);
    expect((await read(source, inPieces(file))).toString()).toBe('content');
  });
  it('needs no hash and no length: the key proves the content', async () => {
    const { source, file } = await encrypt(Buffer.from('content'));
    const bare = { ...source, bytes: null, fileSha256: null, fileEncSha256: null };
    expect((await read(bare, inPieces(file))).toString()).toBe('content');
  });
  const other = Buffer.alloc(32, 1).toString('base64');
  it.each<[string, Partial<MediaSource>]>([
    ['another hash of its content', { fileSha256: other }],
    ['another hash of its encrypted form', { fileEncSha256: other }],
    ['a greater length', { bytes: 101 }],
    ['a smaller length', { bytes: 3 }],
    ['another key', { mediaKey: other }],
    ['another kind', { kind: 'document' }],
  ])('fails when the message announced %s', async (_, wrong) => {
    const { source, file } = await encrypt(Buffer.alloc(100, 'x'));
    await expect(read({ ...source, ...wrong }, inPieces(file))).rejects.toMatchObject({
      name: 'SendFault',
      reason: 'media_refused',
    });
  });
  it.each<[string, (file: Buffer) => Buffer]>([
    ['a byte is changed', (file) => Buffer.concat([Buffer.from([file[0]! ^ 1]), file.subarray(1)])],
    ['the end is missing', (file) => file.subarray(0, -1)],
    ['the HMAC is missing', (file) => file.subarray(0, -10)],
    ['it is empty', () => Buffer.alloc(0)],
    ['something follows', (file) => Buffer.concat([file, Buffer.alloc(16)])],
  ])('fails when %s, even without announced hashes', async (_, change) => {
    const { source, file } = await encrypt(Buffer.alloc(100, 'x'));
    const bare = { ...source, bytes: null, fileSha256: null, fileEncSha256: null };
    await expect(read(bare, inPieces(change(file)))).rejects.toMatchObject({ reason: 'media_refused' });
  });
  it('stops reading a file that is longer than announced', async () => {
    const { source } = await encrypt(Buffer.alloc(100, 'x'));
    let given = 0;
    const endless = new Readable({
      read() {
        given += 1;
        this.push(Buffer.alloc(65_536));
      },
    });
    await expect(read(source, endless)).rejects.toMatchObject({ reason: 'media_refused' });
    expect(endless.destroyed).toBe(true);
    expect(given).toBeLessThan(100);
  });
});

describe('the address of a download', () => {
  it('is the path on the host that WhatsApp named', () => {
    expect(addressOf('mmg.whatsapp.net', '/v/t62.7118-24/1_n.enc?ccb=11-4&oh=x')).toBe(
      'https://mmg.whatsapp.net/v/t62.7118-24/1_n.enc?ccb=11-4&oh=x',
    );
  });
  it.each([
    '.example.org/file',
    '@example.org/file',
    ':8443/file',
    ':80@example.org/',
    'v/file',
    '',
    'https://example.org/',
    '\\example.org',
  ])('is refused for the path %o, which would lead elsewhere', (path) => {
    expect(() => addressOf('mmg.whatsapp.net', path)).toThrow(/no path on a media host/);
  });
  it.each(['//example.org/x', '/\\example.org/x', '/..//example.org', '/@example.org'])(
    'stays on the host for the path %o',
    (path) => {
      expect(new URL(addressOf('mmg.whatsapp.net', path)).host).toBe('mmg.whatsapp.net');
    },
  );
});

describe('the media host', () => {
  let server: Server;
  let address: string;
  const options = {
    dispatcher: new Agent({ connect: { rejectUnauthorized: false } }),
  } as unknown as RequestInit;
  beforeAll(async () => {
    server = createServer(selfSigned(), ({ url = '/' }, response) => {
      const status = Number(url.slice(1)) || 200;
      response.writeHead(status, status === 302 ? { location: '/200' } : {}).end('file');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  it('gives the file', async () => {
    expect((await buffer((await fetchEncrypted(`${address}/200`, options))!)).toString()).toBe('file');
  });
  it.each([404, 410])('no longer has it when it answers %d', async (status) => {
    expect(await fetchEncrypted(`${address}/${status}`, options)).toBeUndefined();
  });
  it.each([
    [403, 'rejected'],
    [500, 'rejected'],
    [302, 'timeout'],
  ])('that answers %d is a fault', async (status, reason) => {
    await expect(fetchEncrypted(`${address}/${status}`, options)).rejects.toMatchObject({ reason });
  });
  it('without a certificate that is trusted is a fault', async () => {
    await expect(fetchEncrypted(`${address}/200`, {})).rejects.toMatchObject({ name: 'SendFault' });
  });
});
