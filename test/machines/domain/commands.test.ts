/** What an operator may ask, and with which sentence it is refused. */
import { describe, expect, it } from 'vitest';
import { commandNames, refusalOf, rules, type SessionCommand } from '../../../machines/domain/commands.ts';
import type { Reason } from '../../../machines/domain/disconnect.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { type SessionView, type State, states } from '../../../machines/domain/view.ts';
import { viewOf } from '../../../machines/session/context.ts';
import { contextFrom } from '../../../machines/session/initial-context.ts';
import { clock, found, random } from '../harness.ts';

const view = (over: Partial<SessionView> = {}): SessionView => ({
  ...viewOf(contextFrom({ found: found('acme'), policy: defaultPolicy, clock, random, build: '1' })),
  ...over,
});
const failed = (reason: Reason, over: Partial<SessionView> = {}) =>
  view({ state: 'failed', lastError: { reason, at: 0 }, ...over });
const say = (v: SessionView, command: SessionCommand, now = 1_000) => refusalOf(v, command, now);
const message = (v: SessionView, command: SessionCommand, now = 1_000) => say(v, command, now)?.message;
const pair = { type: 'session.pair', pairing: { id: 'p', method: 'qr' } } as const;

describe('the states in which a command is accepted', () => {
  const taken: Record<(typeof commandNames)[number], readonly State[]> = {
    'session.restore': ['idle', 'restoring', 'connected', 'retrying', 'failed'],
    'session.retry': ['retrying', 'failed'],
    'session.stop': states,
    'session.pair': ['idle', 'pairing', 'retrying', 'failed'],
    'session.cancelPairing': ['pairing'],
    'session.logout': states,
  };
  it.each(commandNames)('%s', (type) => {
    const command = type === 'session.pair' ? pair : { type };
    expect(states.filter((state) => say(view({ state }), command) === undefined)).toEqual(taken[type]);
  });
  it('every command has a rule', () => {
    expect(Object.keys(rules).sort()).toEqual([...commandNames].sort());
  });
});

describe('the messages', () => {
  const restore = { type: 'session.restore' } as const;
  const retry = { type: 'session.retry' } as const;
  it('they name the reason, whose text says what to do', () => {
    expect(say(failed('revoked'), restore)).toEqual({
      message: 'Cannot restore "acme".',
      reason: 'revoked',
      allowed: ['idle', 'retrying', 'failed'],
    });
    expect(say(failed('revoked'), retry)).toEqual({
      message: 'Cannot retry "acme".',
      reason: 'revoked',
      allowed: ['retrying', 'failed'],
    });
    expect(say(failed('creds_corrupt'), retry)?.reason).toBe('creds_corrupt');
    expect(say(failed('creds_lost'), retry)?.reason).toBe('creds_lost');
  });
  it('a ban is refused with its end, and no longer after it', () => {
    const banned = failed('banned_temporarily', { nextRetryAt: 1_000 });
    expect(say(banned, restore, 999)).toEqual({
      message: 'Cannot restore "acme" before 1970-01-01T00:00:01.000Z.',
      reason: 'banned_temporarily',
      allowed: ['idle', 'retrying', 'failed'],
    });
    expect(say(banned, restore, 1_000)).toBeUndefined();
    expect(say(failed('banned_temporarily'), restore)).toBeUndefined();
    expect(say(failed('exhausted', { nextRetryAt: 5_000 }), retry)).toBeUndefined();
  });
  it('a locked account needs force', () => {
    expect(say(failed('locked'), retry)).toEqual({
      message: 'Cannot retry "acme".',
      reason: 'locked',
      allowed: ['retrying', 'failed'],
    });
    expect(say(failed('locked'), { ...retry, force: false })).toBeDefined();
    expect(say(failed('locked'), { ...retry, force: true })).toBeUndefined();
    expect(say(failed('revoked'), { ...retry, force: true })).toBeDefined();
  });
  it('another number needs force', () => {
    expect(say(failed('wrong_account'), retry)).toEqual({
      message: 'Cannot retry "acme".',
      reason: 'wrong_account',
      allowed: ['retrying', 'failed'],
    });
    expect(say(failed('wrong_account'), { ...restore, force: true })).toBeUndefined();
  });
  it('they are given only while the session is failed', () => {
    expect(say(view({ state: 'retrying', lastError: { reason: 'locked', at: 0 } }), retry)).toBeUndefined();
  });
  it("a duplicate is refused with the other directory's name, in every state", () => {
    const reported =
      'its credentials are those of "2", and one identity can log in only once. Remove one of the two ' +
      'directories.';
    expect(say(failed('conflict', { duplicateOf: '2' }), restore)).toEqual({
      message: `Cannot restore "acme": ${reported}`,
      names: {
        org: '2',
        without: `Cannot restore "acme": ${reported.replace('"2"', 'another organization')}`,
      },
      allowed: ['idle', 'retrying', 'failed'],
    });
    expect(message(view({ state: 'idle', duplicateOf: '2' }), restore)).toBe(
      `Cannot restore "acme": ${reported}`,
    );
  });
  it('a command that does not fit the state is refused with the state', () => {
    expect(say(view({ state: 'pairing' }), restore)).toEqual({
      message: 'Cannot restore "acme" while it is being paired.',
      allowed: ['idle', 'retrying', 'failed'],
    });
    expect(say(view({ desired: 'stopped' }), retry)).toEqual({
      message: '"acme" is stopped: restore it to run it again.',
      allowed: ['retrying', 'failed'],
    });
    expect(say(view({ state: 'connected' }), retry)).toEqual({
      message: '"acme" is connected: there is nothing to retry.',
      allowed: ['retrying', 'failed'],
    });
    expect(say(view({ state: 'connected' }), pair)).toEqual({
      message: '"acme" is connected: it is already linked. Stop it or log it out before you pair it again.',
      allowed: ['idle', 'retrying', 'failed'],
    });
    expect(say(view(), { type: 'session.cancelPairing' })).toEqual({
      message: '"acme" is not being paired.',
      allowed: ['pairing'],
    });
  });
});
