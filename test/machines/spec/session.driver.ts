/**
 * How each event of the session's specification is played on the real session, and what both must agree upon.
 */
import { expect, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance } from '../fake-clock.ts';
import { found } from '../harness.ts';
import { type RealSession, startSession } from './harness.ts';
import { same } from './same.ts';
import { type Happening, maxStrikes, type Promised } from './session.spec.ts';
import type { Performance, Standing } from './walk.ts';

const dayMs = 86_400_000;
const qr = { type: 'connection.qr', qr: 'x', attempt: 1, expiresAt: 0 } as const;

/** Advances to the very moment it is due. A millisecond before, nothing has happened. */
const until = async (s: RealSession, ms: number): Promise<void> => {
  const { state } = s.view();
  await advance(ms - 1);
  same(s.view().state, state, 'a millisecond too early');
  await advance(1);
};
const untilDue = async (s: RealSession, reason?: string) => {
  const { nextRetryAt, lastError } = s.view();
  if (reason !== undefined && lastError?.reason !== reason) return; // refused: not this is what it waits for
  if (nextRetryAt !== null) await until(s, nextRetryAt - Date.now());
};
const deadlineMs: Record<string, number> = { connecting: 90_000, verifying: 45_000, unlinking: 10_000 };
/** Time can be refused only where nothing is due. */
const waits = async (s: RealSession, phase: string, where: string, play: () => Promise<void>) => {
  if (phase === where) return play();
  if (['idle', 'queued', 'failed'].includes(phase) && s.view().nextRetryAt === null)
    await advance(7 * dayMs, dayMs);
};

