/**
 * The paragraph, over every state and every reason: complete English, and no advice that would be refused.
 */
import { describe, expect, it } from 'vitest';
import { commandNames, refusalOf, type SessionCommand } from '../../machines/domain/commands.ts';
import { reasons, verdicts } from '../../machines/domain/disconnect.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { causeText, causeWords } from '../../src/protocol/explain/causes.ts';
import { explain } from '../../src/protocol/explain/explain.ts';
import { methods } from '../../src/protocol/methods.ts';
import { reasonTexts } from '../../src/protocol/reasons.ts';
import { viewOf } from '../control/harness.ts';
import { name, now, views } from './explain-views.ts';

const commandOf = (type: SessionCommand['type'], force: boolean): SessionCommand =>
  type === 'session.pair' ? { type, pairing: { id: 'p', method: 'qr' } } : { type, ...(force && { force }) };

/** A message may name a setting, such as PROXY_FILE. */
const nameOfSetting = /\b[A-Z]+(_[A-Z]+)+\b/g;
describe('the paragraph', () => {
  it('is complete English in every state with every reason', () => {
    expect(views.length).toBeGreaterThan(2_000);
    for (const view of views) {
      const { text } = explain(view, 'connection.closed', now, true);
      expect(text, name(view)).toMatch(
        /^"acme" (is|has) .+ \(since 2026-01-1\d \d\d:\d\d:\d\d UTC, for .+\)\. .+\.$/,
      );
      expect(text.replaceAll(nameOfSetting, 'NAME'), name(view)).not.toMatch(
        /undefined|null|NaN|\[object|Infinity| {2}|\.\.|\( | \.|,\.|session_|_/,
      );
      for (const message of text.split(/(?<=[.:]) (?=[A-Z])/))
        expect(message, name(view)).toMatch(/^["A-Z].*[.:]$/);
      expect(text.length, name(view)).toBeLessThan(1_500);
      expect(methods['session.explain'].result.shape.text.safeParse(text).success).toBe(true);
    }
  });
  it('contains the summary of the reason in every state that has one', () => {
    for (const view of views) {
      const { text, reason } = explain(view, null, now, true);
      const isTold = view.duplicateOf === null && !(reason === 'stopped' && view.desired === 'stopped');
      if (reason && isTold) expect(text).toContain(reasonTexts[reason].summary);
      if (view.state === 'connected') expect(reason).toBeNull();
    }
  });
});

describe('what can be done', () => {
  it('lists exactly the commands that are accepted and change something', () => {
    for (const view of views) {
      const { canDo } = explain(view, null, now, true);
      for (const { method, force } of canDo)
        expect(refusalOf(view, commandOf(method, force), now), name(view)).toBeUndefined();
      for (const { method, force } of canDo.filter((can) => can.force))
        expect(refusalOf(view, commandOf(method, !force), now), name(view)).toBeDefined();
      const missing = commandNames.filter((method) => !canDo.some((can) => can.method === method));
      for (const method of missing) {
        const isRefused = [false, true].every(
          (force) => refusalOf(view, commandOf(method, force), now) !== undefined,
        );
        const changesNothing =
          (method === 'session.restore' &&
            (view.state === 'restoring' || view.state === 'connected' || view.state === 'idle')) ||
          (method === 'session.stop' && view.desired === 'stopped') ||
          (method === 'session.pair' && view.state === 'pairing');
        expect(isRefused || changesNothing, `${method}: ${name(view)}`).toBe(true);
      }
    }
  });
  it('includes every command that the action of the reason names', () => {
    const home = { reopen: 'restoring', retry: 'retrying', fail: 'failed', end: 'idle' } as const;
    const named = {
      'session.retry': /\bretry\b/i,
      'session.restore': /\bRestore it\b/,
      'session.pair': /\b(?<!not )pair (it|again)|Pair it|pairing again/,
    };
    let checked = 0;
    for (const reason of reasons) {
      const { action } = reasonTexts[reason];
      const state = reason === 'conflict' || reason === 'unknown' ? 'failed' : home[verdicts[reason].kind];
      const over = {
        state,
        desired: reason === 'stopped' ? 'stopped' : 'running',
        nextRetryAt: now + 1_000,
      } as const;
      const { canDo } = explain(viewOf('acme', { ...over, lastError: { reason, at: now } }), null, now, true);
      for (const [method, words] of Object.entries(named)) {
        if (!words.test(action)) continue;
        checked += 1;
        expect(
          canDo.map((can) => can.method),
          `${reason}: ${action}`,
        ).toContain(method);
      }
      if (/with force/.test(action))
        expect(canDo).toContainEqual(expect.objectContaining({ method: 'session.retry', force: true }));
    }
    expect(checked).toBeGreaterThan(8);
  });
});

describe('what happens next', () => {
  const next = (over: Partial<SessionView>) =>
    explain(viewOf('acme', { liveness: null, ...over }), null, now, true).next;
  const failed = (reason: (typeof reasons)[number], over: Partial<SessionView> = {}) =>
    next({ state: 'failed', lastError: { reason, at: now }, ...over });
  it('includes the time when it is known', () => {
    expect(next({ state: 'retrying', nextRetryAt: now + 240_000 })).toEqual({
      what: 'retries',
      at: now + 240_000,
      message: 'By itself, it is retried in 4 minutes (at 2026-01-12 03:39:00 UTC).',
    });
    expect(next({ state: 'retrying', nextRetryAt: now })).toMatchObject({
      message: 'By itself, it is retried at any moment.',
    });
    expect(failed('exhausted', { nextRetryAt: now + 900_000 })).toMatchObject({
      what: 'probes',
      at: now + 900_000,
    });
    expect(failed('banned_temporarily', { nextRetryAt: now + 86_400_000 })).toMatchObject({
      what: 'retries_after_ban',
    });
    expect(
      next({ state: 'pairing', pairing: { id: 'p', method: 'qr', expiresAt: now + 60_000 } }),
    ).toMatchObject({
      what: 'pairing_ends',
      at: now + 60_000,
    });
  });
  it('is nothing when a person is needed, or after a stop', () => {
    for (const reason of ['revoked', 'locked', 'creds_lost', 'conflict', 'unknown', 'storage'] as const)
      expect(failed(reason)).toMatchObject({ what: 'nothing', at: null });
    for (const reason of reasons)
      expect(failed(reason, { desired: 'stopped', nextRetryAt: now + 1_000 })).toMatchObject({
        what: 'nothing',
      });
    expect(next({ state: 'idle', desired: 'stopped' })).toMatchObject({ what: 'nothing' });
    expect(next({ state: 'idle', credentials: 'unpaired' })).toMatchObject({ what: 'nothing' });
  });
  it('may depend on another directory, another version, or other credentials', () => {
    expect(failed('conflict', { duplicateOf: '2' })).toMatchObject({ what: 'runs_when_alone' });
    expect(failed('crashed')).toMatchObject({ what: 'runs_with_other_build' });
    expect(failed('creds_corrupt')).toMatchObject({ what: 'runs_with_other_credentials' });
    expect(next({ state: 'idle', credentials: 'unsettled' })).toMatchObject({ what: 'is_looked_at' });
  });
});

describe('a cause', () => {
  it('has a text for every delay of the machine, as the end of a sentence', () => {
    const delays = Object.keys(sessionMachine.implementations.delays);
    expect(delays.length).toBeGreaterThan(8);
    for (const delay of delays) expect(causeText(`after.${delay}`), delay).toBeDefined();
    for (const words of Object.values(causeWords))
      expect(words).toMatch(/^(it|its|a|an|the|messages|WhatsApp) .*[a-zA-Z]$/);
  });
  it('that is unknown is omitted', () => {
    expect(causeText('something.new')).toBeUndefined();
    expect(causeText('toString')).toBeUndefined();
    expect(causeText(null)).toBeUndefined();
  });
});

it('explains an exhausted session in one paragraph', () => {
  const view = viewOf('acme', {
    state: 'failed',
    liveness: null,
    since: now - 7_500_000,
    nextRetryAt: now + 600_000,
    lastError: { reason: 'exhausted', statusCode: 503, at: now },
  });
  expect(explain(view, 'connection.closed', now, true).text).toBe(
    '"acme" has failed (since 2026-01-12 01:30:00 UTC, for 2 hours). It could not be restored after ' +
      'several attempts in a row. WhatsApp’s status code is 503. By itself, it is probed in 10 minutes ' +
      '(at 2026-01-12 03:45:00 UTC). Check the phone and the network. Vigía probes it every 15 minutes; ' +
      'the retry command tries at once. You can retry it now and forget its failures (session.retry).',
  );
});
