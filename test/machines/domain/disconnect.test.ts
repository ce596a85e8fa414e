/**
 * The table of verdicts, row by row, as an operator reads it: how often it is tried, how soon, and what it
 * ends in.
 */
import { describe, expect, it, vi } from 'vitest';
import { backoffMs } from '../../../machines/domain/backoff.ts';
import { lastingReasons, type Reason, reasons, verdicts } from '../../../machines/domain/disconnect.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { startSession } from '../spec/harness.ts';

onVirtualTime();
interface Row {
  /** The endings in a row that lead to a verdict; undefined when none do. */
  readonly endings?: number;
  readonly verdict?: Reason;
  /**
   * The shortest wait before the next attempt, in seconds, ending by ending; the last one holds for all that
   * follow. 0 s waits are the backoff alone.
   */
  readonly floors: readonly (number | 'at once')[];
  readonly state: 'retrying' | 'failed' | 'idle' | 'restoring';
}
const rows: Record<Reason, Row> = {
  network: { floors: [0], state: 'retrying' },
  timeout: { floors: [0], state: 'retrying', endings: 10, verdict: 'exhausted' },
  unhealthy: { floors: [0], state: 'retrying', endings: 10, verdict: 'exhausted' },
  deaf: { floors: [0], state: 'retrying' },
  mute: { floors: [0], state: 'retrying' },
  server_busy: { floors: [5], state: 'retrying', endings: 10, verdict: 'exhausted' },
  restart_required: {
    floors: ['at once', 'at once', 'at once', 0],
    state: 'restoring',
    endings: 13,
    verdict: 'exhausted',
  },
  outdated: { floors: [60], state: 'retrying' },
  storage: { floors: [5], state: 'retrying' },
  proxy: { floors: [0], state: 'retrying' },
  internal: { floors: [0, 60], state: 'retrying' },
  conflict: { floors: [60], state: 'retrying', endings: 2, verdict: 'conflict' },
  unknown: { floors: [0, 300], state: 'retrying', endings: 4, verdict: 'unknown' },
  revoked: { floors: [], state: 'failed', endings: 1, verdict: 'revoked' },
  banned_temporarily: { floors: [], state: 'failed', endings: 1, verdict: 'banned_temporarily' },
  locked: { floors: [], state: 'failed', endings: 1, verdict: 'locked' },
  wrong_account: { floors: [], state: 'failed', endings: 1, verdict: 'wrong_account' },
  older_copy: { floors: [], state: 'failed', endings: 1, verdict: 'older_copy' },
  creds_corrupt: { floors: [], state: 'failed', endings: 1, verdict: 'creds_corrupt' },
  creds_lost: { floors: [], state: 'failed', endings: 1, verdict: 'creds_lost' },
  crashed: { floors: [], state: 'failed', endings: 1, verdict: 'crashed' },
  exhausted: { floors: [], state: 'failed', endings: 1, verdict: 'exhausted' },
  stopped: { floors: [], state: 'idle' },
  unpaired: { floors: [], state: 'idle' },
  pairing_expired: { floors: [], state: 'idle' },
  logged_out: { floors: [], state: 'idle' },
};

describe.each(Object.entries(rows))('%s', (reason, row) => {
  it(`leads to ${row.state}${row.verdict ? `, and to ${row.verdict} after ${row.endings}` : ''}`, async () => {
    const s = startSession(defaultPolicy);
    s.admit();
    for (let n = 1; n <= 15; n += 1) {
      s.net({ type: 'connection.closed', reason: reason as Reason, statusCode: 499 });
      await settle();
      const { state } = s.view();
      const { waitMs } = s.context();
      const floor = row.floors[Math.min(n, row.floors.length) - 1];
      if (n === 1) expect(state === 'failed' && row.verdict ? 'failed' : state).toBe(row.state);
      if (row.endings === n) {
        expect(s.view()).toMatchObject({
          state: 'failed',
          lastError: { reason: row.verdict, statusCode: 499 },
        });
        expect(s.onDisk()?.verdict).toMatchObject({ reason: row.verdict, at: Date.now(), statusCode: 499 });
        return;
      }
      if (row.floors.length === 0) {
        expect(s.view().lastError).toEqual({ reason, at: Date.now() });
        expect(s.view().credentials).toBe('absent'); // nothing to restore any more
        return;
      }
      if (floor === 'at once')
        expect(s.view()).toMatchObject({ state: 'restoring', step: 'queued', attempt: 0 });
      else {
        expect(state).toBe('retrying');
        const backoff = waitMs - Number(floor) * 1_000;
        expect(backoff).toBeGreaterThanOrEqual(1_000);
        expect(backoff).toBeLessThanOrEqual(300_000);
        await advance(waitMs);
      }
      s.admit();
    }
    expect(row.endings).toBeUndefined();
    expect(s.view().state).toBe('restoring');
    expect(s.alerts()).toEqual([]);
  });
});

