/** What happens next by itself, and when. For a failed session it depends on why it failed. */
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { SessionView, State } from '../../../machines/domain/view.ts';
import { dueIn } from './duration.ts';

export const nextWords = [
  'stays_connected',
  'is_checked',
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
const stopped = next(
  'nothing',
  'Nothing happens by itself: it stays stopped, also after a restart of the server.',
);

type Tells = (v: SessionView, now: number) => Next;
/** Absent: nothing happens by itself. */
const failedFor: Partial<Record<Reason, Tells>> = {
  banned_temporarily: (v, now) =>
    v.nextRetryAt === null
      ? nothing
      : timed('retries_after_ban', v.nextRetryAt, now, 'is tried once the ban has ended,'),
  exhausted: (v, now) =>
    v.nextRetryAt === null ? nothing : timed('probes', v.nextRetryAt, now, 'is tried once more'),
  creds_corrupt: () =>
    next(
      'runs_with_other_credentials',
      'By itself, it runs as soon as sound credentials lie in its directory; what is there now is left ' +
        'as it is.',
    ),
  crashed: () => next('runs_with_other_build', 'By itself, it runs again with the next version of Vigía.'),
};
const idle: Tells = (v) => {
  if (v.credentials === 'absent' || v.credentials === 'unpaired') return untilPaired;
  if (v.desired === 'stopped') return stopped;
  if (v.credentials === 'unsettled')
    return next(
      'is_looked_at',
      'Its creds.json makes no sense at present: somebody may still be writing it. By itself, it runs as ' +
        'soon as it does; unchanged for a minute, it is called corrupt. Nothing is overwritten.',
    );
  if (v.credentials === 'unreadable')
    return next(
      'is_looked_at',
      'Its credentials cannot be read at present (permissions, or the disk). By itself, it runs as soon ' +
        'as they can.',
    );
  return next(
    'is_looked_at',
    'By itself, it runs as soon as a look at its directory finds that its credentials can be used.',
  );
};
const steps: Readonly<Record<NonNullable<SessionView['step']>, Next>> = {
  queued: next(
    'takes_its_turn',
    'By itself, it connects when it is its turn: sessions are restored a few at a time.',
  ),
  connecting: next(
    'connects',
    'By itself, it is proven as soon as WhatsApp lets it in, and tried again if that takes too long.',
  ),
  verifying: next(
    'is_proven',
    'By itself, it counts as connected once a ping was answered and its backlog has arrived.',
  ),
};
const states: Readonly<Record<State, Tells>> = {
  idle,
  restoring: (v) => steps[v.step ?? 'connecting'],
  pairing: (v, now) =>
    timed(
      'pairing_ends',
      v.pairing?.expiresAt ?? null,
      now,
      'runs once the phone has linked it; otherwise the pairing ends',
    ),
  connected: (v) =>
    v.liveness === 'suspect'
      ? next(
          'is_checked',
          'By itself, it is asked again within seconds, and opened anew if it does not answer; what ' +
            'could not be written is written again.',
        )
      : next(
          'stays_connected',
          'By itself, it stays connected, is asked regularly whether it is well, and is tried again ' +
            'should it be lost.',
        ),
  retrying: (v, now) => timed('retries', v.nextRetryAt, now, 'is tried again'),
  failed: (v, now) => {
    if (v.duplicateOf !== null)
      return next(
        'runs_when_alone',
        `By itself, it runs once "${v.duplicateOf}" is gone or has other credentials.`,
      );
    if (v.desired === 'stopped') return stopped;
    const tells = v.lastError && failedFor[v.lastError.reason];
    return tells ? tells(v, now) : nothing;
  },
};

export const nextOf = (v: SessionView, now: number): Next => states[v.state](v, now);
