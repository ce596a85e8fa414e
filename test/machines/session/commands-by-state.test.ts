/** What an operator's wish does in each state that it may meet. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Verdict } from '../../../machines/domain/ports.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { found, record } from '../harness.ts';
import { startSession } from '../spec/harness.ts';

onVirtualTime();
const pairing = { id: 'p', method: 'qr' } as const;
const newcomer = { found: found('acme', { stored: 'absent', fingerprint: '' }) };
const judged = (verdict: Verdict) =>
  startSession(defaultPolicy, { found: found('acme', { record: record('acme', { verdict }) }) });
const retrying = () => {
  const s = startSession(defaultPolicy);
  s.admit();
  s.net({ type: 'connection.closed', reason: 'timeout' });
  expect(s.view().state).toBe('retrying');
  return s;
};

describe('a stop', () => {
  it('it is stored for a session that has nothing to restore', async () => {
    const s = startSession(defaultPolicy, newcomer);
    await settle();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'running' });
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.onDisk()?.desired).toBe('stopped');
    const reported = s.reports.length;
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.reports, 'the second says nothing new').toHaveLength(reported);
  });
  it('it leaves a session on probation failed, with its verdict', async () => {
    const s = judged({ reason: 'exhausted', at: 7, nextProbeAt: 60_000 });
    await advance(60_000);
    s.admit();
    expect(s.view()).toMatchObject({ state: 'restoring', step: 'connecting' });
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.view()).toMatchObject({
      state: 'failed',
      desired: 'stopped',
      lastError: { reason: 'exhausted', at: 7 },
      nextRetryAt: null,
    });
    expect(s.onDisk()).toMatchObject({ desired: 'stopped', verdict: { reason: 'exhausted' } });
    expect(s.harness.sockets.size).toBe(0);
  });
  it('it is reported once for a failed session', async () => {
    const s = judged({ reason: 'locked', at: 7 });
    await settle();
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.reports.at(-1)).toMatchObject({
      cause: 'session.stop',
      view: { state: 'failed', desired: 'stopped' },
    });
    const reported = s.reports.length;
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.reports).toHaveLength(reported);
  });
});

describe('a session that waits for its next attempt', () => {
  it('a restore tries now, first at the gate, and forgives nothing', () => {
    const s = retrying();
    s.send({ type: 'session.restore' });
    expect(s.view()).toMatchObject({ state: 'restoring', step: 'queued', attempt: 1 });
    expect(s.asked.at(-1)).toEqual({ org: 'acme', urgent: true });
  });
  it('a pairing starts at once', () => {
    const s = retrying();
    s.send({ type: 'session.pair', pairing });
    expect(s.view()).toMatchObject({ state: 'pairing', pairing: { ...pairing, expiresAt: 180_000 } });
  });
  it('a finding of a scan is noted and changes nothing', () => {
    const s = retrying();
    s.send({ type: 'credentials.seen', found: found('acme', { stored: 'unreadable', fingerprint: '' }) });
    expect(s.view().state).toBe('retrying');
    expect(s.context().stored).toBe('unreadable');
  });
});

it('an idle session notes the findings of scans', async () => {
  const s = startSession(defaultPolicy, newcomer);
  await settle();
  s.send({ type: 'credentials.seen', found: found('acme', { stored: 'unpaired', fingerprint: '' }) });
  s.send({ type: 'session.stop' });
  await settle();
  expect(s.view()).toMatchObject({ state: 'idle', credentials: 'unpaired' });
});

describe('a logout', () => {
  it('it is executed once and to its end, even when other commands follow', async () => {
    const s = startSession(defaultPolicy);
    const archived: string[] = [];
    let finish = () => {};
    s.harness.archive = (org) => {
      archived.push(org);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    s.send({ type: 'session.logout' });
    s.send({ type: 'session.stop' });
    s.send({ type: 'session.logout' });
    await settle();
    expect(archived).toEqual(['acme']);
    expect(s.value()).toBe('leaving');
    finish();
    await settle();
    expect(s.actor.getSnapshot().status).toBe('done');
  });
  it('when the archive fails, the verdict says so, and a pairing is ended all the same', async () => {
    const s = startSession(defaultPolicy, newcomer);
    s.harness.archive = async () => {
      throw new Error('EXDEV');
    };
    s.send({ type: 'session.pair', pairing });
    s.send({ type: 'session.logout' });
    await settle();
    expect(s.reports.at(-1)).toMatchObject({
      cause: 'session.logout',
      view: { state: 'failed', pairing: null },
    });
  });
});
