import { Agent, get } from 'node:https';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../until.ts';
import { trustTestRoot } from '../certificate.ts';
import { Phone } from '../phone.ts';
import { FakeWhatsApp } from '../server.ts';
import { organizations, type Peer, twoPeers } from '../two-organizations.ts';
import { MediaHost } from './media-host.ts';
import type { Relay } from './relay.ts';

let distrust: () => void;
let server: FakeWhatsApp;
let relay: Relay;
let host: MediaHost;
let acme: Peer;
let bistro: Peer;
let phone: Phone | undefined;
const { acme: a, bistro: b } = organizations;

beforeEach(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  ({ relay } = server);
  host = new MediaHost();
  relay.mediaHosts.push(await host.listen());
  const url = await server.listen();
  ({ acme, bistro } = await twoPeers(url, { fetchAgent: new Agent({ ca: host.cert }) }));
});
afterEach(async () => {
  await server.close();
  await Promise.all([acme.end(), bistro.end(), phone?.end() ?? Promise.resolve()]);
  phone = undefined;
  await host.close();
  distrust();
});
const acked = (id: string) =>
  until(`the ack of ${id}`, () => {
    const answer = relay.ledger.messages({ id })[0]?.acked;
    return answer === 'no' ? undefined : answer;
  });

describe('the phone, as device 0', () => {
  it('gets a copy of what its companion sends and receives', async () => {
    phone = await Phone.start(server.url, b);
    await acme.send(b.phone, 'to both');
    await Promise.all([bistro.message('to both'), phone.message('to both')]);
    await bistro.send(a.phone, 'from the companion');
    expect(await phone.message('from the companion')).toMatchObject({ isOwn: true, chat: acme.jid });
  });

  it('gives a companion the content of a message that came without', async () => {
    phone = await Phone.start(server.url, b);
    await acme.send(b.phone, 'hello');
    await phone.message('hello');
    const id = '3EB0000000000000000001';
    relay.faults.set({ id }, { kind: 'absent' });
    await acme.send(b.phone, 'only on the phone', id);
    expect(await bistro.message('only on the phone')).toMatchObject({ id });
    expect(phone.asked).toEqual([id]);
  });
});

describe('a media host', () => {
  const send = async () => {
    const document = Buffer.from('%PDF a menu '.repeat(500));
    const id = await acme.send(b.phone, { document, mimetype: 'application/pdf', fileName: 'menu.pdf' });
    const { raw } = await bistro.message(id);
    const { directPath = '', mediaKey } = raw.message?.documentMessage ?? {};
    return { document, id, raw, directPath: String(directPath), mediaKey: mediaKey ?? Buffer.alloc(0) };
  };

  /** The status and the body of a download. */
  const fetched = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ readonly status: number | undefined; readonly body: Buffer }>((resolve, reject) => {
      get(`https://${host.hostname}${path}`, { ca: host.cert, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts) }));
      }).on('error', reject);
    });

  it('takes an upload, and gives it back, whole or in part', async () => {
    const { document, directPath } = await send();
    const { status, body } = await fetched(directPath);
    expect(status).toBe(200);
    expect(body.length).toBeGreaterThan(document.length);
    expect(await fetched(directPath, { range: 'bytes=16-31' })).toEqual({
      status: 206,
      body: body.subarray(16, 32),
    });
    expect(host.requests[0]).toMatch('POST /mms/document/');
  });

  it('fails downloads on demand', async () => {
    const { directPath } = await send();
    const { body } = await fetched(directPath);
    host.fail('download', { kind: 'wrong-bytes' });
    expect((await fetched(directPath)).body).not.toEqual(body);
    host.fail('download', { kind: 'status', status: 410 });
    expect(await fetched(directPath)).toMatchObject({ status: 410 });
    host.fail('download', { kind: 'short' });
    await expect(fetched(directPath)).rejects.toThrow('aborted');
    host.fail('download');
    expect(await fetched(directPath)).toEqual({ status: 200, body });
  });

  it('forgets a file, and the phone uploads it again', async () => {
    const { id, raw, directPath, mediaKey } = await send();
    const file = host.expire(directPath);
    expect(file).toBeDefined();
    relay.reuploads.media.set(id, { mediaKey, upload: () => file && host.put(file) });
    const updated = await bistro.client.socket.updateMediaMessage(raw);
    const again = updated.message?.documentMessage?.directPath ?? '';
    expect(again).not.toBe(directPath);
    expect(host.file(again)).toEqual(file);
    expect(relay.reuploads.asked).toEqual([id]);
  });
});

describe('what WhatsApp allows an account', () => {
  it('refuses new contacts while the account is locked, and says until when', async () => {
    await bistro.send(a.phone, 'a known contact');
    await acme.message('a known contact');
    const locks: unknown[] = [];
    acme.client.socket.ev.on('connection.update', ({ reachoutTimeLock }) => {
      if (reachoutTimeLock) locks.push(reachoutTimeLock);
    });
    relay.accounts.restrict(a.phone, 2_000_000_000);
    expect(await acme.client.socket.fetchAccountReachoutTimelock()).toMatchObject({ isActive: true });
    await until('the notification', () => locks.length > 1);
    expect(await acked(await acme.send(b.phone, 'goes on'))).toBe('yes');
    phone = await Phone.start(server.url, { phone: '99900000043' });
    expect(await acked(await acme.send('99900000043', 'refused'))).toBe(463);
    relay.accounts.lift(a.phone);
    expect(await acked(await acme.send('99900000043', 'allowed'))).toBe('yes');
  });

  it('wants the token of a contact, which the contact gives', async () => {
    relay.accounts.needsToken = true;
    expect(await acked(await acme.send(b.phone, 'a stranger'))).toBe(463);
    await bistro.client.socket.issuePrivacyTokens([acme.jid]);
    await until('the token', () => relay.mailboxes.waiting({ phone: a.phone, device: 1 }).length === 0);
    expect(await acked(await acme.send(b.phone, 'a trusted contact'))).toBe('yes');
  });
});
