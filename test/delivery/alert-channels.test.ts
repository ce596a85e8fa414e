/** A channel is informed of what it does not know yet, and of no end whose beginning it did not get. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import type { AlertEvent, AlertNews } from '../../src/delivery/alert-channels.ts';
import type { Deliveries } from '../../src/delivery/delivery.ts';
import type { Endpoint } from '../../src/delivery/message.ts';
import type { Alert } from '../../src/protocol/alerts.ts';
import { until } from '../support/until.ts';
import { openDeliveryHarness, Receiver, webhookAt } from './harness.ts';

const startsAt = '2026-01-15T03:35:00.000Z';
const timestamp = '2026-01-15T03:40:00.000Z';
const alertOf = (org: string, over: Partial<Alert> = {}): Alert => ({
  fingerprint: `fp-${org}`,
  name: 'SessionLoggedOut',
  severity: 'critical',
  status: 'firing',
  orgId: org,
  labels: {},
  summary: 'It was unlinked.',
  action: 'Pair it again.',
  startsAt,
  endsAt: null,
  silencedUntil: null,
  ...over,
});
const fires = (org: string): AlertEvent => ({
  firingId: `evt_fp-${org}_${Date.parse(startsAt)}_firing`,
  alert: alertOf(org),
});
const ended = (org: string): AlertEvent => ({
  ...fires(org),
  resolvedId: `evt_fp-${org}_${Date.parse(startsAt)}_resolved`,
  alert: alertOf(org, { status: 'resolved', endsAt: timestamp }),
});
const news = (
  firing: readonly AlertEvent[],
  resolved: readonly AlertEvent[] = [],
  isReminder = false,
): AlertNews => ({
  name: 'SessionLoggedOut',
  severity: 'critical',
  isReminder,
  timestamp,
  firing,
  resolved,
});
const standing = (...orgs: readonly string[]) => ({
  firing: orgs.map(fires),
  known: new Set(orgs.map((org) => `fp-${org}`)),
  timestamp,
});

let receiver: Receiver;
let url: string;
const open: Deliveries[] = [];
const start = (endpoints: readonly Endpoint[], table = memoryTable(), divisor = 1_000) => {
  const harness = openDeliveryHarness(endpoints, { table, divisor });
  open.push(harness.delivery);
  return harness;
};
beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.listen();
});
afterEach(async () => {
  await receiver.close();
  await Promise.all(open.splice(0).map((one) => one.close()));
});
const slack = (path = '/slack') => webhookAt(`${url}${path}`, { name: 'slack', kind: 'slack', secrets: [] });
const program = () => webhookAt(`${url}/hook`);
/** The headlines that a channel received, with the organizations. */
const texts = (path: string) =>
  receiver.got
    .filter((got) => got.path === path)
    .map(({ body }) => {
      const { text, blocks } = JSON.parse(body) as { text: string; blocks: { text: { text: string } }[] };
      const orgs = /Organizations: (.*)/.exec(blocks[0]?.text.text ?? '')?.[1];
      return `${text.split(':')[0]}${orgs === undefined ? '' : ` of ${orgs}`}`;
    });
const events = () =>
  receiver.got
    .filter(({ path }) => path === '/hook')
    .map(({ body }) => JSON.parse(body) as { type: string; orgId: string })
    .map(({ type, orgId }) => `${type} ${orgId}`);
const idle = (delivery: Deliveries) =>
  until('nothing to wait', () => delivery.counts().every(({ pending }) => pending === 0));

describe('a channel that was configured after an alert fired', () => {
  it('gets the alerts that fire, once, and then their end', async () => {
    const { delivery, table } = start([slack(), program()]);
    for (let n = 0; n < 3; n += 1) await delivery.catchUp(standing('acme', 'beta'));
    await idle(delivery);
    await delivery.catchUp(standing('acme', 'beta'));
    await delivery.close();
    const again = start([slack(), program()], table).delivery;
    await again.catchUp(standing('acme', 'beta'));
    await again.recordAlerts(news([fires('beta')], [ended('acme')]));
    await idle(again);
    await again.recordAlerts(news([], [ended('beta')]));
    await idle(again);
    expect(texts('/slack')).toEqual([
      'FIRING SessionLoggedOut (2) of acme, beta',
      'STILL FIRING SessionLoggedOut',
      'RESOLVED SessionLoggedOut',
    ]);
    expect(events().toSorted()).toEqual([
      'alert.firing acme',
      'alert.firing beta',
      'alert.resolved acme',
      'alert.resolved beta',
    ]);
  });
  it('gets no end whose beginning it did not get', async () => {
    const { delivery } = start([slack(), program()]);
    await delivery.recordAlerts(news([], [ended('acme')]));
    await delivery.catchUp(standing());
    await idle(delivery);
    expect(receiver.got).toEqual([]);
  });
});

