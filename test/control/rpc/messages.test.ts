/** The methods of messages over HTTP: what is refused, and what the port gets. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Messages, SendOrder } from '../../../src/control/messages-port.ts';
import { messageMethodExamples as examples } from '../../../src/protocol/message-method-examples.ts';
import { adminKey, type Harness, limitedKeys, startHarness } from '../harness.ts';
import { messagesStub } from '../messages-stub.ts';

let harness: Harness;
afterEach(() => harness.stop());
const start = async (over: Partial<Messages> = {}) => {
  const orders: SendOrder[] = [];
  const send: Messages['send'] = async (order) => {
    orders.push(order);
    return examples['message.send'].result;
  };
  harness = await startHarness({
    messages: messagesStub({ send, ...over }),
    keys: limitedKeys({
      [adminKey]: { scopes: ['admin'], orgs: '*' },
      sender: { scopes: ['messages:send'], orgs: ['acme'] },
      reader: { scopes: ['messages:read', 'sessions:read'], orgs: ['acme'] },
    }),
  });
  return orders;
};
// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, which the registry checks
type Loose = any;
const call = async (method: string, params: object, key: string = adminKey) => {
  const answer = await fetch(`${harness.server.url}/v1/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });
  return { status: answer.status, body: (await answer.json()) as Loose };
};
const text = { orgId: 'acme', to: '34600111222', type: 'text', text: { body: 'hi' }, idempotencyKey: 'k' };
const { type: _, text: __, ...envelope } = text;
const media = { media: { id: 'med_1' } };
const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nEND:VCARD';

describe('message.send', () => {
  it('gives the port the object of the type, and the defaults', async () => {
    const orders = await start();
    await call('message.send', text, 'sender');
    expect(orders).toEqual([
      {
        org: 'acme',
        principal: 'sender',
        to: '34600111222',
        type: 'text',
        content: { body: 'hi' },
        idempotencyKey: 'k',
        priority: 'normal',
        expiresInMs: 60_000,
        waitFor: 'accepted',
        retry: false,
      },
    ]);
  });
  it.each([
    { type: 'image', image: { ...media, caption: 'look' } },
    { type: 'video', video: { media: { url: 'https://cdn.example/a.mp4' } } },
    { type: 'audio', audio: { ...media, voice: true } },
    { type: 'document', document: { ...media, filename: 'invoice.pdf' } },
    { type: 'sticker', sticker: media },
    { type: 'location', location: { latitude: -33.4, longitude: -70.6, name: 'Home' } },
    { type: 'contacts', contacts: { items: [{ name: 'Ana', vcard }] } },
    { type: 'reaction', reaction: { messageId: 'msg_1', emoji: '👍' } },
    { type: 'reaction', reaction: { messageId: 'msg_1', emoji: '' } },
    { type: 'edit', edit: { messageId: 'msg_1', body: 'hi' } },
    { type: 'delete', delete: { messageId: 'msg_1' } },
    { type: 'text', text: { body: '😀'.repeat(16_000) } },
    {
      type: 'text',
      text: { body: 'hi' },
      to: '120363000000000001@g.us',
      mentions: ['34600111222', '1234@lid'],
    },
    { type: 'text', text: { body: 'hi' }, to: '185000000000001@lid', replyTo: 'msg_1' },
  ])('takes $type as $text$image$reaction', async (content) => {
    const orders = await start();
    expect((await call('message.send', { ...envelope, ...content })).status).toBe(200);
    expect(orders).toMatchObject([{ type: content.type }]);
  });
  it.each([
    ['text', { ...envelope, type: 'text' }],
    ['image', { ...text, image: media }],
    ['type', { ...envelope, type: 'poll' }],
    ['', { ...text, body: 'hi' }],
    ['text', { ...text, text: { body: 'hi', preview: true } }],
    ['text.body', { ...text, text: { body: '' } }],
    ['text.body', { ...text, text: { body: 'x'.repeat(16_001) } }],
    ['text.body', { ...text, text: { body: 'half \ud83d' } }],
    ['to', { ...text, to: '+34600111222' }],
    ['to', { ...text, to: '34600111222@s.whatsapp.net' }],
    ['to', { ...text, to: 'status@broadcast' }],
    ['idempotencyKey', { ...text, idempotencyKey: '' }],
    ['idempotencyKey', { ...text, idempotencyKey: 'x'.repeat(129) }],
    ['expiresInMs', { ...text, expiresInMs: 999 }],
    ['image.media', { ...envelope, type: 'image', image: { media: {} } }],
    ['image.media', { ...envelope, type: 'image', image: { media: { id: 'med_1', url: 'https://a.b/c' } } }],
    ['image.media.url', { ...envelope, type: 'image', image: { media: { url: 'file:///etc/passwd' } } }],
    ['document.filename', { ...envelope, type: 'document', document: { ...media, filename: '../x' } }],
    ['location.latitude', { ...envelope, type: 'location', location: { latitude: 91, longitude: 0 } }],
    ['replyTo', { ...envelope, type: 'delete', delete: { messageId: 'msg_1' }, replyTo: 'msg_2' }],
    ['mentions', { ...envelope, type: 'sticker', sticker: media, mentions: ['34600111222'] }],
  ])('refuses a wrong %s', async (path, params) => {
    const orders = await start();
    const { status, body } = await call('message.send', params);
    expect([status, body.error.code, orders]).toEqual([400, 'invalid_params', []]);
    expect(body.error.issues).toMatchObject([{ path, message: expect.stringMatching(/^[A-Za-z].+\.$/) }]);
  });
  it('answers a time-out with the message as far as it is known', async () => {
    const sent = { ...examples['message.send'].result.message, state: 'unknown' as const };
    await start({ send: async () => ({ refused: 'timeout', message: 'No answer came.', sent }) });
    const { status, body } = await call('message.send', { ...text, waitFor: 'sent' });
    expect([status, body.error]).toEqual([
      504,
      {
        code: 'timeout',
        message: 'No answer came.',
        data: { message: sent },
        retryable: true,
        requestId: expect.any(String),
      },
    ]);
  });
  it('answers a full queue with the time to wait', async () => {
    await start({
      send: async () => ({ refused: 'queue_full', message: 'It is full.', retryAfterMs: 2_500 }),
    });
    const { status, body } = await call('message.send', text);
    expect([status, body.error]).toMatchObject([
      429,
      { code: 'rate_limited', cause: 'queue_full', retryAfterMs: 2_500 },
    ]);
  });
  it('is refused during a shutdown, and for an organization that is not there', async () => {
    const orders = await start();
    expect((await call('message.send', { ...text, orgId: 'gone' })).body.error.code).toBe('not_found');
    expect((await call('message.send', { ...text, orgId: 'beta' }, 'sender')).body.error.code).toBe(
      'not_found',
    );
    expect((await call('message.send', text, 'reader')).body.error.code).toBe('forbidden');
    harness.stub.draining = true;
    expect((await call('message.send', text)).body.error.code).toBe('unavailable');
    expect(orders).toEqual([]);
  });
});

describe('contact.exists', () => {
  it('is bounded for each organization, and a wrong call costs nothing', async () => {
    await start();
    const ask = (orgId: string) => call('contact.exists', { orgId, phones: ['34600111222'] });
    await call('contact.exists', { orgId: 'acme', phones: [] });
    const statuses = new Set<number>();
    for (let n = 0; n < 60; n += 1) statuses.add((await ask('acme')).status);
    expect([...statuses]).toEqual([200]);
    const { status, body } = await ask('acme');
    expect([status, body.error.code]).toEqual([429, 'rate_limited']);
    expect(body.error.retryAfterMs).toBeGreaterThan(30_000);
    expect((await ask('beta')).status).toBe(200);
  });
});

describe('group.list', () => {
  it('gives every group once, a page at a time', async () => {
    const ids = ['120363000000000003@g.us', '120363000000000001@g.us', '120363000000000002@g.us'];
    await start({ groups: async () => ids.map((id) => ({ id, subject: 'S', participants: [] })) });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { body } = await call(
        'group.list',
        { orgId: 'acme', limit: 2, ...(cursor && { cursor }) },
        'reader',
      );
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.nextCursor === null) break;
      cursor = body.nextCursor;
    }
    expect(seen).toEqual([...ids].sort());
  });
});