describe('the verdict table', () => {
  it('it has a row for every reason and no other', () => {
    expect(Object.keys(verdicts).sort()).toEqual([...reasons].sort());
    expect(new Set(reasons).size).toBe(26);
    expect(lastingReasons).toHaveLength(12);
  });
  it('a test of the real program can divide its floors', async () => {
    const s = startSession({ ...defaultPolicy, floorDivisor: 100 });
    s.admit();
    s.net({ type: 'connection.closed', reason: 'conflict' });
    expect(s.context().waitMs).toBe(600 + 1_500);
  });
});

describe('a temporary ban', () => {
  it('without an end it lasts a day', async () => {
    const s = startSession(defaultPolicy);
    s.admit();
    s.net({ type: 'connection.closed', reason: 'banned_temporarily' });
    await settle();
    expect(s.view().nextRetryAt).toBe(86_400_000);
    expect(s.onDisk()?.verdict?.until).toBe(86_400_000);
  });
  it('only its verdict has an end', async () => {
    const s = startSession(defaultPolicy);
    s.admit();
    s.net({ type: 'connection.closed', reason: 'locked', until: 1_000_000 });
    await settle();
    expect(s.view().nextRetryAt).toBeNull();
  });
});

describe('an exhausted session', () => {
  const exhaust = async (random: number) => {
    const s = startSession(
      { ...defaultPolicy, maxStrikes: 1 },
      { clock: { now: () => Date.now() }, random: () => random },
    );
    s.admit();
    s.net({ type: 'connection.closed', reason: 'timeout' });
    await settle();
    return s;
  };
  it('it tries by itself after 15 minutes, a fifth more or less', async () => {
    expect((await exhaust(0)).view().nextRetryAt).toBe(720_000);
    expect((await exhaust(0.5)).view().nextRetryAt).toBe(900_000);
    expect((await exhaust(0.999_999)).view().nextRetryAt).toBe(1_080_000);
  });
  it('it waits at most 18 minutes, even when the clock was set back a year', async () => {
    const s = await exhaust(0.5);
    vi.setSystemTime(-31_536_000_000);
    s.send({ type: 'session.stop' });
    await settle();
    s.send({ type: 'session.restore' });
    s.admit();
    s.net({ type: 'connection.closed', reason: 'network' });
    await settle();
    expect(s.value()).toEqual({ failed: 'untilProbe' });
    await advance(1_080_000);
    expect(s.view().state).toBe('restoring');
  });
});

describe('the backoff', () => {
  const wait = (failures: number, random: number, floorMs = 0) =>
    backoffMs({ failures, random, floorMs, baseMs: 2_000, capMs: 300_000 });
  it('it doubles from 2 s to 5 min, one half fixed and one half random', () => {
    expect([1, 2, 3, 8, 9, 100].map((n) => wait(n, 0))).toEqual([
      1_000, 2_000, 4_000, 128_000, 150_000, 150_000,
    ]);
    expect([1, 2, 3, 8, 9, 100].map((n) => wait(n, 1))).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ]);
    expect(wait(1, 0.25)).toBe(1_250);
  });
  it('zero failures wait as long as one, and thousands wait a finite time', () => {
    expect(wait(0, 0)).toBe(1_000);
    expect(wait(5_000, 0)).toBe(150_000);
    expect(
      backoffMs({ failures: 5_000, random: 0, floorMs: 0, baseMs: 1, capMs: Number.POSITIVE_INFINITY }),
    ).toBe(2 ** 29);
  });
  it('it is added to the floor, which is never negative', () => {
    expect(wait(1, 0, 60_000)).toBe(61_000);
    expect(wait(1, 0, -60_000)).toBe(1_000);
  });
});