describe('a channel that was removed and added again', () => {
  it('gets the end that it missed, and what began meanwhile', async () => {
    const first = start([slack()]);
    await first.delivery.recordAlerts(news([fires('acme')]));
    await idle(first.delivery);
    await first.delivery.close();
    const without = start([], first.table).delivery;
    await without.recordAlerts(news([fires('beta')], [ended('acme')]));
    await without.close();
    const again = start([slack()], first.table).delivery;
    await again.catchUp(standing('beta'));
    await idle(again);
    await again.catchUp(standing('beta'));
    await idle(again);
    expect(texts('/slack')).toEqual(['FIRING SessionLoggedOut of acme', 'FIRING SessionLoggedOut of beta']);
    const body = receiver.got.at(-1)?.body ?? '';
    expect(body).toContain('No longer: acme');
  });
  it('is another channel at another address', async () => {
    const first = start([slack('/one')]);
    await first.delivery.recordAlerts(news([fires('acme')]));
    await idle(first.delivery);
    await first.delivery.close();
    const moved = start([slack('/two')], first.table).delivery;
    await moved.catchUp(standing('acme'));
    await idle(moved);
    await moved.close();
    const back = start([slack('/one')], first.table).delivery;
    await back.catchUp(standing('acme'));
    await idle(back);
    expect([texts('/one'), texts('/two')]).toEqual([
      ['FIRING SessionLoggedOut of acme'],
      ['FIRING SessionLoggedOut of acme'],
    ]);
  });
});

describe('a channel that is away', () => {
  /** Its first notice has failed, and would be repeated in some seconds. */
  const away = async () => {
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const { delivery } = start([slack()], memoryTable(), 1);
    await delivery.recordAlerts(news([fires('acme')]));
    await until('a failure', () => delivery.list()[0]?.attempts === 1);
    receiver.answer = (_, response) => void response.writeHead(200).end();
    return delivery;
  };
  it('gets nothing of an alert that began and ended meanwhile', async () => {
    const delivery = await away();
    await delivery.recordAlerts(news([], [ended('acme')]));
    await idle(delivery);
    expect(receiver.got).toHaveLength(1);
    expect(delivery.list()).toMatchObject([{ status: 'dead', lastError: 'superseded' }]);
  });
  it('gets one notice with the present state, not each of those that are out of date', async () => {
    const delivery = await away();
    await delivery.recordAlerts(news([fires('acme'), fires('beta')]));
    await idle(delivery);
    expect(texts('/slack').slice(1)).toEqual(['FIRING SessionLoggedOut (2) of acme, beta']);
  });
});

it('a reminder goes to a channel that knows the alert, and is a beginning for one that does not', async () => {
  const { delivery } = start([slack()]);
  await delivery.recordAlerts(news([fires('acme')], [], true));
  await idle(delivery);
  await delivery.recordAlerts({ ...news([fires('acme')], [], true), timestamp: '2026-01-15T07:40:00.000Z' });
  await idle(delivery);
  expect(texts('/slack')).toEqual([
    'FIRING SessionLoggedOut of acme',
    'STILL FIRING SessionLoggedOut of acme',
  ]);
});

it('the same news again change nothing, and a damaged row of one alert hides no other', async () => {
  const table = memoryTable();
  await table.write([{ key: ['told', 'slack', 'x', 'fp-acme'], value: { name: 7 } }]);
  const { delivery } = start([slack(), program()], table);
  for (let n = 0; n < 3; n += 1) await delivery.recordAlerts(news([fires('acme')]));
  await idle(delivery);
  for (let n = 0; n < 3; n += 1) await delivery.recordAlerts(news([fires('acme')]));
  await idle(delivery);
  expect(receiver.got).toHaveLength(2);
});

it('a test says that it is one', async () => {
  const pager = webhookAt(`${url}/pager`, {
    name: 'pagerduty',
    kind: 'pagerduty',
    secrets: ['r'.repeat(32)],
  });
  const { delivery } = start([slack(), pager, program()]);
  for (const name of ['slack', 'pagerduty', 'django'])
    expect(await delivery.test(name)).toMatchObject({ error: null });
  const [slacked = '', paged = '', hooked = ''] = receiver.got.map(({ body }) => body);
  for (const body of [slacked, paged]) {
    expect(body).toContain('TEST');
    expect(body).not.toMatch(/RESOLVED|FIRING|WebhookFailing/);
  }
  expect(JSON.parse(paged)).toMatchObject({ event_action: 'resolve', dedup_key: 'vigia/test' });
  expect(JSON.parse(hooked)).toMatchObject({ type: 'webhook.test' });
});
