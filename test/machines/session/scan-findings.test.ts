/** What a finding of a scan, a ban or an unreadable record means to one session. */
import { describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, Verdict } from '../../../machines/domain/ports.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { found, record } from '../harness.ts';
import { type RealSession, startSession } from '../spec/harness.ts';

onVirtualTime();
const account = { id: '1:1@s.whatsapp.net', name: 'Acme' };
const judged = (verdict: Verdict, over: Partial<Found> = {}) =>
  startSession(defaultPolicy, { found: found('acme', { record: record('acme', { verdict }), ...over }) });
const see = (s: RealSession, over: Partial<Found> = {}) =>
  s.send({ type: 'credentials.seen', found: found('acme', over) });
const connect = (s: RealSession) => {
  s.admit();
  s.net({ type: 'connection.opened', account }, { type: 'connection.caughtUp' });
};

describe('credentials', () => {
  it('corrupt credentials fail before a socket is opened, and valid ones are restored', async () => {
    const s = startSession(defaultPolicy, { found: found('acme', { stored: 'corrupt', fingerprint: '' }) });
    await settle();
    expect(s.view()).toMatchObject({
      state: 'failed',
      credentials: 'corrupt',
      lastError: { reason: 'creds_corrupt' },
    });
    expect(s.harness.alive.size).toBe(0);
    expect(s.asked.length).toBe(0);
    see(s);
    expect(s.view().state).toBe('restoring');
  });
  it('credentials that are being overwritten do not end the connection', () => {
    const s = startSession(defaultPolicy);
    connect(s);
    see(s, { stored: 'unsettled', fingerprint: '' });
    see(s, { stored: 'unsettled', fingerprint: 'other' });
    expect(s.view().state).toBe('connected');
    expect(s.harness.opened.length).toBe(1);
    see(s, { fingerprint: 'other' });
    expect(s.view().step).toBe('queued');
    expect(s.harness.sockets.size).toBe(0);
  });
  it('credentials of a finished pairing run, even after a stop', async () => {
    const s = judged({ reason: 'revoked', at: 0 });
    s.send({ type: 'session.stop' });
    await settle();
    see(s, { fingerprint: 'new', promoted: true });
    expect(s.view()).toMatchObject({ state: 'restoring', desired: 'running', lastError: null });
  });
  it('credentials name the account, which is kept when they do not', async () => {
    const s = judged({ reason: 'revoked', at: 0 }, { account });
    await settle();
    see(s, { stored: 'unsettled', fingerprint: '' });
    expect(s.context().account).toEqual(account);
    see(s, { stored: 'unsettled', fingerprint: '', account: { ...account, name: 'Other' } });
    expect(s.context().account?.name).toBe('Other');
  });
});

