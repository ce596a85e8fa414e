/**
 * Random sequences of events for one session, checked step by step against the timed specification and its
 * invariants.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { SessionEvent } from '../../../machines/session/context.ts';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { found } from '../harness.ts';
import { type RealSession, startSession } from '../spec/harness.ts';
import { same } from '../spec/same.ts';
import { exploration, patienceMs } from './exploration.ts';
import { begin, type Clockwork, elapse, endings, policy, steps } from './session.timed-spec.ts';

onVirtualTime();
let identities = 0;
const commands: Record<string, () => SessionEvent> = {
  stop: () => ({ type: 'session.stop' }),
  restore: () => ({ type: 'session.restore' }),
  'force retry': () => ({ type: 'session.retry', force: true }),
  replace: () => ({
    type: 'credentials.seen',
    found: found('acme', { fingerprint: `identity ${++identities}` }),
  }),
};
const perform = (s: RealSession, name: string) => {
  const command = commands[name];
  if (command) s.send(command());
  else if (name === 'admit') s.admit();
  else if (name === 'admit in an outage') s.admit(false);
  else if (name === 'open') {
    s.harness.answersPings = false;
    s.net({ type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } });
  } else if (name === 'prove') {
    s.harness.answersPings = true;
    s.net({ type: 'connection.pinged', ok: true }, { type: 'connection.caughtUp' });
  } else if (name === 'creds_lost') s.net({ type: 'connection.qr', qr: 'x', attempt: 1, expiresAt: 0 });
  else
    s.net({
      type: 'connection.closed',
      reason: name as Reason,
      ...(name === 'banned_temporarily' && { until: Date.now() + 3_600_000 }),
    });
};
const phaseOf = (s: RealSession) => s.view().step ?? s.view().state;
/** What holds in every story, whatever the oracle says. */
const invariants = (s: RealSession) => {
  const { state, step } = s.view();
  const onTheWire = state === 'connected' || step === 'connecting' || step === 'verifying';
  same(s.harness.sockets.size, Number(onTheWire), 'a socket exactly while on the wire');
  same(
    s.harness.alive.size,
    state === 'connected' || state === 'restoring' ? 1 : 0,
    'a connection exactly while live',
  );
  same(s.isAtTheGate(), step === 'queued' || step === 'connecting');
  const revisions = s.reports.flatMap((r) => (r.type === 'session.reported' ? [r.view.revision] : []));
  same(
    revisions,
    revisions.map((_, i) => i + 1),
    'every change is reported once',
  );
  const reported = s.reports.flatMap((r) => (r.type === 'session.reported' ? [r] : []));
  for (const [i, r] of reported.entries()) same(r.previousState, reported[i - 1]?.view.state ?? null);
  if (state === 'failed') expect(s.view().lastError).not.toBeNull();
};
const agree = (m: Clockwork, s: RealSession) => {
  same(phaseOf(s), m.phase);
  same(s.view().desired, m.desired);
  same(s.harness.opened.length, m.opened, 'sockets ever opened');
  same(s.alerts().length, m.alerts, 'alert-worthy reports');
  if (m.phase === 'retrying') same(s.context().waitMs, m.waitMs);
  if (m.phase === 'failed') same(s.onDisk()?.verdict?.reason, m.verdict);
};

const happening = fc.constantFrom(...Object.keys(steps));
/** Some waits end on a deadline, or just before it. */
const wait = fc.oneof(
  fc.constantFrom(500, 1_500, 45_000, 60_000, 89_999, 90_000, 599_999, 600_000, 900_000, 3_600_000),
  fc.integer({ min: 1, max: 400_000 }),
);
/**
 * A story that gets somewhere: an attempt, how it goes, and what comes of it; with anything else in between.
 */
const attempt = fc
  .tuple(
    fc.constantFrom('admit', 'admit', 'admit in an outage'),
    fc.constantFrom('open', 'open', 'timeout'),
    fc.constantFrom('prove', 'prove', 'server_busy'),
  )
  .chain((opening) => fc.constantFrom(...Object.keys(endings)).map((ending) => [...opening, ending]));
const story = fc
  .array(
    fc.oneof(
      { arbitrary: attempt, weight: 3 },
      { arbitrary: fc.tuple(happening), weight: 3 },
      { arbitrary: fc.tuple(wait), weight: 3 },
    ),
    {
      maxLength: 40,
      size: 'max',
    },
  )
  .map((parts) => parts.flat());

describe('a random sequence of events', () => {
  it('it agrees with the specification at every step', { timeout: patienceMs }, async () => {
    await fc.assert(
      fc.asyncProperty(story, async (happenings) => {
        vi.clearAllTimers();
        vi.setSystemTime(0);
        const s = startSession(policy);
        const m = begin();
        await settle();
        for (const what of happenings) {
          if (typeof what === 'number') {
            elapse(m, what);
            await advance(what, 300_000);
          } else {
            steps[what]?.(m);
            perform(s, what);
          }
          await settle();
          agree(m, s);
        }
        invariants(s);
      }),
      exploration(1_200),
    );
  });

  it('no attempt comes sooner than shown, or more often than the backoff allows', {
    timeout: patienceMs,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.constantFrom<Reason>('network', 'timeout', 'server_busy', 'storage', 'outdated'),
            fc.double({ min: 0, max: 0.999, noNaN: true }),
          ),
          { maxLength: 12 },
        ),
        async (failures) => {
          vi.clearAllTimers();
          vi.setSystemTime(0);
          let die = 0;
          const s = startSession(
            { ...policy, maxStrikes: 100 },
            { clock: { now: () => Date.now() }, random: () => die },
          );
          for (const [i, [reason, random]] of failures.entries()) {
            s.admit();
            die = random;
            s.net({ type: 'connection.closed', reason });
            const { nextRetryAt } = s.view();
            const waitMs = (nextRetryAt ?? 0) - Date.now();
            const floorMs = { network: 0, timeout: 0, server_busy: 5_000, storage: 5_000, outdated: 60_000 }[
              reason as 'network'
            ];
            const ceilingMs = Math.min(300_000, 2_000 * 2 ** i);
            expect(waitMs).toBeGreaterThanOrEqual(floorMs + ceilingMs / 2);
            expect(waitMs).toBeLessThanOrEqual(floorMs + ceilingMs);
            vi.advanceTimersByTime(waitMs - 1);
            same(s.view().state, 'retrying');
            vi.advanceTimersByTime(1);
            same(s.view().step, 'queued');
          }
        },
      ),
      exploration(800),
    );
  });
});
