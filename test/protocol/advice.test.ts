/** The three lines of an explanation: no reason that repeats itself, and only advice that helps. */
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import { explain } from '../../src/protocol/explain/explain.ts';
import { viewOf } from '../control/harness.ts';
import { name, now, views } from './explain-views.ts';

describe('the lines', () => {
  const linesOf = (over: Partial<SessionView>, cause: string | null = 'connection.closed') =>
    explain(viewOf('acme', { liveness: null, ...over }), cause, now, true).lines;
  it('are the paragraph, and name no method', () => {
    for (const view of views) {
      const { text, lines } = explain(view, 'connection.closed', now, true);
      expect(text.startsWith(`${lines.what} ${lines.next} ${lines.you}`), name(view)).toBe(true);
      expect(Object.values(lines).join(' '), name(view)).not.toMatch(/session\.|replaceAccount|nextRetryAt/);
    }
  });
  it('give no reason that repeats the state or the event', () => {
    const network = { reason: 'network', at: now } as const;
    expect(linesOf({ state: 'retrying', attempt: 1, nextRetryAt: now, lastError: network }).what).toBe(
      '"acme" is not connected and waits for the next attempt, after 1 failure in a row (since ' +
        '2026-11-24 03:40:00 UTC, for a moment). The connection to WhatsApp was lost.',
    );
    const idle = { state: 'idle', desired: 'stopped', lastError: { reason: 'stopped', at: now } } as const;
    for (const over of [idle, { ...idle, lastError: null }])
      expect(linesOf(over, 'session.stop').what).toMatch(
        /^"acme" is stopped, as an operator ordered \([^)]+\)\.$/,
      );
    for (const view of views)
      expect(explain(view, 'session.pair', now, true).lines.what).not.toMatch(
        /an operator started a pairing.*pairing/,
      );
  });
});

describe('the advice', () => {
  const advised = (view: SessionView) =>
    explain(view, null, now, true)
      .canDo.filter((can) => can.advised)
      .map(({ method }) => method);
  it('never is a logout, and always is a command that is accepted', () => {
    for (const view of views) {
      const { canDo } = explain(view, null, now, true);
      expect(advised(view), name(view)).not.toContain('session.logout');
      const flags = canDo.map((can) => can.advised);
      expect(flags, name(view)).toEqual(flags.toSorted((a, b) => Number(b) - Number(a)));
    }
  });
  it('is a retry for a hiccup, a pairing for a lost device, and nothing for a ban', () => {
    const failed = (reason: Reason, nextRetryAt: number | null = null) =>
      viewOf('acme', { state: 'failed', liveness: null, nextRetryAt, lastError: { reason, at: now } });
    expect(advised(viewOf('acme'))).toEqual([]);
    for (const reason of ['network', 'timeout', 'server_busy', 'proxy'] as const)
      expect(
        advised(
          viewOf('acme', {
            state: 'retrying',
            liveness: null,
            nextRetryAt: now,
            lastError: { reason, at: now },
          }),
        ),
      ).toEqual(['session.retry']);
    expect(advised(failed('banned_temporarily', now + 1_000))).toEqual([]);
    expect(advised(failed('exhausted', now + 1_000))).toEqual(['session.retry']);
    for (const reason of ['revoked', 'creds_lost'] as const)
      expect(advised(failed(reason))).toEqual(['session.pair']);
    expect(advised(failed('locked'))).toEqual(['session.restore']);
    expect(advised(failed('wrong_account'))).toEqual(['session.pair', 'session.restore']);
    expect(advised(failed('conflict'))).toEqual(['session.retry']);
    expect(advised(viewOf('acme', { liveness: 'deaf' }))).toEqual(['session.stop']);
    expect(advised(viewOf('acme', { state: 'idle', desired: 'stopped', liveness: null }))).toEqual([
      'session.restore',
    ]);
    expect(advised(viewOf('acme', { state: 'idle', credentials: 'unpaired', liveness: null }))).toEqual([
      'session.pair',
    ]);
  });
});