describe('a duplicate', () => {
  it('when it appears, it ends a connection and a wait', async () => {
    const live = startSession(defaultPolicy);
    connect(live);
    see(live, { duplicateOf: 'b' });
    await settle();
    expect(live.view()).toMatchObject({
      state: 'failed',
      duplicateOf: 'b',
      lastError: { reason: 'conflict' },
    });
    expect(live.harness.sockets.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    const waiting = startSession(defaultPolicy);
    waiting.admit();
    waiting.net({ type: 'connection.closed', reason: 'timeout' });
    see(waiting, { duplicateOf: 'b' });
    await settle();
    expect(waiting.view().state).toBe('failed');
    expect(vi.getTimerCount()).toBe(0);
  });
  it('when it appears, it is reported once', async () => {
    const s = judged({ reason: 'exhausted', at: 0, nextProbeAt: 900_000 });
    await settle();
    expect(vi.getTimerCount()).toBe(1);
    see(s, { duplicateOf: 'b' });
    await settle();
    expect(s.view().duplicateOf).toBe('b');
    expect(vi.getTimerCount()).toBe(0);
    const reported = s.reports.length;
    see(s, { duplicateOf: 'b' });
    await settle();
    expect(s.reports).toHaveLength(reported);
    await advance(900_000);
    expect(s.asked).toEqual([]);
  });
  it('it fails once, when its copy is complete, and not before', async () => {
    const s = startSession(defaultPolicy, {
      found: found('acme', { stored: 'unsettled', duplicateOf: 'b' }),
    });
    await settle();
    expect(s.view().state).toBe('idle');
    see(s, { stored: 'unsettled', duplicateOf: 'b' });
    see(s, { duplicateOf: 'b' });
    await settle();
    const states = s.reports.map((one) => (one.type === 'session.reported' ? one.view.state : one.type));
    expect(states.filter((state) => state === 'failed')).toHaveLength(1);
    expect(s.view().lastError?.reason).toBe('conflict');
    expect(s.asked).toEqual([]);
  });
  it('it prevents the attempt after the end of a ban', async () => {
    const s = judged({ reason: 'banned_temporarily', at: 0, until: 60_000 }, { duplicateOf: 'b' });
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    await advance(60_000);
    s.send({ type: 'session.restore' });
    expect(s.view().state).toBe('failed');
    expect(s.asked.length).toBe(0);
  });
});

describe('a ban', () => {
  it('a ban that ends while the session is stopped has no timer, and is over when it is restored', async () => {
    const s = judged({ reason: 'banned_temporarily', at: 0, until: 60_000 });
    await settle();
    s.send({ type: 'session.stop' });
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    s.send({ type: 'session.restore' });
    expect(s.view(), 'not before it ends').toMatchObject({ state: 'failed', desired: 'stopped' });
    await advance(60_000);
    s.send({ type: 'session.restore' });
    expect(s.view()).toMatchObject({ state: 'restoring', lastError: null });
    expect(s.asked.at(-1)?.urgent).toBe(true);
    s.admit();
    s.net({ type: 'connection.closed', reason: 'network' });
    expect(s.view().state, 'not on probation').toBe('retrying');
  });
});

describe('a record that could not be read', () => {
  const unread = async () => {
    const s = startSession(defaultPolicy, { found: found('acme', { recordUnreadable: true }) });
    await settle();
    expect(s.view().state).toBe('failed');
    expect(s.onDisk()).toBeUndefined();
    return s;
  };
  it("it is overwritten after an operator's command", async () => {
    const stopped = await unread();
    stopped.send({ type: 'session.stop' });
    await settle();
    expect(stopped.onDisk()).toMatchObject({ desired: 'stopped', verdict: { reason: 'storage' } });
    const restored = await unread();
    restored.send({ type: 'session.restore' });
    restored.admit();
    restored.net({ type: 'connection.closed', reason: 'revoked' });
    await settle();
    expect(restored.onDisk()).toMatchObject({ desired: 'running', verdict: { reason: 'revoked' } });
    const retried = await unread();
    retried.send({ type: 'session.retry' });
    retried.admit();
    retried.net({ type: 'connection.closed', reason: 'revoked' });
    await settle();
    expect(retried.onDisk()).toMatchObject({ desired: 'running', verdict: { reason: 'revoked' } });
  });
});

describe('a report', () => {
  it('it says `created` only the first time, and keeps the step when another part changes', () => {
    const s = startSession(defaultPolicy);
    s.harness.answersPings = false;
    s.admit();
    s.net({ type: 'connection.opened', account });
    s.net({ type: 'storage.failed' });
    const reported = s.reports.flatMap((r) =>
      r.type === 'session.reported' ? [[r.created, r.view.step, r.view.writable]] : [],
    );
    expect(reported).toEqual([
      [true, 'queued', true],
      [false, 'connecting', true],
      [false, 'verifying', true],
      [false, 'verifying', false],
    ]);
  });
  it('for a stopped session it shows no next attempt', async () => {
    const s = startSession(defaultPolicy);
    s.admit();
    s.net({ type: 'connection.closed', reason: 'timeout' });
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.view()).toMatchObject({ state: 'idle', lastError: null, nextRetryAt: null });
    expect(s.context().nextAt).toBeNull();
  });
  it('it says `durable` only after the record is written', async () => {
    const s = startSession(defaultPolicy);
    await settle();
    expect(s.context().saved).toBe('durable');
    s.send({ type: 'session.stop' });
    expect(s.context().saved).toBe('pending');
    await settle();
    s.send({ type: 'session.restore' });
    expect(s.context().saved).toBe('pending');
    await settle();
    s.admit();
    s.net({ type: 'connection.closed', reason: 'timeout' });
    s.send({ type: 'session.retry' });
    expect(s.context().saved).toBe('pending');
    await settle();
    expect(s.context().saved).toBe('durable');
  });
  it('a session goes first at the gate only while an operator waits for it', async () => {
    const s = startSession(defaultPolicy);
    s.send({ type: 'session.stop' });
    s.send({ type: 'session.restore' });
    expect(s.asked.at(-1)?.urgent).toBe(true);
    connect(s);
    expect(s.view().state).toBe('connected');
    see(s, { fingerprint: 'other' });
    expect(s.asked.at(-1)?.urgent).toBe(false);
  });
});
