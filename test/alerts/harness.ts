/** The alert engine under a virtual clock, with a store that outlives it and an ear for what it tells. */
import { vi } from 'vitest';
import type { Lasting, Reason } from '../../machines/domain/disconnect.ts';
import type { SessionView, State } from '../../machines/domain/view.ts';
import type { FiredAlert } from '../../src/alerts/alert-store.ts';
import { AlertWatch } from '../../src/alerts/alert-watch.ts';
import { type AlertPolicy, defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import type { AlertInput } from '../../src/alerts/conditions.ts';
import type { Notice } from '../../src/alerts/groups.ts';

export const seconds = (n: number) => n * 1_000;
export const minutes = (n: number) => n * 60_000;
const now = () => Date.now();

/** What is kept between two processes. */
export interface Kept {
  alerts: readonly FiredAlert[];
}
export const stageAlerts = async (kept: Kept = { alerts: [] }, policy: Partial<AlertPolicy> = {}) => {
  const notices: Notice[] = [];
  const caughtUp: (readonly string[])[] = [];
  const states = new Map<string, State>();
  const world = { failing: false, warned: 0, meanwhile: () => {} };
  const watch = await AlertWatch.open({
    policy: { ...defaultAlertPolicy, ...policy },
    now,
    store: {
      load: async () => kept.alerts,
      save: async (alerts) => {
        kept.alerts = structuredClone(alerts);
      },
    },
    send: async (notice) => {
      if (world.failing) throw new Error('ENOSPC');
      notices.push(notice);
      const { meanwhile } = world;
      world.meanwhile = () => {};
      meanwhile();
    },
    catchUp: async (standing) => {
      caughtUp.push(standing.firing.map(({ org }) => org ?? 'server'));
    },
    log: () => {
      world.warned += 1;
    },
  });
  const report = (
    org: string,
    state: State,
    over: Partial<SessionView> = {},
    written: { writable?: boolean; durable?: boolean; cause?: string } = {},
  ) => {
    const { writable = true, durable = true, cause = 'test' } = written;
    const view: SessionView = {
      org,
      state,
      step: null,
      desired: 'running',
      credentials: 'restorable',
      liveness: null,
      writable,
      revision: 1,
      since: now(),
      attempt: state === 'retrying' ? 1 : 0,
      maxAttempts: 10,
      nextRetryAt: null,
      lastConnectedAt: null,
      lastError: null,
      account: null,
      duplicateOf: null,
      pairing: null,
      ...over,
    };
    const previousState = states.get(org) ?? null;
    states.set(org, state);
    watch.onEvent({
      type: 'session.reported',
      org,
      view,
      previousState,
      created: false,
      cause,
      durable,
    });
  };
  const failed = (org: string, reason: Lasting, at = now()) =>
    report(org, 'failed', { lastError: { reason, at } });
  const lost = (org: string, reason: Reason = 'network') =>
    report(org, 'retrying', { lastError: { reason, at: now() } });
  const connected = (...orgs: readonly string[]) => {
    for (const org of orgs) report(org, 'connected');
  };
  /** A start whose sessions all came back. */
  const settled = async (...orgs: readonly string[]) => {
    watch.onEvent({ type: 'scan.done', found: orgs.length, adopted: orgs, dropped: [] });
    connected(...orgs);
    await pass(seconds(2));
  };
  return {
    watch,
    notices,
    /** The organizations of the alerts that were offered to new receivers, each time. */
    caughtUp,
    world,
    kept,
    report,
    failed,
    lost,
    connected,
    settled,
    onEvent: (e: AlertInput) => watch.onEvent(e),
  };
};
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** What was told, in few words: `SessionLoggedOut +acme -beta (1)`. */
export const reported = (notices: readonly Notice[]): readonly string[] =>
  notices.map(
    ({ name, started, resolved, firing, isReminder }) =>
      `${name}${started.map((a) => ` +${a.org ?? 'server'}`).join('')}${resolved.map((a) => ` -${a.org ?? 'server'}`).join('')} (${firing.length})${isReminder ? ' again' : ''}`,
  );
