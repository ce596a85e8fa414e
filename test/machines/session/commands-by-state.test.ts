/** What an operator's wish does in each state that it may meet. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Verdict } from '../../../machines/domain/ports.ts';
import { found, record } from '../harness.ts';
import { stage } from '../spec/harness.ts';
import { onVirtualTime, settle, turn } from '../spec/time.ts';

onVirtualTime();
const pairing = { id: 'p', method: 'qr' } as const;
const newcomer = { found: found('acme', { stored: 'absent', fingerprint: '' }) };
const judged = (verdict: Verdict) =>
  stage(defaultPolicy, { found: found('acme', { record: record('acme', { verdict }) }) });
const retrying = () => {
  const s = stage(defaultPolicy);
  s.admit();
  s.net({ type: 'connection.closed', reason: 'timeout' });
  expect(s.view().state).toBe('retrying');
  return s;
};

describe('a stop', () => {
  it('of one that has nothing to restore is remembered', async () => {
    const s = stage(defaultPolicy, newcomer);
    await settle();
    expect(s.view()).toMatchObject({ state: 'idle', desired: 'running' });
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.onDisk()?.desired).toBe('stopped');
    const told = s.reports.length;
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.reports, 'the second says nothing new').toHaveLength(told);
  });
  it('of one on probation leaves it failed, with the verdict that nothing has disproved', async () => {
    const s = judged({ reason: 'exhausted', at: 7, nextProbeAt: 60_000 });
    await turn(60_000);
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
    expect(s.world.sockets.size).toBe(0);
  });
  it('of a failed one is told once', async () => {
    const s = judged({ reason: 'locked', at: 7 });
    await settle();
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.reports.at(-1)).toMatchObject({
      cause: 'session.stop',
      view: { state: 'failed', desired: 'stopped' },
    });
    const told = s.reports.length;
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.reports).toHaveLength(told);
  });
});

describe('while it waits for its next attempt', () => {
  it('a restore tries now, first at the gate, and forgives nothing', () => {
    const s = retrying();
    s.send({ type: 'session.restore' });
    expect(s.view()).toMatchObject({ state: 'restoring', step: 'queued', attempt: 1 });
    expect(s.asked.at(-1)).toEqual({ org: 'acme', urgent: true });
  });
  it('a pairing is begun', () => {
    const s = retrying();
    s.send({ type: 'session.pair', pairing });
    expect(s.view()).toMatchObject({ state: 'pairing', pairing: { ...pairing, expiresAt: 180_000 } });
  });
  it('what lies in the directory is noted, and changes nothing', () => {
    const s = retrying();
    s.send({ type: 'credentials.seen', found: found('acme', { stored: 'unreadable', fingerprint: '' }) });
    expect([s.view().state, s.context().stored]).toEqual(['retrying', 'unreadable']);
  });
});

it('while it rests, what lies in the directory is noted', async () => {
  const s = stage(defaultPolicy, newcomer);
  await settle();
  s.send({ type: 'credentials.seen', found: found('acme', { stored: 'unpaired', fingerprint: '' }) });
  s.send({ type: 'session.stop' });
  await settle();
  expect(s.view()).toMatchObject({ state: 'idle', credentials: 'unpaired' });
});

describe('a logout', () => {
  it('is carried out once and to its end, whatever is wished meanwhile', async () => {
    const s = stage(defaultPolicy);
    const archived: string[] = [];
    let finish = () => {};
    s.world.archive = (org) => {
      archived.push(org);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    s.send({ type: 'session.logout' });
    s.send({ type: 'session.stop' });
    s.send({ type: 'session.logout' });
    await settle();
    expect([archived, s.value()]).toEqual([['acme'], 'leaving']);
    finish();
    await settle();
    expect(s.actor.getSnapshot().status).toBe('done');
  });
  it('that cannot be carried out says what it was, and ends a pairing all the same', async () => {
    const s = stage(defaultPolicy, newcomer);
    s.world.archive = async () => {
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
