/** Messages of WhatsApp: references in a lane of their own, whose content is read when it is sent. */
import { describe, expect, it } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import { messageBounds } from '../../src/delivery/deliveries-index.ts';
import type { DeliveryOptions } from '../../src/delivery/delivery.ts';
import { bodyAtMost, fitted } from '../../src/delivery/fit-body.ts';
import type { Outcome, Post } from '../../src/delivery/http-post.ts';
import type { Endpoint, ReferenceMessage } from '../../src/delivery/message.ts';
import { until } from '../support/until.ts';
import { eventOf, openDeliveryHarness, webhookAt } from './harness.ts';

const referenceOf = (id: string, orgId = 'acme'): ReferenceMessage => ({
  kind: 'reference',
  id,
  type: 'message.received',
  timestamp: '2026-01-15T03:35:00.000Z',
  orgId,
  ref: { seq: 7 },
});
const everything = webhookAt('https://all.example/hook', { name: 'all' });
const named = webhookAt('https://named.example/hook', { name: 'named', events: ['message.received'] });

/** A receiver that keeps what it got, and answers as the test decides. */
const open = (endpoints: readonly Endpoint[], over: Partial<DeliveryOptions['messages'] & object> = {}) => {
  const sent: { url: string; id: string; data: unknown }[] = [];
  const state = { isAway: false, dropped: [] as string[] };
  const post: Post = {
    send: async ({ url, body }): Promise<Outcome> => {
      const { id, type, data } = JSON.parse(body);
      if (state.isAway && type === 'message.received')
        return { kind: 'failed', status: 503, error: 'http_503', slow: false };
      sent.push({ url, id, data });
      return { kind: 'delivered', status: 200 };
    },
    close: async () => {},
  };
  const table = memoryTable();
  const messages = {
    table,
    resolve: ({ id, type, timestamp, orgId }: ReferenceMessage) =>
      ({ kind: 'event', id, type, timestamp, orgId, data: { text: `secret of ${id}` } }) as const,
    onOverflow: (endpoint: string) => void state.dropped.push(endpoint),
    ...over,
  };
  const harness = openDeliveryHarness(endpoints, { post, messages });
  return { ...harness, sent, state, messageTable: table };
};
const rowsOf = (table: ReturnType<typeof memoryTable>) => JSON.stringify(table.range({}));

describe('a message of WhatsApp', () => {
  it('goes to endpoints that name its type, and never to one without a list', async () => {
    const { delivery, sent } = open([everything, named]);
    await delivery.recordReferences([referenceOf('evt_1')]);
    await until('it is settled', () => sent.length === 1);
    expect(sent).toEqual([{ url: named.url, id: 'evt_1', data: { text: 'secret of evt_1' } }]);
    await delivery.record(eventOf('evt_2'));
    await until('it is settled', () => sent.length === 2);
    expect(sent[1]?.url).toBe(everything.url);
    expect(delivery.isAnyWanted(['message.received'])).toBe(true);
    expect(delivery.isAnyWanted(['message.updated'])).toBe(false);
    await delivery.close();
  });
  it('leaves no content in the table, nor in the list of deliveries', async () => {
    const { delivery, sent, messageTable } = open([named]);
    await delivery.recordReferences([referenceOf('evt_1')]);
    await until('it is settled', () => sent.length === 1);
    expect(rowsOf(messageTable)).toContain('evt_1');
    expect(rowsOf(messageTable) + JSON.stringify(delivery.list())).not.toContain('secret');
    await delivery.close();
  });
  it('that is recorded again after a crash is delivered once', async () => {
    const { delivery, sent } = open([named]);
    for (let n = 0; n < 3; n += 1) await delivery.recordReferences([referenceOf('evt_1')]);
    await until('it is settled', () => delivery.list()[0]?.status === 'delivered');
    expect(sent.length).toBe(1);
    expect(delivery.isNeeded('evt_1')).toBe(false);
    await delivery.close();
  });
  it('whose row was removed is a dead letter, and is not sent', async () => {
    const { delivery, sent } = open([named], { resolve: () => undefined });
    await delivery.recordReferences([referenceOf('evt_1')]);
    await until('it is settled', () => delivery.list()[0]?.status === 'dead');
    expect(delivery.list()[0]?.lastError).toBe('message_lost');
    expect([sent, delivery.isNeeded('evt_1')]).toEqual([[], true]);
    await delivery.close();
  });
  it('waits in the quota of its organization, whose oldest become dead letters with a notice', async () => {
    const { delivery, state } = open([named]);
    state.isAway = true;
    await delivery.recordReferences([referenceOf('evt_other', 'beta')]);
    const many = Array.from({ length: messageBounds.pendingOfOrg + 3 }, (_, n) => referenceOf(`evt_${n}`));
    await delivery.recordReferences(many);
    const status = (id: string) => delivery.list().find(({ messageId }) => messageId === id)?.status;
    expect(['evt_0', 'evt_2', 'evt_other'].map(status)).toEqual(['dead', 'dead', 'pending']);
    expect(delivery.counts()[0]?.pending).toBe(messageBounds.pendingOfOrg + 1);
    expect(state.dropped).toEqual(['named', 'named', 'named']);
    await delivery.close();
  });
  it('that waits 50,000 times delays no other event of the same endpoint', async () => {
    const both = webhookAt('https://both.example/hook', { events: ['message.received', 'session.updated'] });
    const { delivery, sent, state } = open([both]);
    state.isAway = true;
    const many = Array.from({ length: 50_000 }, (_, n) => referenceOf(`evt_m${n}`, `org-${n % 100}`));
    await delivery.recordReferences(many);
    await delivery.record(eventOf('evt_alert'));
    await until('it is settled', () => sent.length > 0);
    expect(sent.map(({ id }) => id)).toEqual(['evt_alert']);
    expect(delivery.counts()[0]?.pending).toBe(50_000);
    await delivery.close();
  });
  it('can be redelivered after it was given up', async () => {
    const found: ReturnType<NonNullable<DeliveryOptions['messages']>['resolve']>[] = [undefined];
    const { delivery, sent } = open([named], { resolve: () => found[0] });
    await delivery.recordReferences([referenceOf('evt_1')]);
    await until('it is dead', () => delivery.list()[0]?.status === 'dead');
    found[0] = eventOf('evt_1', { type: 'message.received' });
    await delivery.redeliver('named', 'evt_1');
    expect(await delivery.redeliver('named', 'evt_2')).toBeUndefined();
    await until('it is sent', () => sent.length === 1);
    await delivery.close();
  });
});

describe('the body of a webhook', () => {
  it('is left as it is up to its bound', () => {
    const data = { seq: 1, message: { text: { body: 'x'.repeat(60_000) } } };
    expect(fitted(data)).toBe(data);
  });
  it.each([
    ['a long text', { message: { text: { body: 'ñ'.repeat(65_536) } } }],
    ['characters of two units', { message: { text: { body: `a${'😀'.repeat(32_768)}` } } }],
    ['many contacts', { message: { contacts: Array(300).fill({ name: 'n', vcard: 'v'.repeat(900) }) } }],
    [
      'many mentions',
      { message: { mentions: Array(1_024).fill({ phone: '34600111222', lid: '1'.repeat(60) }) } },
    ],
  ])('is cut to its bound with %s, and says so', (_, data) => {
    const body = fitted(data);
    const text = JSON.stringify(body);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bodyAtMost);
    expect(body).toHaveProperty('truncated', true);
    expect(text).not.toMatch(/\\ud8/i);
  });
});
