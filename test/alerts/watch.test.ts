/** The engine of the alerts and its surroundings: what it stores, passes on, logs, and when it works. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fingerprintOf } from '../../src/alerts/alert-store.ts';
import { AlertWatch, type WatchOptions } from '../../src/alerts/alert-watch.ts';
import { defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import { savedAlertsIn } from '../../src/alerts/saved-alerts.ts';
import { memoryTable } from '../../src/database/memory-table.ts';
import type { TableChange } from '../../src/database/table.ts';
import { minutes, pass, reported, seconds, stageAlerts } from './harness.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 15, 3, 35) }));
afterEach(() => void vi.useRealTimers());

const optionsOf = (over: Partial<WatchOptions> = {}): WatchOptions => ({
  policy: defaultAlertPolicy,
  now: () => Date.now(),
  store: { load: async () => [], save: async () => undefined },
  send: async () => undefined,
  catchUp: async () => undefined,
  log: () => undefined,
  ...over,
});

describe('what the engine passes on', () => {
  it('for new receivers is what fires unsilenced, and the fingerprints of all that was sent', async () => {
    const offered: unknown[] = [];
    const watch = await AlertWatch.open(
      optionsOf({
        catchUp: async ({ firing, known }) => {
          offered.push([firing.map(({ name }) => name).toSorted(), [...known].toSorted()]);
        },
      }),
    );
    watch.onEvent({ type: 'scan.done', found: 0, adopted: [], dropped: [] });
    watch.onEvent({ type: 'fleet.frozen', cause: 'root_missing' });
    watch.onEvent({ type: 'outage.began', cause: 'cut_off', live: 0 });
    await pass(minutes(1));
    const frozen = fingerprintOf({ name: 'DirectoryFrozen', org: null });
    const outage = fingerprintOf({ name: 'MassDisconnect', org: null });
    expect(offered.at(-1)).toEqual([['DirectoryFrozen', 'MassDisconnect'], [frozen, outage].toSorted()]);
    expect(await watch.silence(frozen, Date.now() + minutes(10))).toMatchObject({ name: 'DirectoryFrozen' });
    await pass(seconds(2));
    expect(offered.at(-1)).toEqual([['MassDisconnect'], [frozen, outage].toSorted()]);
    await watch.close();
  });
  it('a failed recording is logged with its error, and repeated after five seconds', async () => {
    const [logged, tried]: [unknown[], number[]] = [[], []];
    const error = new Error('ENOSPC');
    const watch = await AlertWatch.open(
      optionsOf({
        send: async () => {
          tried.push(Date.now());
          if (tried.length < 3) throw error;
        },
        log: (event, fields) => void logged.push([event, fields]),
      }),
    );
    watch.onEvent({ type: 'scan.done', found: 0, adopted: [], dropped: [] });
    watch.onEvent({ type: 'fleet.frozen', cause: 'root_missing' });
    await pass(minutes(2));
    const failure = ['alerts.not_recorded', { err: error }];
    expect(logged).toEqual([failure, failure]);
    expect(tried.map((at) => at - (tried[0] ?? 0))).toEqual([0, 5_000, 10_000]);
    await watch.close();
  });
  it('a silence is durable when it is answered', async () => {
    const kept: unknown[] = [];
    const s = await stageAlerts();
    await s.settled('acme');
    s.failed('acme', 'revoked');
    await pass(minutes(1));
    const [alert] = s.watch.firing();
    const until = Date.now() + minutes(5);
    await s.watch.silence(alert?.fingerprint ?? '', until);
    kept.push(...s.kept.alerts);
    expect(kept).toMatchObject([{ org: 'acme', silencedUntil: until }]);
    await s.watch.silence(alert?.fingerprint ?? '', null);
    expect(s.kept.alerts[0]).not.toHaveProperty('silencedUntil');
  });
  it('nothing, when its store cannot be read: it does not open', async () => {
    const store = { load: () => Promise.reject(new Error('EIO')), save: async () => undefined };
    await expect(AlertWatch.open(optionsOf({ store }))).rejects.toThrow('EIO');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('when the engine works', () => {
  it('a storm of events does not postpone a notice', async () => {
    const s = await stageAlerts();
    await s.settled('acme', 'beta');
    s.failed('acme', 'revoked');
    for (let n = 0; n < 70; n += 1) {
      s.report('beta', 'connected');
      await pass(seconds(0.5));
    }
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  it('an idle engine has no timer, and an alert that is due in a month is sent in time', async () => {
    const s = await stageAlerts({ alerts: [] }, { retryingTooLongMs: 2_147_483_647 });
    await s.settled('acme');
    await pass(minutes(1));
    expect(vi.getTimerCount()).toBe(0);
    s.lost('acme');
    await pass(2_147_483_647 - 60_000);
    expect(s.notices).toEqual([]);
    await pass(minutes(2));
    expect(reported(s.notices)).toEqual(['SessionRetryingTooLong +acme (1)']);
    await s.watch.close();
  });
  it('before the sessions have settled, what an earlier process sent is what fires', async () => {
    const condition = { name: 'SessionLoggedOut', org: 'acme', since: Date.now() - 5 } as const;
    const saved = { ...condition, fingerprint: fingerprintOf(condition), toldAt: Date.now() };
    const s = await stageAlerts({ alerts: [saved] });
    s.onEvent({ type: 'fleet.frozen', cause: 'root_missing' });
    expect(s.watch.firing().map(({ name }) => name)).toEqual(['SessionLoggedOut']);
    await pass(minutes(3));
    expect(s.watch.firing().map(({ name }) => name)).toEqual(['DirectoryFrozen']);
    await s.watch.close();
  });
  it('a session that is gone is no longer awaited, and its alerts end', async () => {
    const s = await stageAlerts();
    s.onEvent({ type: 'scan.done', found: 2, adopted: ['acme', 'beta'], dropped: [] });
    s.failed('acme', 'revoked');
    s.onEvent({ type: 'session.gone', org: 'beta' } as never);
    await pass(seconds(40));
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
    s.onEvent({ type: 'session.gone', org: 'acme' } as never);
    await pass(minutes(6));
    expect(reported(s.notices).slice(1)).toEqual(['SessionLoggedOut -acme (0)']);
  });
  it('only the first scan names the sessions that a start awaits', async () => {
    const s = await stageAlerts();
    s.onEvent({ type: 'scan.done', found: 1, adopted: ['acme'], dropped: [] });
    s.failed('acme', 'revoked');
    s.onEvent({ type: 'scan.done', found: 2, adopted: ['late'], dropped: [] });
    await pass(seconds(40));
    expect(reported(s.notices)).toEqual(['SessionLoggedOut +acme (1)']);
  });
  it('a condition of an endpoint ends alone, and one of the server without an endpoint', async () => {
    const s = await stageAlerts();
    await s.settled('acme');
    for (const endpoint of ['crm', 'slack']) s.onEvent({ type: 'webhook.failing', endpoint });
    s.onEvent({ type: 'fleet.frozen', cause: 'root_missing' });
    await pass(minutes(6));
    s.onEvent({ type: 'webhook.well', endpoint: 'crm' });
    s.onEvent({ type: 'fleet.thawed' });
    await pass(minutes(6));
    expect(s.watch.firing()).toMatchObject([{ name: 'WebhookFailing', endpoint: 'slack' }]);
    expect(
      s.watch
        .resolved()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['DirectoryFrozen', 'WebhookFailing']);
  });
  it('a restriction of an account is an alert of its organization, and ends with it', async () => {
    const s = await stageAlerts();
    await s.settled('acme', 'beta');
    for (const org of ['acme', 'beta', 'gone']) s.onEvent({ type: 'sending.restricted', org });
    s.onEvent({ type: 'messages.dropped', endpoint: 'crm' });
    await pass(minutes(1));
    expect(s.watch.firing().map(({ name, org, endpoint }) => [name, org, endpoint])).toEqual(
      expect.arrayContaining([
        ['SendingRestricted', 'acme', undefined],
        ['MessagesDropped', null, 'crm'],
      ]),
    );
    s.onEvent({ type: 'sending.free', org: 'acme' });
    s.onEvent({ type: 'messages.kept', endpoint: 'crm' });
    s.onEvent({ type: 'sending.free', org: 'gone' });
    await pass(minutes(6));
    expect(s.watch.firing()).toMatchObject([{ name: 'SendingRestricted', org: 'beta' }]);
  });
  it('a closed engine starts no timer, and waits for the notice that is being recorded', async () => {
    let finish = () => {};
    const watch = await AlertWatch.open(
      optionsOf({
        send: () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
      }),
    );
    watch.onEvent({ type: 'scan.done', found: 0, adopted: [], dropped: [] });
    watch.onEvent({ type: 'fleet.frozen', cause: 'root_missing' });
    await pass(minutes(1));
    let isClosed = false;
    const closing = watch.close().then(() => {
      isClosed = true;
    });
    await pass(seconds(1));
    expect(isClosed).toBe(false);
    finish();
    await closing;
    watch.onEvent({ type: 'fleet.thawed' });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the saved alerts', () => {
  const alertOf = (org: string, over: object = {}) => {
    const condition = { name: 'SessionLoggedOut', org, since: 1_000 } as const;
    return { ...condition, fingerprint: fingerprintOf(condition), ...over };
  };
  const staged = () => {
    const [table, writes]: [ReturnType<typeof memoryTable>, (readonly TableChange[])[]] = [memoryTable(), []];
    const saved = savedAlertsIn({
      ...table,
      write: (changes) => {
        writes.push(changes);
        return table.write(changes);
      },
    });
    return { saved, writes, table };
  };
  it('are written only where they changed', async () => {
    const { saved, writes } = staged();
    await saved.save([]);
    expect(writes).toEqual([]);
    await saved.save([alertOf('acme'), alertOf('beta')]);
    await saved.save([alertOf('acme'), alertOf('beta')]);
    expect(writes).toHaveLength(1);
    const [acme, beta] = [alertOf('acme'), alertOf('beta', { toldAt: 5 })];
    await saved.save([acme, beta]);
    expect(writes[1]).toEqual([{ key: [beta.fingerprint], value: beta }]);
    await saved.save([beta]);
    expect(writes[2]).toEqual([{ key: [acme.fingerprint] }]);
    expect(await saved.load()).toEqual([beta]);
  });
  it('keep every field, and a row with a wrong one is skipped', async () => {
    const { saved, table } = staged();
    const whole = alertOf('acme', {
      silencedUntil: 1,
      toldAt: 2,
      endsAt: 3,
      reason: 'revoked',
      statusCode: 401,
    });
    await saved.save([whole]);
    expect(await saved.load()).toEqual([whole]);
    const wrong = [{ since: -1 }, { since: '1' }, { org: 1 }, { fingerprint: 1 }, { toldAt: 'x' }];
    for (const over of [...wrong, { silencedUntil: 'x' }, { endsAt: 'x' }, { name: 'None' }]) {
      await table.write([{ key: ['wrong'], value: { ...alertOf('beta'), ...over } }]);
      expect(await saved.load(), JSON.stringify(over)).toEqual([whole]);
    }
    await table.write([{ key: ['wrong'], value: { ...alertOf('beta'), org: null, since: 0 } }]);
    expect(await saved.load()).toHaveLength(2);
  });
});
