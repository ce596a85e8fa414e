/**
 * A phone of another number than before is linked: the session connects only after an operator confirmed it.
 */
import { describe, expect, it } from 'vitest';
import { isOtherNumber } from '../../../machines/domain/account.ts';
import type { Account, Found, SessionRecord } from '../../../machines/domain/ports.ts';
import { advanceSlowly, onVirtualTime } from '../fake-clock.ts';
import { FleetHarness, found, record } from '../harness.ts';

onVirtualTime();

const accountOf = (phone: string, device = 1): Account => ({
  id: `${phone}:${device}@s.whatsapp.net`,
  name: null,
});
const [right, wrong] = ['34600111222', '34999888777'];
const linkedTo = (phone: string, over: Partial<Found> = {}) =>
  found('acme', { fingerprint: `device of ${phone}`, account: accountOf(phone, 9), ...over });
const known: SessionRecord = record('acme', { account: accountOf(right), desired: 'running' });

/** An organization with the right number is paired again, with the number `phone`. */
const paired = async (phone: string, replaceAccount?: boolean) => {
  const w = new FleetHarness();
  w.auto = 'connects';
  const s = w.alone({ found: found('acme', { stored: 'absent', fingerprint: '', record: known }) });
  w.promote = async () => linkedTo(phone, { promoted: true });
  const pair = (by: string, replace?: boolean) => {
    w.promote = async () => linkedTo(by, { promoted: true });
    const request = {
      id: `p-${by}`,
      method: 'qr',
      ...(replace !== undefined && { replaceAccount: replace }),
    } as const;
    s.actor.send({ type: 'session.pair', pairing: request });
    w.net('acme', { type: 'connection.paired' }, { type: 'connection.closed', reason: 'restart_required' });
    return advanceSlowly();
  };
  await advanceSlowly();
  await pair(phone, replaceAccount);
  return { w, s, pair };
};
const restores = (w: FleetHarness) => w.opened.filter(({ mode }) => mode === 'restore').length;

describe('after a pairing', () => {
  it('the same number on another device is connected', async () => {
    const { w, s } = await paired(right);
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
    expect(restores(w)).toBe(1);
  });

  it('another number fails permanently, on disk as well, and the view shows the expected number', async () => {
    const { w, s } = await paired(wrong);
    expect(s.view()).toMatchObject({
      state: 'failed',
      lastError: { reason: 'wrong_account' },
      account: accountOf(right),
    });
    expect(s.story()).toContain('pairing completed');
    expect(w.disk.get('acme')).toMatchObject({
      desired: 'running',
      verdict: { reason: 'wrong_account' },
      account: accountOf(right),
      fingerprint: `device of ${wrong}`,
    });
    await advanceSlowly(86_400_000);
    expect(restores(w)).toBe(0);
    // a scan of the directory, and a restart, find what is already known
    s.actor.send({ type: 'credentials.seen', found: linkedTo(wrong) });
    expect(s.view()).toMatchObject({ state: 'failed', account: accountOf(right) });
    const next = new FleetHarness();
    const again = next.alone({ found: linkedTo(wrong, { record: w.disk.get('acme') as SessionRecord }) });
    await advanceSlowly(86_400_000);
    expect(again.view()).toMatchObject({
      state: 'failed',
      lastError: { reason: 'wrong_account' },
      account: accountOf(right),
    });
    expect(next.opened).toEqual([]);
  });

  it('another number is connected when the request said that it replaces the old one', async () => {
    const { s, w } = await paired(wrong, true);
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
    expect(w.disk.get('acme')?.verdict).toBeUndefined();
  });

  it.each(['session.restore', 'session.retry'] as const)(
    '%s accepts another number with force, and only with force',
    async (type) => {
      const { s } = await paired(wrong);
      s.actor.send({ type });
      await advanceSlowly();
      expect(s.view().state).toBe('failed');
      s.actor.send({ type, force: true });
      await advanceSlowly();
      expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
      s.actor.send({ type: 'session.stop' });
      s.actor.send({ type: 'session.restore' });
      await advanceSlowly();
      expect(s.view().state).toBe('connected'); // it is not asked again
    },
  );

  it('the right number is connected when it is paired again', async () => {
    const { s, pair } = await paired(wrong);
    await pair(right);
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
  });

  it('every number is right for an organization that had none', async () => {
    const w = new FleetHarness();
    w.auto = 'connects';
    w.promote = async () => linkedTo(wrong, { promoted: true });
    const s = w.alone({ found: found('acme', { stored: 'absent', fingerprint: '' }) });
    await advanceSlowly();
    s.actor.send({ type: 'session.pair', pairing: { id: 'p', method: 'qr' } });
    w.net('acme', { type: 'connection.paired' }, { type: 'connection.closed', reason: 'restart_required' });
    await advanceSlowly();
    expect(s.view().state).toBe('connected');
  });
});

it('a pairing that the next start put in place after a crash is judged as well', async () => {
  for (const [phone, state] of [
    [wrong, 'failed'],
    [right, 'restoring'],
  ] as const) {
    const w = new FleetHarness();
    const s = w.alone({ found: linkedTo(phone, { record: known, promoted: true }) });
    await advanceSlowly();
    expect(s.view().state).toBe(state);
    expect(w.disk.get('acme')?.account?.id.split(':')[0]).toBe(right);
  }
});

it('credentials of another number that an operator puts into the directory are accepted', async () => {
  const w = new FleetHarness();
  w.auto = 'connects';
  const s = w.alone({ found: found('acme', { account: accountOf(right), record: known }) });
  await advanceSlowly();
  s.actor.send({ type: 'credentials.seen', found: linkedTo(wrong) });
  await advanceSlowly();
  expect(s.view()).toMatchObject({ state: 'connected' });
  expect(s.context().fingerprint).toBe(`device of ${wrong}`);
});

it('the old credentials lift the verdict when they are put back by hand', async () => {
  const { s, w } = await paired(wrong);
  s.actor.send({ type: 'credentials.seen', found: linkedTo(right) });
  await advanceSlowly();
  expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
  expect(restores(w)).toBe(1);
});

describe('two accounts are of another number', () => {
  it.each([
    ['34600111222:1@s.whatsapp.net', '34600111222:9@s.whatsapp.net', false],
    ['34600111222:1@s.whatsapp.net', '34600111222_1:9@s.whatsapp.net', false],
    ['34600111222@s.whatsapp.net', '34600111222.2:9@s.whatsapp.net', false],
    ['34600111222:1@s.whatsapp.net', '34600111223:1@s.whatsapp.net', true],
    ['34600111222@s.whatsapp.net', '34600111223@s.whatsapp.net', true],
    ['34600111222:1@s.whatsapp.net', '34600111223:12@s.whatsapp.net', true],
    ['34600111222:1@s.whatsapp.net', '34600111223_12:1@s.whatsapp.net', true],
    // another kind of id has no number
    ['34600111222:1@s.whatsapp.net', '127000000000001:1@lid', false],
    ['34600111222:1@s.whatsapp.net', 'x34600111223:1@s.whatsapp.net', false],
    ['34600111222:1@s.whatsapp.net', '34600111223:1@s.whatsapp.network', false],
  ])('%s and %s: %s', (before, now, is) => {
    expect(isOtherNumber({ id: before, name: null }, { id: now, name: null })).toBe(is);
  });
  it('the numbers differ only when both are known', () => {
    expect(isOtherNumber(undefined, accountOf(right))).toBe(false);
    expect(isOtherNumber(accountOf(right), undefined)).toBe(false);
  });
});
