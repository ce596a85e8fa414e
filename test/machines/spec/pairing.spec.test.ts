import { expect, vi } from 'vitest';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import type { ConnectionFact, Found } from '../../../machines/domain/ports.ts';
import { advance } from '../fake-clock.ts';
import { found, record } from '../harness.ts';
import { startSession } from './harness.ts';
import { events, type Happening, type Pairing, pairingSpec } from './pairing.spec.ts';
import { same } from './same.ts';
import { type Performance, type Standing, walk } from './walk.ts';

const verdict = (reason: 'revoked' | 'exhausted') => ({
  found: found('acme', {
    record: record('acme', {
      verdict: { reason, at: 0, ...(reason === 'exhausted' && { nextProbeAt: 9e8 }) },
    }),
  }),
});
const befores = {
  'it is new': { found: found('acme', { stored: 'absent', fingerprint: '' }) },
  'it is stopped': { found: found('acme', { record: record('acme', { desired: 'stopped' }) }) },
  'it is retrying': {},
  'it is unreadable': { found: found('acme', { stored: 'unreadable' }) },
  'it is revoked': verdict('revoked'),
  'it is exhausted': verdict('exhausted'),
} as const;
const facts: Partial<Record<Happening, () => ConnectionFact>> = {
  'a QR is shown': () => ({ type: 'connection.qr', qr: 'x', attempt: 2, expiresAt: Date.now() + 20_000 }),
  'a code is shown': () => ({ type: 'connection.code', code: 'ABCD-1234', expiresAt: Date.now() + 60_000 }),
  'the phone wants a passkey': () => ({
    type: 'connection.actionRequired',
    action: 'passkey',
    detail: 'look at the phone',
  }),
  'the phone links the device': () => ({ type: 'connection.paired' }),
  'WhatsApp asks for a restart': () => ({ type: 'connection.closed', reason: 'restart_required' }),
  'WhatsApp refuses it': () => ({ type: 'connection.closed', reason: 'unknown', statusCode: 428 }),
};
const logged: Partial<Record<Happening, object>> = {
  'a QR is shown': { status: 'qr', qr: 'x', attempt: 2 },
  'a code is shown': { status: 'code', code: 'ABCD-1234' },
  'the phone wants a passkey': { status: 'action_required', action: 'passkey', detail: 'look at the phone' },
};
const pairing = { id: 'p1', method: 'qr' } as const;
/** The reason that comes with each ending. */
const reasonOf: Partial<Record<string, string | null>> = {
  'operator cancels': null,
  'operator stops': 'stopped',
  'operator logs out': 'logged_out',
  'WhatsApp asks for a restart': 'restart_required',
  'WhatsApp refuses it': 'unknown',
  'three minutes pass': 'pairing_expired',
  'the directory is moved': null,
  'the directory cannot be moved': 'storage',
};

