import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Org } from '../../machines/domain/ports.ts';
import type { ObservedEvent } from '../../src/metrics/fleet.ts';
import { openMetrics, type Readings } from '../../src/metrics/metrics.ts';
import { errors } from '../../src/protocol/errors.ts';
import { viewOf } from '../control/views.ts';
import { FleetHarness, found } from '../machines/harness.ts';
import { lint, readExposition, sampleOf } from '../support/exposition.ts';

const quiet: Readings = {
  alertsFiring: () => [],
  outbox: () => [],
  unrecorded: () => 0,
  messages: () => ({ waiting: 0, receivedBytes: 0, sentBytes: 0, unreadable: 0 }),
  database: () => 'durable',
  wsConnections: () => 0,
  logLinesDropped: () => 0,
  patches: () => [],
};
const open = (over: Partial<Parameters<typeof openMetrics>[0]> = {}) =>
  openMetrics({
    version: '1.2.3',
    endpoints: ['crm'],
    perOrg: false,
    now: () => Date.now(),
    readings: quiet,
    ...over,
  });
const read = async ({ text }: Pick<ReturnType<typeof open>, 'text'>) => readExposition((await text()).body);

beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] }),
);
afterEach(() => void vi.useRealTimers());

describe('the exposition', () => {
  it('is what a strict parser and a linter take', async () => {
    const metrics = open();
    const { contentType, body } = await metrics.text();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = readExposition(body);
    const ours = new Map([...families].filter(([name]) => name.startsWith('vigia_')));
    expect(ours.size).toBeGreaterThan(25);
    lint(ours);
    expect(families.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
    expect(families.has('process_resident_memory_bytes')).toBe(true);
  });
  it('is what promtool takes', async (context) => {
    try {
      execFileSync('promtool', ['--version'], { stdio: 'pipe' });
    } catch {
      return context.skip('there is no promtool here');
    }
    const { body } = await open({ perOrg: true }).text();
    const ours = body.split(/(?=^# HELP )/m).filter((family) => family.startsWith('# HELP vigia_'));
    expect(
      execFileSync('promtool', ['check', 'metrics'], {
        input: ours.join(''),
        encoding: 'utf8',
        stdio: 'pipe',
      }),
    ).toBe('');
  });
  it('has every series from the start', async () => {
    const families = await read(open());
    expect(sampleOf(families, 'vigia_session_transitions_total', { from: 'connected', to: 'failed' })).toBe(
      0,
    );
    expect(sampleOf(families, 'vigia_session_disconnects_total', { reason: 'revoked' })).toBe(0);
    expect(sampleOf(families, 'vigia_webhook_deliveries_total', { endpoint: 'crm', result: 'gone' })).toBe(0);
    expect(sampleOf(families, 'vigia_webhook_duration_seconds_count', { endpoint: 'crm' })).toBe(0);
    for (const code of ['ok', ...Object.keys(errors)])
      expect(sampleOf(families, 'vigia_rpc_requests_total', { method: 'session.pair', code })).toBe(0);
    expect(sampleOf(families, 'vigia_alerts_firing', { name: 'SessionFlapping', severity: 'warning' })).toBe(
      0,
    );
    expect(sampleOf(families, 'vigia_build_info', { version: '1.2.3', node: process.version })).toBe(1);
  });
  it('reads the rest when it is asked for', async () => {
    const readings: Readings = {
      alertsFiring: () => [{ name: 'SessionLoggedOut' }, { name: 'SessionLoggedOut' }],
      outbox: () => [{ name: 'crm', pending: 3, oldest: 7_000 }],
      unrecorded: () => 2,
      messages: () => ({ waiting: 3, receivedBytes: 4, sentBytes: 5, unreadable: 6 }),
      database: () => 'memory',
      wsConnections: () => 4,
      logLinesDropped: () => 7,
      patches: () => [
        { name: 'quiet_presence', is: 'missing' },
        { name: 'shared_context', is: 'not_needed' },
      ],
    };
    const families = await read(open({ readings }));
    expect(sampleOf(families, 'vigia_patch_missing', { patch: 'quiet_presence' })).toBe(1);
    expect(sampleOf(families, 'vigia_patch_missing', { patch: 'shared_context' })).toBe(0);
    expect(
      sampleOf(families, 'vigia_alerts_firing', { name: 'SessionLoggedOut', severity: 'critical' }),
    ).toBe(2);
    expect(sampleOf(families, 'vigia_outbox_pending', { endpoint: 'crm' })).toBe(3);
    expect(sampleOf(families, 'vigia_outbox_oldest_timestamp_seconds', { endpoint: 'crm' })).toBe(7);
    expect(sampleOf(families, 'vigia_outbox_unrecorded', {})).toBe(2);
    expect(sampleOf(families, 'vigia_database_status', { status: 'memory' })).toBe(1);
    expect(sampleOf(families, 'vigia_database_status', { status: 'durable' })).toBe(0);
    expect(sampleOf(families, 'vigia_ws_connections')).toBe(4);
    expect(sampleOf(families, 'vigia_messages_waiting')).toBe(3);
    expect(sampleOf(families, 'vigia_messages_bytes', { kind: 'received' })).toBe(4);
    expect(sampleOf(families, 'vigia_messages_bytes', { kind: 'sent' })).toBe(5);
    expect(sampleOf(families, 'vigia_messages_unreadable_total')).toBe(6);
  });
  it('counts a close code that nobody knows as other', async () => {
    const metrics = open();
    for (const code of [1001, 4999, 3000]) metrics.control.closed(code);
    const families = await read(metrics);
    expect(sampleOf(families, 'vigia_ws_closes_total', { code: '1001' })).toBe(1);
    expect(sampleOf(families, 'vigia_ws_closes_total', { code: 'other' })).toBe(2);
  });
});

describe('a fleet', () => {
  const play = async (perOrg = false) => {
    const harness = new FleetHarness();
    harness.auto = 'connects';
    let present: readonly Org[] = ['acme', 'beta'];
    harness.scan = async () => ({
      rootSeen: true,
      startedAt: Date.now(),
      found: present.map((org) => found(org)),
    });
    const metrics = open({ perOrg });
    const supervisor = harness.supervise();
    supervisor.on('*', (e) => metrics.onEvent(e as ObservedEvent));
    for (const e of harness.received) metrics.onEvent(e as ObservedEvent);
    await vi.advanceTimersByTimeAsync(5_000);
    return { harness, metrics, look: (orgs: readonly Org[]) => void (present = orgs) };
  };

  it('is counted by what the supervisor says', async () => {
    const { harness, metrics } = await play();
    const before = await read(metrics);
    expect(sampleOf(before, 'vigia_sessions', { state: 'connected' })).toBe(2);
    expect(sampleOf(before, 'vigia_session_restore_attempts_total', { result: 'ok' })).toBe(2);
    expect(sampleOf(before, 'vigia_session_restore_duration_seconds_count', { result: 'ok' })).toBe(2);
    expect(sampleOf(before, 'vigia_session_transitions_total', { from: 'none', to: 'restoring' })).toBe(2);
    expect(sampleOf(before, 'vigia_scans_total', { result: 'ok' })).toBe(1);
    expect(sampleOf(before, 'vigia_last_scan_timestamp_seconds')).toBeGreaterThan(0);

    harness.auto = 'nothing';
    harness.close('network', 'acme');
    harness.close('revoked', 'beta');
    await vi.advanceTimersByTimeAsync(10);
    const lost = await read(metrics);
    expect(sampleOf(lost, 'vigia_session_disconnects_total', { reason: 'network' })).toBe(1);
    expect(sampleOf(lost, 'vigia_session_disconnects_total', { reason: 'revoked' })).toBe(1);
    expect(sampleOf(lost, 'vigia_sessions', { state: 'retrying' })).toBe(1);
    expect(sampleOf(lost, 'vigia_sessions', { state: 'failed' })).toBe(1);
    expect(sampleOf(lost, 'vigia_sessions', { state: 'connected' })).toBe(0);

    await vi.advanceTimersByTimeAsync(110_000); // it tries again, and nobody answers
    const late = await read(metrics);
    expect(sampleOf(late, 'vigia_session_restore_attempts_total', { result: 'timeout' })).toBe(1);
    expect(sampleOf(late, 'vigia_session_restore_duration_seconds_sum', { result: 'timeout' })).toBeCloseTo(
      90,
      0,
    );
  });

  it('counts a pairing once, by its method and how it ended', async () => {
    const metrics = open();
    const pairing = { id: 'p', method: 'code' as const, expiresAt: 9e12 };
    const change = {
      type: 'session.reported',
      org: 'acme',
      created: false,
      cause: 'session.pair',
      durable: true,
    } as const;
    metrics.onEvent({
      ...change,
      previousState: 'idle',
      view: viewOf('acme', { state: 'pairing', step: null, pairing }),
    });
    await vi.advanceTimersByTimeAsync(30_000);
    const end = {
      type: 'pairing.reported',
      org: 'acme',
      update: { status: 'completed', pairingId: 'p', reason: null },
    } as const;
    metrics.onEvent(end);
    metrics.onEvent(end);
    const families = await read(metrics);
    expect(sampleOf(families, 'vigia_pairing_total', { method: 'code', result: 'completed' })).toBe(1);
    expect(
      sampleOf(families, 'vigia_pairing_duration_seconds_sum', { method: 'code', result: 'completed' }),
    ).toBe(30);
    expect(sampleOf(families, 'vigia_session_transitions_total', { from: 'idle', to: 'pairing' })).toBe(1);
  });

  it('names organizations only when asked to, and forgets those that are gone', async () => {
    expect((await (await play()).metrics.text()).body).not.toContain('acme');
    const { metrics, look } = await play(true);
    expect(sampleOf(await read(metrics), 'vigia_session_up', { org: 'acme' })).toBe(1);
    lint(new Map([...(await read(metrics))].filter(([name]) => name.startsWith('vigia_'))));
    look(['beta']);
    await vi.advanceTimersByTimeAsync(95_000);
    const after = await read(metrics);
    expect(sampleOf(after, 'vigia_session_up', { org: 'acme' })).toBeUndefined();
    expect(sampleOf(after, 'vigia_session_up', { org: 'beta' })).toBe(1);
    expect(sampleOf(after, 'vigia_session_transitions_total', { from: 'connected', to: 'removed' })).toBe(1);
    expect(sampleOf(after, 'vigia_sessions', { state: 'connected' })).toBe(1);
  });
});
