/** Who hears of what, and when: the promises of the alerts, at the default numbers, under a virtual clock. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lastingReasons } from '../../machines/domain/disconnect.ts';
import { alertOfVerdict } from '../../src/alerts/catalogue.ts';
import { minutes, pass, reported, seconds, stageAlerts } from './harness.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 15, 3, 35) }));
afterEach(() => void vi.useRealTimers());

describe('a session that needs a person', () => {
  it.each(lastingReasons)(
    'failed (%s): is told once, within 35 s, and its end when it is connected again',
    async (reason) => {
      const s = await stageAlerts();
      await s.settled('acme', 'beta');
      s.failed('acme', reason);
      await pass(seconds(35));
      const name = alertOfVerdict[reason];
      expect(reported(s.notices)).toEqual([`${name} +acme (1)`]);
      expect(s.notices[0]?.severity).toBe('critical');
      expect(s.watch.firing()).toMatchObject([{ name, org: 'acme', reason }]);
      await pass(minutes(60));
      s.report('acme', 'pairing', { lastError: { reason, at: 1 } });
      s.report('acme', 'restoring');
      await pass(minutes(10));
      expect(s.notices).toHaveLength(1); // it is not back before it is connected
      s.connected('acme');
      await pass(minutes(6));
      expect(reported(s.notices)).toEqual([`${name} +acme (1)`, `${name} -acme (0)`]);
      expect(s.notices[1]?.isOver).toBe(true);
      expect(s.watch.firing()).toEqual([]);
      expect(s.watch.resolved()).toMatchObject([{ name, org: 'acme', endsAt: expect.any(Number) }]);
    },
  );

  it('is not told anew with every probe of its own', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    const verdictAt = Date.now();
    for (let probe = 0; probe < 8; probe += 1) {
      s.failed('acme', 'exhausted', verdictAt);
      await pass(minutes(15));
      s.report('acme', 'restoring', { lastError: { reason: 'exhausted', at: verdictAt } });
      await pass(seconds(40));
    }
    expect(reported(s.notices)).toEqual(['SessionRestoreFailed +acme (1)']);
  });

  it('is nobody’s trouble once a person stopped it, or its directory is gone', async () => {
    const s = await stageAlerts();
    await s.settled('acme', 'beta');
    s.failed('acme', 'revoked');
    s.failed('beta', 'revoked');
    await pass(minutes(1));
    s.report('acme', 'failed', { desired: 'stopped', lastError: { reason: 'revoked', at: 1 } });
    s.onEvent({ type: 'session.dropped', org: 'beta', view: {} as never });
    await pass(minutes(6));
    expect(reported(s.notices)).toEqual([
      'SessionLoggedOut +acme +beta (2)',
      'SessionLoggedOut -acme -beta (0)',
    ]);
  });

  it('is repeated every four hours for as long as it lasts', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.failed('acme', 'locked');
    await pass(minutes(60 * 9));
    expect(reported(s.notices)).toEqual([
      'SessionRestoreFailed +acme (1)',
      'SessionRestoreFailed (1) again',
      'SessionRestoreFailed (1) again',
    ]);
  });
});

describe('what mends itself', () => {
  it('is not told: a loss of less than five minutes, and four losses in ten', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    for (let n = 0; n < 4; n += 1) {
      s.lost('acme');
      await pass(seconds(100));
      s.connected('acme');
      await pass(seconds(60));
    }
    await pass(minutes(30));
    expect(s.notices).toEqual([]);
  });
  it('is sent once a session retried for five minutes, however often its state changes', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    for (let n = 0; n < 6; n += 1) {
      s.lost('acme', 'timeout');
      await pass(seconds(30));
      s.report('acme', 'restoring', { attempt: n + 1 });
      await pass(seconds(30));
    }
    expect(reported(s.notices)).toEqual(['SessionRetryingTooLong +acme (1)']);
    expect(s.notices[0]?.severity).toBe('warning');
  });
  it('is sent at the fifth loss in ten minutes, and resolved ten minutes later', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    for (let n = 0; n < 5; n += 1) {
      s.lost('acme');
      await pass(seconds(3));
      s.connected('acme');
      await pass(seconds(57));
    }
    expect(reported(s.notices)).toEqual(['SessionFlapping +acme (1)']);
    await pass(minutes(11));
    expect(reported(s.notices).slice(1)).toEqual(['SessionFlapping -acme (0)']);
  });
  it('is sent when a session is deaf despite a new connection, until it receives or reconnects', async () => {
    const s = await stageAlerts();
    await s.settled('acme', 'beta');
    s.lost('beta', 'deaf'); // cured by its new connection: nobody's work
    s.connected('beta');
    s.report('acme', 'connected', { liveness: 'suspect' }, { cause: 'connection.pinged' }); // something else
    await pass(minutes(2));
    expect(s.notices).toEqual([]);
    s.report('acme', 'connected', { liveness: 'deaf' });
    s.report('acme', 'connected', { liveness: 'deaf' });
    await pass(seconds(40));
    expect(reported(s.notices)).toEqual(['SessionDeaf +acme (1)']);
    s.report('acme', 'connected', { liveness: 'healthy' });
    await pass(minutes(6));
    expect(reported(s.notices)).toEqual(['SessionDeaf +acme (1)', 'SessionDeaf -acme (0)']);
  });
  it('is not told when it ends and comes back before its end was told', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.failed('acme', 'locked');
    await pass(seconds(40));
    s.connected('acme');
    await pass(seconds(40));
    s.failed('acme', 'locked');
    await pass(minutes(30));
    expect(reported(s.notices)).toEqual(['SessionRestoreFailed +acme (1)']);
  });
  it('is not told when it ended before anybody could have been', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.failed('acme', 'creds_corrupt');
    await pass(seconds(20));
    s.connected('acme');
    await pass(minutes(10));
    expect(s.notices).toEqual([]);
  });
});

describe('many at once', () => {
  const fleet = Array.from({ length: 200 }, (_, n) => `org-${n}`);
  it('cut off: one alert and one resolution, whatever single sessions do meanwhile', async () => {
    const s = await stageAlerts();
    await s.settled(...fleet);
    for (const org of fleet.slice(0, 110)) s.lost(org);
    s.onEvent({ type: 'outage.began', cause: 'cut_off', live: 90 });
    for (const org of fleet.slice(110)) s.lost(org);
    await pass(minutes(20));
    expect(reported(s.notices)).toEqual(['MassDisconnect +server (1)']);
    s.onEvent({ type: 'outage.ended' });
    for (const org of fleet) {
      await pass(seconds(0.2));
      s.connected(org);
    }
    await pass(minutes(30));
    expect(reported(s.notices)).toEqual(['MassDisconnect +server (1)', 'MassDisconnect -server (0)']);
  });
  it('cut off: a session that is not back minutes after the outage raises its own alert', async () => {
    const s = await stageAlerts();
    await s.settled('acme', 'beta');
    s.onEvent({ type: 'outage.began', cause: 'cut_off', live: 0 });
    for (const org of ['acme', 'beta']) s.lost(org);
    await pass(minutes(20));
    s.onEvent({ type: 'outage.ended' });
    s.connected('beta');
    await pass(minutes(6));
    expect(reported(s.notices)).toEqual(['MassDisconnect +server (1)', 'MassDisconnect -server (0)']);
    await pass(minutes(2));
    expect(reported(s.notices).slice(2)).toEqual(['SessionRetryingTooLong +acme (1)']);
  });
  it('cut off again and again: no single session is said to flap', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    for (let n = 0; n < 6; n += 1) {
      s.onEvent({ type: 'outage.began', cause: 'cut_off', live: 0 });
      s.lost('acme');
      s.onEvent({ type: 'outage.ended' });
      s.connected('acme');
      await pass(seconds(60));
    }
    await pass(minutes(20));
    expect(reported(s.notices).filter((logged) => !logged.startsWith('MassDisconnect'))).toEqual([]);
  });
  it('failed: one message that names them all; who follows is told five minutes later', async () => {
    const s = await stageAlerts();
    await s.settled(...fleet);
    for (const org of fleet.slice(0, 150)) s.failed(org, 'revoked');
    await pass(seconds(40));
    for (const org of fleet.slice(150)) s.failed(org, 'revoked');
    await pass(minutes(4));
    expect(s.notices).toHaveLength(1);
    await pass(minutes(2));
    expect(s.notices.map((n) => [n.started.length, n.firing.length])).toEqual([
      [150, 150],
      [50, 200],
    ]);
  });
});
