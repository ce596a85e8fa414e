/** Media in both directions, through media hosts on loopback, and with a phone that uploads again. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import type { proto } from '@whiskeysockets/baileys';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaSource } from '../../../src/whatsapp/messages/port.ts';
import type { ProxyRoute } from '../../../src/whatsapp/proxy.ts';
import { MediaHost } from '../../support/whatsapp/relay/media-host.ts';
import { Peer } from '../../support/whatsapp/two-organizations.ts';
import { a, b, faultOf, Organization, useSending } from './organization.ts';

const t = useSending();
let host: MediaHost;
let directory: string;

/** One agent for both, as a proxy is: the WebSocket without TLS, the media hosts with it. */
class Route extends HttpsAgent {
  readonly #cert: string;
  constructor(cert: string) {
    super();
    this.#cert = cert;
    Object.assign(this, { protocol: undefined });
  }
  override createConnection(...[options, done]: Parameters<HttpsAgent['createConnection']>) {
    const to = options as { host?: string; port: number };
    const isMedia = `:${to.port}` === host.hostname.slice(host.hostname.indexOf(':'));
    const target = { host: '127.0.0.1', port: Number(to.port) };
    const socket = isMedia ? connectTls({ ...target, ca: this.#cert }) : connectTcp(target);
    void done;
    return socket;
  }
}
const route = (): ProxyRoute => ({
  agent: new Route(host.cert),
  fetchOptions: { dispatcher: new Agent({ connect: { ca: host.cert } }) } as unknown as RequestInit,
});

beforeEach(async () => {
  host = new MediaHost();
  t.server.relay.mediaHosts.push(await host.listen());
  directory = await mkdtemp(join(tmpdir(), 'media-'));
  await Promise.all([t.acme.socket.dispose(), t.bistro.end()]);
  t.acme = await Organization.open(t.server.url, {
    phone: a.phone,
    proxy: route(),
    deadlines: { reuploadMs: 2_000 },
  });
  t.bistro = await Peer.connect(t.server.url, {
    ...b,
    config: { fetchAgent: new HttpsAgent({ ca: host.cert }) },
  });
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true });
});

const fileWith = async (content: Buffer): Promise<string> => {
  const file = join(directory, randomBytes(4).toString('hex'));
  await writeFile(file, content);
  return file;
};
/** A PNG of one pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const base64 = (bytes: Uint8Array | null | undefined): string | null =>
  bytes ? Buffer.from(bytes).toString('base64') : null;
const sourceOf = (kind: MediaSource['kind'], media: proto.Message.IDocumentMessage): MediaSource => ({
  mediaId: 'med_1',
  kind,
  directPath: media.directPath ?? '',
  mediaKey: base64(media.mediaKey) ?? '',
  fileSha256: base64(media.fileSha256),
  fileEncSha256: base64(media.fileEncSha256),
  bytes: Number(media.fileLength),
  mimeType: media.mimetype ?? null,
});
/** A document from Bistro, as Acme would have kept it. */
const received = async (content = Buffer.from('%PDF a menu '.repeat(5_000))) => {
  const id = await t.bistro.send(a.phone, {
    document: content,
    mimetype: 'application/pdf',
    fileName: 'menu.pdf',
  });
  const { documentMessage } = t.bistro.sent(id) ?? {};
  if (!documentMessage) throw new Error('Bistro sent no document');
  const source = sourceOf('document', documentMessage);
  const key = { id, remoteJid: t.bistro.jid, fromMe: false };
  return { id, content, source, key, download: () => t.acme.sender.download(source, key, undefined) };
};

