/** A control API with a sample fleet behind it, its alerts, deliveries and history. */
import type { Past } from '../../src/control/rpc/handlers/history.ts';
import { alertLike, deliveryLike, type Harness, startHarness } from '../control/harness.ts';
import { messagesStub } from '../control/messages-stub.ts';
import { fortyOf } from './sample-fleet.ts';

const minute = 60_000;
const hour = 60 * minute;
const iso = (ms: number) => new Date(ms).toISOString();

type Entry = ReturnType<Past['page']>['items'][number];
const historyOf = (now: number): Past => {
  const entry = (id: number, ago: number, to: Entry['to'], cause: string, over: Partial<Entry> = {}) =>
    ({
      id,
      at: now - ago,
      from: 'connected',
      to,
      cause,
      reason: null,
      attempt: 0,
      desired: 'running',
      liveness: to === 'connected' ? 'healthy' : null,
      revision: id,
      nextRetryAt: null,
      ...over,
    }) as Entry;
  const items = [
    entry(9, 21 * minute, 'failed', 'connection.closed', { reason: 'revoked', statusCode: 401 }),
    entry(8, 2.4 * hour, 'connected', 'connection.pinged'),
    entry(7, 2.45 * hour, 'restoring', 'connection.deaf', { reason: 'deaf' }),
    entry(6, 2.6 * hour, 'connected', 'connection.deaf', { liveness: 'deaf' }),
    entry(5, 4.2 * hour, 'connected', 'connection.pinged'),
    entry(4, 4.3 * hour, 'restoring', 'permit.granted'),
    entry(3, 4.5 * hour, 'retrying', 'connection.closed', {
      reason: 'timeout',
      nextRetryAt: now - 4.4 * hour,
    }),
    entry(2, 5 * hour, 'connected', 'after.pingDeadline', { liveness: 'suspect' }),
    entry(1, 60 * hour, 'connected', 'adopted'),
  ];
  return { page: () => ({ items, next: 1 }) };
};

const addAlerts = ({ stub }: Harness, now: number): void => {
  const add = (fingerprint: string, over: Parameters<typeof alertLike>[0]) =>
    stub.alerts.set(fingerprint, alertLike({ fingerprint, ...over }));
  add('a', { orgId: 'optica-luz-del-sur', startsAt: iso(now - 21 * minute) });
  const cut = { severity: 'warning', labels: {}, orgId: 'taqueria-los-compadres' } as const;
  add('b', { ...cut, name: 'SessionRetryingTooLong', startsAt: iso(now - 7 * minute) });
  add('c', {
    name: 'SessionRestoreFailed',
    labels: { reason: 'locked' },
    orgId: 'clinica-dental-sonrisa',
    startsAt: iso(now - 20 * hour),
    silencedUntil: iso(now + 9 * hour),
  });
  const mass = { name: 'MassDisconnect', status: 'resolved', labels: {}, orgId: null } as const;
  add('d', { ...mass, startsAt: iso(now - 16 * hour), endsAt: iso(now - 15.9 * hour) });
};
const addDeliveries = ({ stub }: Harness, now: number): void => {
  stub.deliveries.length = 0;
  for (let i = 0; i < 12; i += 1) {
    const endpoint = i % 3 === 0 ? 'crm.reservas' : 'api.citas';
    const isPending = i % 3 === 0 && i < 7;
    const status = i === 9 ? 'dead' : 'delivered';
    stub.deliveries.push(
      deliveryLike({
        id: `${endpoint}/evt_${i}`,
        endpoint,
        messageId: `evt_${i}`,
        type: i % 4 === 0 ? 'alert.firing' : 'session.updated',
        status: isPending ? 'pending' : status,
        attempts: i % 3 === 0 ? 6 : 1,
        createdAt: iso(now - i * minute),
        nextAttemptAt: isPending ? iso(now + 74_000) : null,
        doneAt: isPending ? null : iso(now - i * minute),
        lastStatus: isPending ? 502 : 200,
        lastError: null,
      }),
    );
  }
};

/** One of them is restricted, with messages that WhatsApp did not confirm. */
const messagesOf = (now: number) => {
  const usual = {
    ...{ queued: 0, sending: 0, unknown: 0, sent24h: 212, received24h: 1_184 },
    ...{ lastSentAt: now - 24 * minute, lastReceivedAt: now - 22 * minute, restriction: null },
  };
  const restriction = { since: iso(now - 5 * hour), until: iso(now + 19 * hour) };
  const restricted = { ...usual, queued: 14, sending: 1, unknown: 3, restriction };
  return messagesStub({ counts: (org) => (org === 'bodega-don-aurelio' ? restricted : usual) });
};

/** By default forty organizations in every situation. */
export const startSampleServer = async (
  views = fortyOf(Date.now()),
  over: Parameters<typeof startHarness>[0] = {},
): Promise<Harness> => {
  const now = Date.now();
  const ports = { history: historyOf(now), messages: messagesOf(now) };
  const harness = await startHarness({ now: Date.now, ...ports, ...over }, views);
  addAlerts(harness, now);
  addDeliveries(harness, now);
  harness.stub.pairings.set('panaderia-la-espiga', {
    status: 'qr',
    pairingId: 'pair_1',
    qr: `2@a-qr-that-links-nothing,with-the-length-of-a-real-one,${'A'.repeat(60)}=`,
    attempt: 1,
    expiresAt: now + 55_000,
  });
  harness.stub.ready.push({ name: 'database', status: 'pass' }, { name: 'gate', status: 'pass' });
  return harness;
};