const perform = (): Performance<Pairing> => {
  let s: ReturnType<typeof startSession> | undefined;
  let moved = (_: Found) => {};
  let stuck = (_: Error) => {};
  let reported = 0;
  let wound = 0;
  const begin = (event: keyof typeof befores) => {
    s = startSession(defaultPolicy, befores[event]);
    if (event === 'it is retrying') {
      s.admit();
      s.harness.close('network');
      s.harness.opened.length = 0;
    }
    s.harness.promote = () =>
      new Promise((resolve, reject) => {
        same(s?.harness.alive.size, 0, 'the socket is closed before its directory is moved');
        [moved, stuck] = [resolve, reject];
      });
  };
  const play = async (event: string, { phase }: Standing<Pairing>) => {
    const happening = event as Happening;
    const fact = facts[happening];
    if (event in befores) return begin(event as keyof typeof befores);
    if (s === undefined) return;
    if (fact) s.net(fact());
    else if (happening === 'operator pairs') s.send({ type: 'session.pair', pairing });
    else if (happening === 'operator cancels') s.send({ type: 'session.cancelPairing' });
    else if (happening === 'operator stops') s.send({ type: 'session.stop' });
    else if (happening === 'operator logs out') s.send({ type: 'session.logout' });
    else if (happening === 'the gate lets it in') {
      wound = Date.now();
      s.admit();
    } else if (happening === 'the directory is moved')
      moved(found('acme', { fingerprint: 'new', promoted: true }));
    else if (happening === 'the directory cannot be moved') stuck(new Error('ENOSPC'));
    else if (
      (happening === 'three minutes pass' && phase === 'scanning') ||
      (happening === 'ten seconds pass' && phase === 'handing over')
    ) {
      const dueAt = happening === 'three minutes pass' ? wound + 180_000 : Date.now() + 10_000;
      await advance(dueAt - Date.now() - 1);
      same(s.harness.alive.size, 1, 'a millisecond too early');
      await advance(1);
    }
  };
  const stateOf: Record<string, string> = {
    queued: 'pairing',
    scanning: 'pairing',
    'handing over': 'pairing',
    promoting: 'pairing',
  };
  const agree: Performance<Pairing>['agree'] = ({ phase, context: c }, event, before) => {
    if (s === undefined) return;
    const updates = s.reports.flatMap((r) => (r.type === 'pairing.reported' ? [r.update] : []));
    if (event !== undefined && logged[event as Happening] && phase === 'scanning') {
      expect(updates.at(-1)).toMatchObject({ pairingId: 'p1', ...logged[event as Happening] });
      if (event !== 'the phone wants a passkey') same(s.context().shownCode, updates.at(-1));
    }
    same(s.harness.sockets.size, phase === 'scanning' || phase === 'handing over' ? 1 : 0);
    if (s.harness.opened.length > 0 && phase !== 'restoring')
      same(
        s.harness.opened.every((o) => o.mode === 'pair'),
        true,
      );
    const ends = updates.filter((u) => ['expired', 'cancelled', 'failed', 'completed'].includes(u.status));
    same(
      ends.map((u) => u.status),
      c.ended === null ? [] : [c.ended],
    );
    if (c.ended !== null && before?.context.ended === null && event !== undefined)
      expect(ends[0]).toMatchObject({ reason: reasonOf[event] });
    if (phase === 'gone') return same(s.actor.getSnapshot().status, 'done');
    const view = s.view();
    if (phase === 'before') return;
    same(view.state, stateOf[phase] ?? phase);
    same(s.context().desired, c.desired);
    if (phase === 'queued') same(s.asked.at(-1), { org: 'acme', urgent: true });
    same(
      s.isAtTheGate(),
      phase === 'queued' || phase === 'restoring',
      'a person who fetches a phone holds no slot',
    );
    if (phase === 'queued' || phase === 'scanning')
      same(view.pairing, { id: 'p1', method: 'qr', expiresAt: wound + 180_000 });
    if (stateOf[phase] === undefined) {
      same(view.pairing, null);
      same(s.context().shownCode, undefined);
      same(s.onDisk()?.desired, c.desired);
    }
    if (phase === 'failed') {
      // what stood against it stands
      const reason = c.was === 'revoked' || c.was === 'exhausted' ? c.was : 'storage';
      same(view.lastError?.reason, reason);
      same(s.onDisk()?.verdict?.reason, reason);
      if (c.was === 'exhausted' && c.desired === 'running' && c.ended !== 'failed')
        same(view.nextRetryAt, 9e8);
      if (c.was === 'revoked') s.send({ type: 'session.retry' }); // still refused
      expect(s.value()).toHaveProperty('failed');
    }
    if (phase === 'restoring') same(s.context().fingerprint, c.ended === 'completed' ? 'new' : 'fp-acme');
    if (phase === 'idle' || phase === 'failed')
      same(
        vi.getTimerCount(),
        c.was === 'exhausted' && phase === 'failed' && c.desired === 'running' ? 1 : 0,
      );
    if (before?.phase === phase && before.context === c) same(s.reports.length, reported);
    reported = s.reports.length;
  };
  return { play, agree };
};

walk('the specification of a pairing', {
  machine: pairingSpec,
  start: perform,
  edges: 180,
  // afterwards it is a session like any other
  refused: {
    events: events.filter((e) => e !== 'operator pairs'),
    pairs: 336,
    in: ['queued', 'scanning', 'handing over', 'promoting'],
  },
});