describe('media that is sent', () => {
  it.each(['image', 'video', 'audio', 'document', 'sticker'] as const)(
    'as %s arrives whole',
    async (type) => {
      const content = randomBytes(100_001);
      const media = { file: await fileWith(content), mimeType: 'application/x-test' };
      const id = await t.acme.send(t.bistro.jid, { type, media: { ...media, filename: 'menu.pdf' } });
      const { raw } = await t.bistro.message(id);
      const found = raw.message?.[`${type}Message`] as proto.Message.IDocumentMessage;
      expect(found.mimetype).toBe('application/x-test');
      expect(base64(found.fileSha256)).toBe(createHash('sha256').update(content).digest('base64'));
      const key = { id, remoteJid: t.acme.jid, fromMe: true };
      const bytes = await buffer(await t.acme.sender.download(sourceOf(type, found), key, undefined));
      expect(bytes.equals(content)).toBe(true);
      expect(await readdir(directory)).toHaveLength(1); // the encrypted file is gone
    },
  );
  it('has a caption, a thumbnail, mentions and the message that it answers', async () => {
    const first = await t.acme.text(t.bistro.jid, 'the first');
    const key = { id: first, remoteJid: t.bistro.jid, fromMe: true };
    const id = await t.acme.send(t.bistro.jid, {
      type: 'image',
      media: { file: await fileWith(pixel), mimeType: 'image/png', caption: 'here' },
      reply: { key, encoded: t.acme.contents.get(first)! },
      mentions: [t.bistro.jid],
    });
    const { raw } = await t.bistro.message(id);
    expect(raw.message?.imageMessage).toMatchObject({
      caption: 'here',
      width: 1,
      height: 1,
      contextInfo: { stanzaId: first, mentionedJid: [t.bistro.jid] },
    });
    expect(raw.message?.imageMessage?.jpegThumbnail?.length).toBeGreaterThan(100);
  });
  it('gets no thumbnail when it is a drawing that may name other files', async () => {
    const drawing =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    const file = await fileWith(Buffer.from(drawing));
    const id = await t.acme.send(t.bistro.jid, { type: 'image', media: { file, mimeType: 'image/png' } });
    const { raw } = await t.bistro.message(id);
    expect(raw.message?.imageMessage?.jpegThumbnail ?? []).toHaveLength(0);
  });
  it('as voice is marked so, and plays as long as it says', async () => {
    const wave = Buffer.alloc(44 + 16_000);
    wave.write('RIFF', 0);
    wave.writeUInt32LE(36 + 16_000, 4);
    wave.write('WAVEfmt ', 8);
    wave.writeUInt32LE(16, 16);
    wave.writeUInt16LE(1, 20);
    wave.writeUInt16LE(1, 22);
    wave.writeUInt32LE(8_000, 24);
    wave.writeUInt32LE(8_000, 28);
    wave.writeUInt16LE(1, 32);
    wave.writeUInt16LE(8, 34);
    wave.write('data', 36);
    wave.writeUInt32LE(16_000, 40);
    const media = { file: await fileWith(wave), mimeType: 'audio/wav', voice: true };
    const id = await t.acme.send(t.bistro.jid, { type: 'audio', media });
    expect((await t.bistro.message(id)).raw.message?.audioMessage).toMatchObject({ ptt: true, seconds: 2 });
  });
  it('is refused when its file is gone, and leaves nothing behind', async () => {
    const media = { file: join(directory, 'missing'), mimeType: 'image/png' };
    expect(await faultOf(t.acme.sender.encode({ type: 'image', media }))).toMatchObject({
      name: 'SendFault',
      reason: 'media_refused',
    });
    expect(await readdir(directory)).toEqual([]);
  });
  it('is a fault when the media hosts do not take it', async () => {
    host.fail('upload', { kind: 'status', status: 500 });
    const media = { file: await fileWith(Buffer.from('x')), mimeType: 'image/png' };
    expect(await faultOf(t.acme.sender.encode({ type: 'image', media }))).toMatchObject({
      reason: 'rejected',
    });
    expect(await readdir(directory)).toHaveLength(1);
  });
});

describe('the media hosts', () => {
  it('are asked for again after a question that failed', async () => {
    t.server.relay.faults.setRequest('w:m', { kind: 'error', code: 500 }, { times: 1 });
    const media = { file: await fileWith(Buffer.from('x')), mimeType: 'image/png' };
    expect(await faultOf(t.acme.sender.encode({ type: 'image', media }))).toMatchObject({
      reason: 'rejected',
    });
    expect(await t.acme.sender.encode({ type: 'image', media })).toBeInstanceOf(Uint8Array);
  });
});

describe('media that is received', () => {
  it('is downloaded, and is what was sent', async () => {
    const { content, download } = await received();
    expect((await buffer(await download())).equals(content)).toBe(true);
  });
  it.each([
    ['has a wrong byte', { kind: 'wrong-bytes' }],
    ['ends early', { kind: 'short' }],
    ['never ends', { kind: 'endless' }],
  ] as const)('fails its stream when it %s', async (_, fault) => {
    const { download } = await received();
    host.fail('download', fault);
    expect(await faultOf(download().then((stream) => buffer(stream)))).toBeInstanceOf(Error);
  });
  it('follows no redirect', async () => {
    const { download } = await received();
    const other = new MediaHost();
    await other.listen();
    host.fail('download', { kind: 'redirect', to: `https://${other.hostname}/inner` });
    expect(await faultOf(download())).toMatchObject({ name: 'SendFault' });
    expect(other.requests).toEqual([]);
    await other.close();
  });
  it('never comes from a host that the sender names', async () => {
    const { source, key } = await received();
    const other = new MediaHost();
    await other.listen();
    const directPath = `@${other.hostname}/file`;
    expect(await faultOf(t.acme.sender.download({ ...source, directPath }, key, undefined))).toMatchObject({
      reason: 'media_refused',
    });
    expect(other.requests).toEqual([]);
    await other.close();
  });
  it('that has expired is uploaded again by the phone, once', async () => {
    const { id, content, source, download } = await received();
    const file = host.expire(source.directPath);
    const mediaKey = Buffer.from(source.mediaKey, 'base64');
    const { reuploads } = t.server.relay;
    reuploads.media.set(id, { mediaKey, upload: () => file && host.put(file) });
    expect((await buffer(await download())).equals(content)).toBe(true);
    expect(reuploads.asked).toEqual([id]);
  });
  it('is gone when the phone does not have it either, and when the phone is off', async () => {
    const { source, download } = await received();
    host.expire(source.directPath);
    expect(await faultOf(download())).toMatchObject({ name: 'SendFault', reason: 'gone' });
    t.server.relay.reuploads.online = false;
    expect(await faultOf(download())).toMatchObject({ name: 'SendFault', reason: 'gone' });
  });
  it('is gone when the new upload has expired too', async () => {
    const { id, source, download } = await received();
    host.expire(source.directPath);
    const mediaKey = Buffer.from(source.mediaKey, 'base64');
    t.server.relay.reuploads.media.set(id, { mediaKey, upload: () => '/v/t62/nothing.enc' });
    expect(await faultOf(download())).toMatchObject({ reason: 'gone' });
    expect(t.server.relay.reuploads.asked).toEqual([id]);
  });
});
