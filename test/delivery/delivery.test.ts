/** What is recorded reaches everybody who wants it, at least once, whatever the receivers do. */
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { eventOf, noticeOf, openDeliveryHarness, Receiver, secret, webhookAt } from './harness.ts';

let receiver: Receiver;
let other: Receiver;
let url: string;
let otherUrl: string;
const open: { close(): Promise<void> }[] = [];
const openHarness = (...given: Parameters<typeof openDeliveryHarness>) => {
  const staged = openDeliveryHarness(...given);
  open.push(staged.delivery);
  return staged;
};
beforeEach(async () => {
  [receiver, other] = [new Receiver(), new Receiver()];
  [url, otherUrl] = [await receiver.listen(), await other.listen()];
});
afterEach(async () => {
  await Promise.all([receiver.close(), other.close()]);
  await Promise.all(open.splice(0).map((one) => one.close()));
});
const delivered = (d: ReturnType<typeof openDeliveryHarness>['delivery'], n: number) =>
  until(`${n} delivered`, () => d.list().filter(({ status }) => status === 'delivered').length === n);

describe('a webhook', () => {
  it('is signed so that the library of the specification verifies it, with each of two secrets', async () => {
    const second = `whsec_${Buffer.from('another secret, for rotation').toString('base64')}`;
    const { delivery } = openHarness([webhookAt(`${url}/hook`, { secrets: [secret, second] })]);
    await delivery.record(eventOf('evt_1'));
    await delivered(delivery, 1);
    const [got] = receiver.got;
    for (const one of [secret, second])
      expect(new Webhook(one).verify(got?.body ?? '', got?.headers ?? {})).toEqual({
        id: 'evt_1',
        type: 'session.updated',
        timestamp: '2026-01-15T03:35:00.000Z',
        orgId: 'acme',
        data: { session: { orgId: 'acme', revision: 7 } },
      });
    expect(() => new Webhook(secret).verify(`${got?.body} `, got?.headers ?? {})).toThrow();
    expect(got).toMatchObject({
      path: '/hook',
      headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
    });
  });

  it('is sent again until it is taken, under the same id, and the waits grow', async () => {
    receiver.answer = (_, response, nth) => void response.writeHead(nth < 4 ? 500 : 200).end();
    const { delivery, health } = openHarness([webhookAt(url)]);
    await delivery.record(eventOf('evt_1'));
    await delivered(delivery, 1);
    expect(receiver.ids()).toEqual(['evt_1', 'evt_1', 'evt_1', 'evt_1']);
    expect(delivery.list()).toMatchObject([{ attempts: 4, lastStatus: 200, lastError: null }]);
    expect(health).toEqual(['django failing', 'django well']);
  });

  it('is given up after ten attempts, stays visible, and can be sent again by hand', async () => {
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const { delivery } = openHarness([webhookAt(url)], { divisor: 10_000_000 });
    await delivery.record(eventOf('evt_1'));
    await until('it to be given up', () => delivery.list()[0]?.status === 'dead');
    expect(receiver.got).toHaveLength(10);
    expect(delivery.list()).toMatchObject([{ lastError: 'http_500', lastStatus: 500 }]);
    receiver.answer = (_, response) => void response.writeHead(204).end();
    expect(await delivery.redeliver('django', 'evt_1')).toMatchObject({ messageId: 'evt_1', attempts: 0 });
    await delivered(delivery, 1);
    expect(await delivery.redeliver('django', 'nothing')).toBe(undefined);
  });

  it('goes to those that want its type, and is recorded once however often it is told', async () => {
    const { delivery } = openHarness([
      webhookAt(url, { events: ['alert.firing'] }),
      webhookAt(otherUrl, { name: 'all' }),
    ]);
    for (let n = 0; n < 3; n += 1) await delivery.record(eventOf('evt_1'));
    await delivery.record(eventOf('evt_2', { type: 'alert.firing' }));
    await delivered(delivery, 3);
    await delivery.record(eventOf('evt_1')); // delivered already: after a crash it may be told once more
    await delivery.record(eventOf('evt_3'));
    await delivered(delivery, 4);
    expect(receiver.ids()).toEqual(['evt_2']);
    expect(other.ids().toSorted()).toEqual(['evt_1', 'evt_2', 'evt_3']);
  });
});

