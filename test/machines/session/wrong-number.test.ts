/** A phone of another number than before is linked: nothing is connected until a person has said that this is right. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isOtherNumber } from '../../../machines/domain/account.ts';
import type { Account, Found, SessionRecord } from '../../../machines/domain/ports.ts';
import { found, record, World } from '../harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

const accountOf = (phone: string, device = 1): Account => ({
  id: `${phone}:${device}@s.whatsapp.net`,
  name: null,
});
const [right, wrong] = ['34600111222', '34999888777'];
const linkedTo = (phone: string, over: Partial<Found> = {}) =>
  found('acme', { fingerprint: `device of ${phone}`, account: accountOf(phone, 9), ...over });
const known: SessionRecord = record('acme', { account: accountOf(right), desired: 'running' });

/** An organization of the right number is paired anew, by a phone of `phone`. */
const paired = async (phone: string, replaceAccount?: boolean) => {
  const w = new World();
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
    return tick();
  };
  await tick();
  await pair(phone, replaceAccount);
  return { w, s, pair };
};
const restores = (w: World) => w.opened.filter(({ mode }) => mode === 'restore').length;

describe('after a pairing', () => {
  it('the same number, on another device, is connected', async () => {
    const { w, s } = await paired(right);
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
    expect(restores(w)).toBe(1);
  });

  it('another number is not: it fails for good, on disk as well, and shows the number that is expected', async () => {
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
    await tick(86_400_000);
    expect(restores(w)).toBe(0);
    // a look at the directory, and a restart, find what is already known
    s.actor.send({ type: 'credentials.seen', found: linkedTo(wrong) });
    expect(s.view()).toMatchObject({ state: 'failed', account: accountOf(right) });
    const next = new World();
    const again = next.alone({ found: linkedTo(wrong, { record: w.disk.get('acme') as SessionRecord }) });
    await tick(86_400_000);
    expect(again.view()).toMatchObject({
      state: 'failed',
      lastError: { reason: 'wrong_account' },
      account: accountOf(right),
    });
    expect(next.opened).toEqual([]);
  });

  it('another number is connected when the pairing said that it replaces the old one', async () => {
    const { s, w } = await paired(wrong, true);
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
    expect(w.disk.get('acme')?.verdict).toBeUndefined();
  });

  it.each(['session.restore', 'session.retry'] as const)(
    '%s accepts it by force, and only by force',
    async (type) => {
      const { s } = await paired(wrong);
      s.actor.send({ type });
      await tick();
      expect(s.view().state).toBe('failed');
      s.actor.send({ type, force: true });
      await tick();
      expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
      s.actor.send({ type: 'session.stop' });
      s.actor.send({ type: 'session.restore' });
      await tick();
      expect(s.view().state).toBe('connected'); // it is not asked again
    },
  );

  it('the right number, paired once more, is connected', async () => {
    const { s, pair } = await paired(wrong);
    await pair(right);
    expect(s.view()).toMatchObject({ state: 'connected', lastError: null });
  });

  it('of an organization that never had a number, any is right', async () => {
    const w = new World();
    w.auto = 'connects';
    w.promote = async () => linkedTo(wrong, { promoted: true });
    const s = w.alone({ found: found('acme', { stored: 'absent', fingerprint: '' }) });
    await tick();
    s.actor.send({ type: 'session.pair', pairing: { id: 'p', method: 'qr' } });
    w.net('acme', { type: 'connection.paired' }, { type: 'connection.closed', reason: 'restart_required' });
    await tick();
    expect(s.view().state).toBe('connected');
  });
});

it('a pairing that a crash interrupted, and the next start put in place, is judged as well', async () => {
  for (const [phone, state] of [
    [wrong, 'failed'],
    [right, 'restoring'],
  ] as const) {
    const w = new World();
    const s = w.alone({ found: linkedTo(phone, { record: known, promoted: true }) });
    await tick();
    expect(s.view().state).toBe(state);
    expect(w.disk.get('acme')?.account?.id.split(':')[0]).toBe(right);
  }
});

it('a directory of another number that an operator puts in the place is taken up: that is no accident of scanning', async () => {
  const w = new World();
  w.auto = 'connects';
  const s = w.alone({ found: found('acme', { account: accountOf(right), record: known }) });
  await tick();
  s.actor.send({ type: 'credentials.seen', found: linkedTo(wrong) });
  await tick();
  expect(s.view()).toMatchObject({ state: 'connected' });
  expect(s.context().fingerprint).toBe(`device of ${wrong}`);
});

it('put back by hand, the credentials of before lift the verdict', async () => {
  const { s, w } = await paired(wrong);
  s.actor.send({ type: 'credentials.seen', found: linkedTo(right) });
  await tick();
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
    // another kind of id says nothing about the number
    ['34600111222:1@s.whatsapp.net', '127000000000001:1@lid', false],
    ['34600111222:1@s.whatsapp.net', 'x34600111223:1@s.whatsapp.net', false],
    ['34600111222:1@s.whatsapp.net', '34600111223:1@s.whatsapp.network', false],
  ])('%s and %s: %s', (before, now, is) => {
    expect(isOtherNumber({ id: before, name: null }, { id: now, name: null })).toBe(is);
  });
  it('only when both are known', () => {
    expect(isOtherNumber(undefined, accountOf(right))).toBe(false);
    expect(isOtherNumber(accountOf(right), undefined)).toBe(false);
  });
});