const plays: Record<Happening, (s: RealSession, phase: string, fresh: () => string) => void | Promise<void>> =
  {
    'operator restores': (s) => s.send({ type: 'session.restore' }),
    'operator restores by force': (s) => s.send({ type: 'session.restore', force: true }),
    'operator retries': (s) => s.send({ type: 'session.retry' }),
    'operator retries by force': (s) => s.send({ type: 'session.retry', force: true }),
    'operator stops': (s) => s.send({ type: 'session.stop' }),
    'operator logs out': (s) => s.send({ type: 'session.logout' }),
    'the gate lets it in': (s) => s.admit(),
    'the socket opens': (s) => {
      s.harness.answersPings = false; // its answer is part of the proof
      s.net({ type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
    },
    'it is proven': (s) => {
      s.harness.answersPings = true;
      s.net({ type: 'connection.pinged', ok: true }, { type: 'connection.caughtUp' });
    },
    'the deadline passes': (s, phase) => {
      const ms = deadlineMs[phase];
      return ms === undefined ? waits(s, phase, '', () => advance(0)) : until(s, ms);
    },
    'ten minutes pass': (s, phase) => waits(s, phase, 'healthy', () => advance(600_000)),
    'a ping is lost': (s, phase) =>
      waits(s, phase, 'healthy', async () => {
        s.harness.answersPings = false;
        await advance(34_999);
        same(s.view().liveness, 'healthy');
        await advance(1);
      }),
    'it answers again': (s, phase) =>
      waits(s, phase, 'suspect', () => {
        s.harness.answersPings = true;
        return advance(5_000);
      }),
    'another ping is lost': (s, phase) => waits(s, phase, 'suspect', () => until(s, 15_000)),
    'the network drops': (s) => s.net({ type: 'connection.closed', reason: 'network' }),
    'WhatsApp is busy': (s) => s.net({ type: 'connection.closed', reason: 'server_busy', statusCode: 503 }),
    'the device is unlinked': (s) => s.net({ type: 'connection.closed', reason: 'revoked', statusCode: 401 }),
    'the account is banned for a day': (s) =>
      s.net({ type: 'connection.closed', reason: 'banned_temporarily', until: Date.now() + dayMs }),
    'the account is locked': (s) => s.net({ type: 'connection.closed', reason: 'locked' }),
    'a QR appears': (s) => s.net(qr),
    'the unlink is confirmed': (s) => s.net({ type: 'connection.unlinked' }),
    'the backoff passes': (s, phase) => waits(s, phase, 'retrying', () => untilDue(s)),
    'the probe is due': (s, phase) => waits(s, phase, 'failed', () => untilDue(s, 'exhausted')),
    'the ban ends': (s, phase) => waits(s, phase, 'failed', () => untilDue(s, 'banned_temporarily')),
    'other credentials appear': (s, _, fresh) =>
      s.send({ type: 'credentials.seen', found: found('acme', { fingerprint: fresh() }) }),
    'the same credentials are touched': (s) =>
      s.send({ type: 'credentials.seen', found: found('acme', { fingerprint: s.context().fingerprint }) }),
  };

const shown: Record<
  string,
  { state: string; step: string | null; liveness: string | null; sockets: number; alive: number }
> = {
  queued: { state: 'restoring', step: 'queued', liveness: null, sockets: 0, alive: 1 },
  connecting: { state: 'restoring', step: 'connecting', liveness: null, sockets: 1, alive: 1 },
  verifying: { state: 'restoring', step: 'verifying', liveness: null, sockets: 1, alive: 1 },
  healthy: { state: 'connected', step: null, liveness: 'healthy', sockets: 1, alive: 1 },
  suspect: { state: 'connected', step: null, liveness: 'suspect', sockets: 1, alive: 1 },
  retrying: { state: 'retrying', step: null, liveness: null, sockets: 0, alive: 0 },
  failed: { state: 'failed', step: null, liveness: null, sockets: 0, alive: 0 },
  idle: { state: 'idle', step: null, liveness: null, sockets: 0, alive: 0 },
};
/** Requests of operators go first at the gate; automatic ones wait in the queue. */
const urgency: Partial<Record<string, boolean>> = {
  'operator restores': true,
  'operator retries': true,
  'the backoff passes': false,
  'the probe is due': false,
  'the ban ends': false,
};

export const performSession = (): Performance<Promised> => {
  const s = startSession({ ...defaultPolicy, maxStrikes });
  let alerts = 0;
  let opened = 0;
  let identity = 0;
  let reported = 0;
  const fresh = () => `identity ${++identity}`;

  const agree = (
    { phase, context: c }: Standing<Promised>,
    event: string | undefined,
    before: Standing<Promised> | undefined,
  ) => {
    const entered = phase !== before?.phase;
    if (phase === 'failed' && entered && c.verdict !== before?.context.verdict) alerts += 1;
    if (phase === 'connecting' && entered) opened += 1;
    same(s.alerts().length, alerts, 'alert-worthy reports');
    same(s.harness.opened.length, opened, 'sockets ever opened');
    if (phase === 'gone') {
      expect(s.actor.getSnapshot()).toMatchObject({ status: 'done', context: { unlinked: c.unlinked } });
      same(s.harness.sockets.size + s.harness.alive.size, 0);
      return;
    }
    if (phase === 'unlinking') {
      same(s.harness.sockets.size, 1);
      same(s.harness.orders.at(-1), 'acme connection.unlink');
      return;
    }
    const view = s.view();
    const { state, step, liveness, desired } = view;
    const [sockets, alive] = [s.harness.sockets.size, s.harness.alive.size];
    same({ state, step, liveness, sockets, alive, desired }, { ...shown[phase], desired: c.desired });
    same(s.isAtTheGate(), phase === 'queued' || phase === 'connecting', 'holds or awaits a place');
    if (c.verdict !== null) same(view.lastError?.reason, c.verdict);
    if (phase === 'healthy' || phase === 'idle') same(view.lastError, null);
    const isBanned = phase === 'failed' && c.verdict === 'banned_temporarily';
    const isDue =
      phase === 'retrying' ||
      (phase === 'failed' && c.desired === 'running' && (isBanned || c.verdict === 'exhausted'));
    same(view.nextRetryAt !== null, isDue || isBanned, 'a time is shown');
    if (phase === 'idle' || phase === 'queued' || phase === 'failed')
      same(vi.getTimerCount(), isDue ? 1 : 0, 'timers');
    if (phase === 'retrying') return; // the record on disk is the one from before
    same(s.onDisk()?.desired, c.desired, 'desired, on disk');
    if (phase !== 'verifying' && phase !== 'connecting')
      same(s.onDisk()?.verdict?.reason ?? null, c.verdict, 'verdict on disk');
    const isUrgent = entered && phase === 'queued' && event !== undefined ? urgency[event] : undefined;
    if (isUrgent !== undefined) same(s.asked.at(-1), { org: 'acme', urgent: isUrgent });
  };
  return {
    play: (event, { phase }) => plays[event as Happening](s, phase, fresh),
    agree: (now, event, before) => {
      agree(now, event, before);
      if (before === now) same(s.reports.length, reported, 'reports'); // refused: no report
      reported = s.reports.length;
    },
  };
};
