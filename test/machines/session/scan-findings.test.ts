/** What a look into the directory, a ban or an unreadable record means to one session. */
import { describe, expect, it, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { Found, Verdict } from '../../../machines/domain/ports.ts';
import { found, record } from '../harness.ts';
import { type Stage, stage } from '../spec/harness.ts';
import { onVirtualTime, settle, turn } from '../spec/time.ts';

onVirtualTime();
const account = { id: '1:1@s.whatsapp.net', name: 'Acme' };
const judged = (verdict: Verdict, over: Partial<Found> = {}) =>
  stage(defaultPolicy, { found: found('acme', { record: record('acme', { verdict }), ...over }) });
const see = (s: Stage, over: Partial<Found> = {}) =>
  s.send({ type: 'credentials.seen', found: found('acme', over) });
const connect = (s: Stage) => {
  s.admit();
  s.net({ type: 'connection.opened', account }, { type: 'connection.caughtUp' });
};

describe('credentials', () => {
  it('that are corrupt are failed before anything is opened, and sound ones are taken up', async () => {
    const s = stage(defaultPolicy, { found: found('acme', { stored: 'corrupt', fingerprint: '' }) });
    await settle();
    expect(s.view()).toMatchObject({
      state: 'failed',
      credentials: 'corrupt',
      lastError: { reason: 'creds_corrupt' },
    });
    expect([s.world.alive.size, s.asked.length]).toEqual([0, 0]);
    see(s);
    expect(s.view().state).toBe('restoring');
  });
  it('that are being written over do not end the connection that uses the old ones', () => {
    const s = stage(defaultPolicy);
    connect(s);
    see(s, { stored: 'unsettled', fingerprint: '' });
    see(s, { stored: 'unsettled', fingerprint: 'other' });
    expect([s.view().state, s.world.opened.length]).toEqual(['connected', 1]);
    see(s, { fingerprint: 'other' });
    expect([s.view().step, s.world.sockets.size]).toEqual(['queued', 0]);
  });
  it('that a finished pairing left there are run, whatever was wanted before', async () => {
    const s = judged({ reason: 'revoked', at: 0 });
    s.send({ type: 'session.stop' });
    await settle();
    see(s, { fingerprint: 'new', promoted: true });
    expect(s.view()).toMatchObject({ state: 'restoring', desired: 'running', lastError: null });
  });
  it('name the account, and it is remembered when they do not', async () => {
    const s = judged({ reason: 'revoked', at: 0 }, { account });
    await settle();
    see(s, { stored: 'unsettled', fingerprint: '' });
    expect(s.context().account).toEqual(account);
    see(s, { stored: 'unsettled', fingerprint: '', account: { ...account, name: 'Other' } });
    expect(s.context().account?.name).toBe('Other');
  });
});

describe('a twin', () => {
  it('that appears ends a connection, and a wait', async () => {
    const live = stage(defaultPolicy);
    connect(live);
    see(live, { duplicateOf: 'b' });
    await settle();
    expect(live.view()).toMatchObject({
      state: 'failed',
      duplicateOf: 'b',
      lastError: { reason: 'conflict' },
    });
    expect([live.world.sockets.size, vi.getTimerCount()]).toEqual([0, 0]);
    const waiting = stage(defaultPolicy);
    waiting.admit();
    waiting.net({ type: 'connection.closed', reason: 'timeout' });
    see(waiting, { duplicateOf: 'b' });
    await settle();
    expect([waiting.view().state, vi.getTimerCount()]).toEqual(['failed', 0]);
  });
  it('that appears is told once', async () => {
    const s = judged({ reason: 'exhausted', at: 0, nextProbeAt: 900_000 });
    await settle();
    expect(vi.getTimerCount()).toBe(1);
    see(s, { duplicateOf: 'b' });
    await settle();
    expect([s.view().duplicateOf, vi.getTimerCount()]).toEqual(['b', 0]);
    const told = s.reports.length;
    see(s, { duplicateOf: 'b' });
    await settle();
    expect(s.reports).toHaveLength(told);
    await turn(900_000);
    expect(s.asked).toEqual([]);
  });
  it('keeps a ban that ends from being tried', async () => {
    const s = judged({ reason: 'banned_temporarily', at: 0, until: 60_000 }, { duplicateOf: 'b' });
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    await turn(60_000);
    s.send({ type: 'session.restore' });
    expect([s.view().state, s.asked.length]).toEqual(['failed', 0]);
  });
});

describe('a ban', () => {
  it('that ends while it is stopped is waited for by nobody, and is over when it is restored', async () => {
    const s = judged({ reason: 'banned_temporarily', at: 0, until: 60_000 });
    await settle();
    s.send({ type: 'session.stop' });
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    s.send({ type: 'session.restore' });
    expect(s.view(), 'not before it ends').toMatchObject({ state: 'failed', desired: 'stopped' });
    await turn(60_000);
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
    const s = stage(defaultPolicy, { found: found('acme', { recordUnreadable: true }) });
    await settle();
    expect([s.view().state, s.onDisk()]).toEqual(['failed', undefined]);
    return s;
  };
  it('is written anew once an operator says what is wanted', async () => {
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

describe('what is told', () => {
  it('is new only the first time, and keeps the step when something beside it changes', () => {
    const s = stage(defaultPolicy);
    s.world.answersPings = false;
    s.admit();
    s.net({ type: 'connection.opened', account });
    s.net({ type: 'storage.failed' });
    const told = s.reports.flatMap((r) =>
      r.type === 'session.reported' ? [[r.created, r.view.step, r.writable]] : [],
    );
    expect(told).toEqual([
      [true, 'queued', true],
      [false, 'connecting', true],
      [false, 'verifying', true],
      [false, 'verifying', false],
    ]);
  });
  it('of a session that is stopped says nothing of what it waited for', async () => {
    const s = stage(defaultPolicy);
    s.admit();
    s.net({ type: 'connection.closed', reason: 'timeout' });
    s.send({ type: 'session.stop' });
    await settle();
    expect(s.view()).toMatchObject({ state: 'idle', lastError: null, nextRetryAt: null });
    expect(s.context().nextAt).toBeNull();
  });
  it('is durable only when it is: a wish is pending until it is written', async () => {
    const s = stage(defaultPolicy);
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
  it('goes first at the gate only as long as an operator waits for it', async () => {
    const s = stage(defaultPolicy);
    s.send({ type: 'session.stop' });
    s.send({ type: 'session.restore' });
    expect(s.asked.at(-1)?.urgent).toBe(true);
    connect(s);
    expect(s.view().state).toBe('connected');
    see(s, { fingerprint: 'other' });
    expect(s.asked.at(-1)?.urgent).toBe(false);
  });
});

describe('a pairing', () => {
  const pairing = { id: 'p', method: 'qr' } as const;
  const qr = { type: 'connection.qr', qr: 'x', attempt: 1, expiresAt: 20_000 } as const;
  it('has its three minutes from when its socket may open', async () => {
    const s = stage(defaultPolicy, { found: found('acme', { stored: 'absent', fingerprint: '' }) });
    s.send({ type: 'session.pair', pairing });
    expect(s.view().pairing).toEqual({ ...pairing, expiresAt: 180_000 });
    await turn(50_000);
    s.admit();
    expect(s.view().pairing).toEqual({ ...pairing, expiresAt: 230_000 });
  });
  it('keeps the last QR or code for whoever looks later, and nothing else', async () => {
    const s = stage(defaultPolicy, { found: found('acme', { stored: 'absent', fingerprint: '' }) });
    s.send({ type: 'session.pair', pairing });
    s.admit();
    expect(s.context().shownCode).toBeUndefined();
    s.net(qr);
    const shown = { status: 'qr', qr: 'x', attempt: 1, expiresAt: 20_000, pairingId: 'p' };
    expect(s.context().shownCode).toEqual(shown);
    s.net({ type: 'connection.actionRequired', action: 'passkey', detail: 'look at the phone' });
    expect(s.context().shownCode).toEqual(shown);
    s.net({ type: 'connection.code', code: 'ABCD-1234', expiresAt: 60_000 });
    expect(s.context().shownCode).toEqual({
      status: 'code',
      code: 'ABCD-1234',
      expiresAt: 60_000,
      pairingId: 'p',
    });
    s.send({ type: 'session.cancelPairing' });
    await settle();
    expect(s.context().shownCode).toBeUndefined();
  });
  it('that expires over a verdict shows the verdict', async () => {
    const s = judged({ reason: 'revoked', at: 7, statusCode: 401 });
    await settle();
    s.send({ type: 'session.pair', pairing });
    s.admit();
    await turn(180_000);
    expect(s.view()).toMatchObject({
      state: 'failed',
      lastError: { reason: 'revoked', at: 7, statusCode: 401 },
    });
  });
});
