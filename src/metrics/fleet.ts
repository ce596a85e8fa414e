/**
 * The events of the supervisor as counts. For each organization it keeps only what the next report is
 * compared with.
 */
import type { Org } from '../../machines/domain/ports.ts';
import { type SessionView, type State, states } from '../../machines/domain/view.ts';
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';
import type { MetricsRegistry } from './registry.ts';

export type ObservedEvent = SupervisorEmitted | Exclude<GateEmitted, { type: 'slot.granted' }>;
type Of<T extends ObservedEvent['type']> = Extract<ObservedEvent, { type: T }>;

interface TrackedSession {
  readonly view: SessionView;
  /** The start of the present attempt to connect, epoch milliseconds. */
  readonly connectingAt: number | undefined;
  readonly pairing: { readonly id: string; readonly method: string; readonly at: number } | undefined;
}
const endOfAttempt = ({ state, lastError }: SessionView): 'ok' | 'error' | 'timeout' | undefined => {
  if (state === 'connected') return 'ok';
  if (state === 'retrying' || state === 'failed')
    return lastError?.reason === 'timeout' ? 'timeout' : 'error';
  return undefined; // an operator stopped it
};
const reasonOfEnd = ({ state, lastError }: SessionView, cause: string): string => {
  if (state === 'retrying' || state === 'failed') return lastError?.reason ?? 'other';
  if (state === 'idle') return lastError?.reason ?? 'stopped';
  // the only end after which it connects again at once; or other credentials
  return cause === 'connection.closed' ? 'restart_required' : 'other';
};

/** Counts what the sessions report. `now` in epoch milliseconds. */
class SessionCounts {
  readonly #known = new Map<Org, TrackedSession>();
  readonly #registry: MetricsRegistry;
  readonly #now: () => number;
  constructor(registry: MetricsRegistry, now: () => number) {
    this.#registry = registry;
    this.#now = now;
  }

  reported({ org, view, previousState, cause }: Of<'session.reported'>): void {
    const before = this.#known.get(org);
    const { pairing } = view;
    const isNewPairing = pairing !== null && view.state === 'pairing' && before?.pairing?.id !== pairing.id;
    this.#known.set(org, {
      view,
      connectingAt: this.#connectingAt(view, before),
      pairing: isNewPairing ? { id: pairing.id, method: pairing.method, at: this.#now() } : before?.pairing,
    });
    this.#registry.set('vigia_session_up', { org }, Number(view.state === 'connected'));
    const connectedSeconds = (view.lastConnectedAt ?? 0) / 1_000;
    this.#registry.set('vigia_session_last_connected_timestamp_seconds', { org }, connectedSeconds);
    if (previousState === view.state) return;
    this.#registry.inc('vigia_session_transitions_total', { from: previousState ?? 'none', to: view.state });
    if (previousState === 'restoring') this.#attemptEnded(view, before);
    if (previousState === 'connected')
      this.#registry.inc('vigia_session_disconnects_total', { reason: reasonOfEnd(view, cause) });
  }
  removed(org: Org, reason: string): void {
    const state: State | undefined = this.#known.get(org)?.view.state;
    this.#known.delete(org);
    this.#registry.drop('vigia_session_up', { org });
    this.#registry.drop('vigia_session_last_connected_timestamp_seconds', { org });
    if (state === undefined) return;
    this.#registry.inc('vigia_session_transitions_total', { from: state, to: 'removed' });
    if (state === 'connected') this.#registry.inc('vigia_session_disconnects_total', { reason });
  }
  pairingStep({ org, update: { status, pairingId } }: Of<'pairing.reported'>): void {
    if (status !== 'completed' && status !== 'expired' && status !== 'cancelled' && status !== 'failed')
      return;
    const before = this.#known.get(org);
    if (before?.pairing?.id !== pairingId) return;
    const { method, at } = before.pairing;
    this.#known.set(org, { ...before, pairing: undefined });
    const seconds = (this.#now() - at) / 1_000;
    this.#registry.inc('vigia_pairing_total', { method, result: status });
    this.#registry.observe('vigia_pairing_duration_seconds', { method, result: status }, seconds);
  }
  collect(): void {
    const counts = new Map<State, number>(states.map((state) => [state, 0]));
    let suspect = 0;
    for (const { view } of this.#known.values()) {
      counts.set(view.state, (counts.get(view.state) ?? 0) + 1);
      if (view.liveness !== null && view.liveness !== 'healthy') suspect += 1;
    }
    for (const [state, count] of counts) this.#registry.set('vigia_sessions', { state }, count);
    this.#registry.set('vigia_sessions_suspect', {}, suspect);
  }

  #connectingAt(view: SessionView, before: TrackedSession | undefined): number | undefined {
    if (view.state !== 'restoring' || view.step === 'queued') return undefined;
    return view.step === 'connecting' && before?.view.step !== 'connecting'
      ? this.#now()
      : before?.connectingAt;
  }
  #attemptEnded(view: SessionView, before: TrackedSession | undefined): void {
    const result = endOfAttempt(view);
    if (result === undefined || before?.connectingAt === undefined) return;
    const seconds = (this.#now() - before.connectingAt) / 1_000;
    this.#registry.inc('vigia_session_restore_attempts_total', { result });
    this.#registry.observe('vigia_session_restore_duration_seconds', { result }, seconds);
  }
}

/** `now` in epoch milliseconds. */
export const countFleet = (registry: MetricsRegistry, now: () => number) => {
  const sessions = new SessionCounts(registry, now);
  const observers: { readonly [T in ObservedEvent['type']]: (e: Of<T>) => void } = {
    'session.reported': (e) => sessions.reported(e),
    'pairing.reported': (e) => sessions.pairingStep(e),
    'session.crashed': ({ org }) => {
      registry.inc('vigia_session_crashes_total');
      sessions.removed(org, 'crashed');
    },
    'session.gone': ({ org }) => sessions.removed(org, 'logged_out'),
    'session.dropped': ({ org }) => sessions.removed(org, 'other'),
    'scan.done': () => {
      registry.inc('vigia_scans_total', { result: 'ok' });
      registry.set('vigia_last_scan_timestamp_seconds', {}, now() / 1_000);
    },
    'scan.failed': () => registry.inc('vigia_scans_total', { result: 'error' }),
    'fleet.frozen': () => registry.set('vigia_directory_frozen', {}, 1),
    'fleet.thawed': () => registry.set('vigia_directory_frozen', {}, 0),
    'root.lost': () => registry.set('vigia_directory_frozen', {}, 1),
    'outage.began': ({ cause }) => registry.set('vigia_outage', { cause }, 1),
    'outage.ended': () => {
      registry.set('vigia_outage', { cause: 'cut_off' }, 0);
      registry.set('vigia_outage', { cause: 'outdated' }, 0);
    },
    'version.refused': () => {},
  };
  return {
    onEvent: (e: ObservedEvent): void => (observers[e.type] as (e: ObservedEvent) => void)(e),
    collect: () => sessions.collect(),
  };
};
