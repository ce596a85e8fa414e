/** What happens next without a command, and when. For a failed session it depends on the reason. */
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { Liveness, SessionView, State } from '../../../machines/domain/view.ts';
import { dueIn } from './duration.ts';

export const nextWords = [
  'stays_connected',
  'is_checked',
  'reopens',
  'takes_its_turn',
  'connects',
  'is_proven',
  'pairing_ends',
  'retries',
  'probes',
  'retries_after_ban',
  'runs_with_other_credentials',
  'runs_when_alone',
  'runs_with_other_build',
  'is_looked_at',
  'nothing',
] as const;
export type NextWord = (typeof nextWords)[number];
export interface Next {
  readonly what: NextWord;
  /** Epoch milliseconds; null when it has no time. */
  readonly at: number | null;
  readonly message: string;
}

const next = (what: NextWord, message: string, at: number | null = null): Next => ({ what, at, message });
const timed = (what: NextWord, at: number | null, now: number, will: string): Next =>
  next(what, at === null ? `By itself, it ${will} shortly.` : `By itself, it ${will} ${dueIn(at, now)}.`, at);

const nothing = next(
  'nothing',
  'Nothing happens by itself until a person acts, or other credentials are put in its directory.',
);
const untilPaired = next(
  'nothing',
  'Nothing happens by itself until it is paired, or credentials are put in its directory.',
);
const stopped = next('nothing', 'Nothing happens by itself: it stays stopped.');

type NextOf = (v: SessionView, now: number) => Next;
/** Absent: nothing happens by itself. */
const failedFor: Partial<Record<Reason, NextOf>> = {
  banned_temporarily: (v, now) =>
    v.nextRetryAt === null
      ? nothing
      : timed('retries_after_ban', v.nextRetryAt, now, 'is retried after the ban,'),
  exhausted: (v, now) =>
    v.nextRetryAt === null ? nothing : timed('probes', v.nextRetryAt, now, 'is probed'),
  creds_corrupt: () =>
    next(
      'runs_with_other_credentials',
      'By itself, it runs as soon as its directory holds good credentials. Vigía does not change the ' +
        'present file.',
    ),
  crashed: () => next('runs_with_other_build', 'By itself, it runs again with the next version of Vigía.'),
};
const idle: NextOf = (v) => {
  if (v.credentials === 'absent' || v.credentials === 'unpaired') return untilPaired;
  if (v.desired === 'stopped') return stopped;
  if (v.credentials === 'unsettled')
    return next(
      'is_looked_at',
      'Its directory is still changing, or its creds.json is not valid now: it may still be copied. By ' +
        'itself, it runs once the file is valid and nothing has changed for seconds. A file that stays ' +
        'invalid for a minute counts as corrupt. Nothing is overwritten.',
    );
  if (v.credentials === 'unreadable')
    return next(
      'is_looked_at',
      'Its credentials cannot be read now (permissions, or the disk). By itself, it runs as soon as they ' +
        'can be read.',
    );
  return next(
    'is_looked_at',
    'By itself, it runs as soon as a scan finds usable credentials in its directory.',
  );
};
const steps: Readonly<Record<NonNullable<SessionView['step']>, Next>> = {
  queued: next(
    'takes_its_turn',
    'By itself, it connects when its turn comes: sessions are restored a few at a time.',
  ),
  connecting: next(
    'connects',
    'By itself, it is verified as soon as WhatsApp accepts the login, and retried if that takes too long.',
  ),
  verifying: next(
    'is_proven',
    'By itself, it counts as connected when a ping was answered and its backlog has arrived.',
  ),
};
const connected: Readonly<Record<Liveness, Next>> = {
  healthy: next(
    'stays_connected',
    'By itself, it stays connected, is pinged regularly, and is reconnected if the connection is lost.',
  ),
  suspect: next(
    'is_checked',
    'By itself, it is pinged again within seconds, and reconnected if it does not answer. Failed writes ' +
      'are repeated.',
  ),
  deaf: next('reopens', 'By itself, it gets another connection within the hour.'),
};
const states: Readonly<Record<State, NextOf>> = {
  idle,
  restoring: (v) => steps[v.step ?? 'connecting'],
  pairing: (v, now) =>
    timed(
      'pairing_ends',
      v.pairing?.expiresAt ?? null,
      now,
      'runs once the phone has linked it; otherwise the pairing ends',
    ),
  connected: (v) => connected[v.liveness ?? 'healthy'],
  retrying: (v, now) => timed('retries', v.nextRetryAt, now, 'is retried'),
  failed: (v, now) => {
    if (v.duplicateOf !== null)
      return next(
        'runs_when_alone',
        `By itself, it runs once "${v.duplicateOf}" is removed or has other credentials.`,
      );
    if (v.desired === 'stopped') return stopped;
    const nextOfReason = v.lastError && failedFor[v.lastError.reason];
    return nextOfReason ? nextOfReason(v, now) : nothing;
  },
};

export const nextOf = (v: SessionView, now: number): Next => states[v.state](v, now);
