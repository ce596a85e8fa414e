/** Alerts across starts, full disks, silences and the server's own troubles, under a virtual clock. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertTexts } from '../../src/protocol/alerts.ts';
import { minutes, pass, reported, seconds, stageAlerts } from './harness.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 15, 3, 35) }));
afterEach(() => void vi.useRealTimers());

describe('a start', () => {
  it('says nothing before those it restores have settled', async () => {
    const s = await stageAlerts();
    s.onEvent({ type: 'scan.done', found: 2, adopted: ['acme', 'beta'], dropped: [] });
    s.failed('acme', 'revoked');
    await pass(seconds(90));
    expect(s.notices).toEqual([]);
    s.connected('beta');
    await pass(seconds(35));
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  it('waits two minutes for that at most', async () => {
    const s = await stageAlerts();
    s.onEvent({ type: 'scan.done', found: 2, adopted: ['acme', 'beta'], dropped: [] });
    s.failed('acme', 'revoked');
    s.report('beta', 'restoring');
    await pass(seconds(110));
    expect(s.notices).toEqual([]);
    await pass(seconds(45));
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  it('does not tell again what was told, and tells the end of what ended meanwhile', async () => {
    const first = await stageAlerts();
    await first.settled('acme', 'beta');
    const at = Date.now();
    first.failed('acme', 'revoked', at);
    first.failed('beta', 'revoked', at);
    await pass(seconds(40));
    expect(first.notices).toHaveLength(1);
    await first.watch.close();

    const second = await stageAlerts(first.kept);
    expect(second.watch.firing().map(({ org }) => org)).toEqual(['acme', 'beta']);
    second.onEvent({ type: 'scan.done', found: 2, adopted: ['acme', 'beta'], dropped: [] });
    second.failed('acme', 'revoked', at);
    second.connected('beta');
    await pass(minutes(10));
    expect(reported(second.notices)).toEqual(['SessionLoggedOut -beta (1)']);
    expect(second.watch.firing()).toMatchObject([{ org: 'acme', since: at }]);
  });
  it('reminds of what goes on when four hours have passed since it was told, whoever told it', async () => {
    const first = await stageAlerts();
    await first.settled('acme');
    const at = Date.now();
    first.failed('acme', 'revoked', at);
    await pass(minutes(180));
    await first.watch.close();
    const second = await stageAlerts(first.kept);
    second.onEvent({ type: 'scan.done', found: 1, adopted: ['acme'], dropped: [] });
    second.failed('acme', 'revoked', at);
    await pass(minutes(55));
    expect(second.notices).toEqual([]);
    await pass(minutes(10));
    expect(reported(second.notices)).toEqual(['SessionLoggedOut (1) again']);
    await pass(minutes(200));
    await second.watch.close();
    const third = await stageAlerts(first.kept);
    third.onEvent({ type: 'scan.done', found: 1, adopted: ['acme'], dropped: [] });
    third.failed('acme', 'revoked', at);
    await pass(minutes(30));
    expect(third.notices).toEqual([]);
    await third.watch.close();
  });
  it('tells what happens while something else is being recorded', async () => {
    const s = await stageAlerts();
    await s.settled('acme', 'beta');
    s.world.meanwhile = () => s.failed('beta', 'revoked');
    s.failed('acme', 'locked');
    await pass(minutes(2));
    expect(reported(s.notices)).toEqual(['SessionRestoreFailed +acme (1)', 'SessionLoggedOut +beta (1)']);
  });
  it('tells what could not be recorded as soon as it can be', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.world.failing = true;
    s.failed('acme', 'revoked');
    await pass(minutes(2));
    expect(s.notices).toHaveLength(0);
    expect(s.kept.alerts).toHaveLength(0);
    expect(s.world.warned).toBeGreaterThan(5);
    s.world.failing = false;
    await pass(seconds(10));
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
});

describe('the rest', () => {
  it('of the server: a failing scan, a frozen directory, an outdated version, an endpoint, a disk', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.onEvent({ type: 'scan.failed', error: new Error('EMFILE') });
    await pass(seconds(40));
    s.onEvent({ type: 'scan.done', found: 1, adopted: [], dropped: [] }); // it was a hiccup
    s.onEvent({ type: 'fleet.frozen', cause: 'root_missing' });
    s.onEvent({ type: 'outage.began', cause: 'outdated', live: 0 });
    s.onEvent({ type: 'webhook.failing', endpoint: 'django' });
    s.onEvent({ type: 'webhook.failing', endpoint: 'slack' });
    s.report('acme', 'connected', {}, { writable: false });
    s.onEvent({ type: 'webhook.well', endpoint: 'slack' });
    await pass(minutes(7));
    expect(reported(s.notices).toSorted()).toEqual([
      'ClientOutdated +server (1)',
      'DirectoryFrozen +server (1)',
      'StorageUnwritable +acme (1)',
      'WebhookFailing +server (1)',
    ]);
    s.onEvent({ type: 'scan.failed', error: new Error('EMFILE') });
    await pass(minutes(2));
    expect(reported(s.notices).at(-1)).toBe('ScanFailing +server (1)');
  });
  it('can be silenced: nobody is told until then, and then it is', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.failed('acme', 'revoked');
    await pass(seconds(10));
    const [alert] = s.watch.firing();
    expect(await s.watch.silence(alert?.fingerprint ?? '', Date.now() + minutes(60))).toMatchObject({
      org: 'acme',
    });
    expect(await s.watch.silence('no such', null)).toBe(undefined);
    await pass(minutes(59));
    expect(s.notices).toEqual([]);
    await pass(minutes(3));
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  /** An alert that is silenced for an hour, some time after its beginning. */
  const silenced = async (afterMs: number) => {
    const first = await stageAlerts();
    await first.settled('acme');
    const at = Date.now();
    first.failed('acme', 'revoked', at);
    await pass(afterMs);
    await first.watch.silence(first.watch.firing()[0]?.fingerprint ?? '', Date.now() + minutes(60));
    return { first, at };
  };
  it('stays silenced across a restart that came before its first notice', async () => {
    const { first, at } = await silenced(seconds(10));
    await first.watch.close();
    const second = await stageAlerts(first.kept);
    second.onEvent({ type: 'scan.done', found: 1, adopted: ['acme'], dropped: [] });
    second.failed('acme', 'revoked', at);
    await pass(minutes(55));
    expect(second.notices).toEqual([]);
    await pass(minutes(10));
    expect(reported(second.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  it('forgets the silence of an alert that ended before it was sent, also across a restart', async () => {
    const { first } = await silenced(seconds(10));
    first.connected('acme');
    await pass(minutes(1));
    await first.watch.close();
    const second = await stageAlerts(first.kept);
    await second.settled('acme');
    second.failed('acme', 'revoked');
    await pass(minutes(2));
    expect(reported(second.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  it('stays silenced no longer than intended when the clock was set back between two starts', async () => {
    const { first, at } = await silenced(minutes(2));
    await first.watch.close();
    vi.setSystemTime(at - minutes(60 * 24 * 365));
    const second = await stageAlerts(first.kept);
    second.onEvent({ type: 'scan.done', found: 1, adopted: ['acme'], dropped: [] });
    second.failed('acme', 'revoked');
    await pass(minutes(59));
    expect(second.notices).toEqual([]);
    await pass(minutes(60 * 4));
    expect(reported(second.notices)).toEqual(['SessionLoggedOut (1) again']);
  });
  it('has a sentence and something to do for everything', () => {
    for (const { summary, action } of Object.values(alertTexts)) {
      expect(summary).toMatch(/^[A-Z].{20,}\.$/);
      expect(action).toMatch(/^[A-Z].{20,}\.$/);
    }
  });
  it('leaves no timer when it is closed', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    s.failed('acme', 'revoked');
    await s.watch.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