describe('a receiver that', () => {
  it('hangs is left after the deadline, and delays nobody else', async () => {
    receiver.answer = () => {};
    const { delivery } = openHarness(
      [webhookAt(url, { name: 'hangs' }), webhookAt(otherUrl, { name: 'well' })],
      { deadlineMs: 300 },
    );
    for (let n = 0; n < 20; n += 1) await delivery.record(eventOf(`evt_${n}`));
    await delivered(delivery, 20);
    expect(other.got).toHaveLength(20);
    await until('a deadline to pass', () =>
      delivery.list().some(({ lastError }) => lastError === 'TimeoutError'),
    );
    expect(
      new Set(
        delivery
          .list()
          .filter((d) => d.status === 'delivered')
          .map((d) => d.endpoint),
      ),
    ).toEqual(new Set(['well']));
  });

  it('answers 410 gets nothing, also after a restart, until its address changes or a test succeeds', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    const first = openHarness([webhookAt(url)]);
    await first.delivery.record(eventOf('evt_1'));
    await until('it to be given up', () => first.delivery.list()[0]?.status === 'dead');
    await first.delivery.record(eventOf('evt_2'));
    expect(first.delivery.list()).toHaveLength(1);
    expect(first.health).toEqual(['django failing']);

    const again = openHarness([webhookAt(url)], { table: first.table });
    expect(again.health).toEqual(['django failing']);
    await again.delivery.record(eventOf('evt_3'));
    expect(receiver.got).toHaveLength(1);
    receiver.answer = (_, response) => void response.writeHead(200).end();
    expect(await again.delivery.test('django')).toMatchObject({ status: 200, error: null });
    expect(await again.delivery.test('nobody')).toBe(undefined);
    await again.delivery.record(eventOf('evt_4'));
    await delivered(again.delivery, 1);

    const moved = openHarness([webhookAt(`${url}/new`)], { table: first.table });
    await moved.delivery.record(eventOf('evt_5'));
    await until('the new address to be used', () => receiver.got.at(-1)?.path === '/new');
  });

  it('answers 429 with Retry-After is left alone for so long, with all that waits for it', async () => {
    receiver.answer = (_, response, nth) =>
      void (nth === 1 ? response.writeHead(429, { 'retry-after': '1' }) : response.writeHead(204)).end();
    const { delivery } = openHarness([webhookAt(url)]);
    await delivery.record(eventOf('evt_1'));
    await until('the refusal', () => delivery.list()[0]?.lastStatus === 429);
    const refusedAt = Date.now();
    await delivery.record(eventOf('evt_2'));
    await delivered(delivery, 2);
    expect(Date.now() - refusedAt).toBeGreaterThan(800);
    expect(receiver.got).toHaveLength(3);
  });

  it('redirects to a private address is not followed', async () => {
    receiver.answer = (_, response) => void response.writeHead(302, { location: otherUrl }).end();
    const { delivery } = openHarness([webhookAt(url)]);
    await delivery.record(eventOf('evt_1'));
    await until('the refusal', () => delivery.list()[0]?.lastError === 'redirect_refused');
    expect(other.got).toEqual([]);
  });
});

describe('a process that ends', () => {
  it('leaves what waits to the next one, and nothing is invented', async () => {
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const first = openHarness([webhookAt(url)], { divisor: 1 });
    for (let n = 0; n < 50; n += 1) await first.delivery.record(eventOf(`evt_${n}`));
    await first.delivery.close();
    receiver.answer = (_, response) => void response.writeHead(204).end();
    const before = receiver.got.length;
    const second = openHarness([webhookAt(url)], {
      table: first.table,
      divisor: 1,
      now: () => Date.now() + 86_400_000,
    });
    await delivered(second.delivery, 50);
    const ids = receiver.ids().slice(before);
    expect(ids).toHaveLength(50);
    expect(new Set(ids).size).toBe(50);
  });
});

it('people get notices, and programs events', async () => {
  const endpoints = [
    webhookAt(url),
    webhookAt(`${otherUrl}/slack`, { name: 'slack', kind: 'slack', secrets: [] }),
  ];
  const { delivery } = openHarness(endpoints);
  await delivery.record(eventOf('evt_1'));
  await delivery.record(noticeOf('ntc_1'));
  await delivered(delivery, 2);
  expect(receiver.got).toHaveLength(1);
  expect(other.got.map(({ path }) => path)).toEqual(['/slack']);
});
