/**
 * How a session looks: one icon, one colour and one height on the horizon for each kind of situation. Height
 * is how much it asks for, so that trouble is seen without colour.
 */
import type { Session } from '../../client/client.ts';

export const looks = [
  'bad',
  'ok',
  'suspect',
  'deaf',
  'wait',
  'queued',
  'connecting',
  'verifying',
  'pair',
  'held',
  'stop',
  'none',
] as const;
export type Look = (typeof looks)[number];
/** The text and icon colour: a custom property, and a class `c-…`. */
export type Tone = 'ok' | 'go' | 'pair' | 'wait' | 'bad' | 'held' | 'off';

export interface Appearance {
  readonly tone: Tone;
  /** The custom property of its mark. */
  readonly bar: string;
  /** 0…1 above the line; negative hangs below it. */
  readonly height: number;
}
export const appearances: Readonly<Record<Look, Appearance>> = {
  ok: { tone: 'ok', bar: '--ok-bar', height: 0.05 },
  suspect: { tone: 'wait', bar: '--wait-bar', height: 0.16 },
  deaf: { tone: 'wait', bar: '--wait-bar', height: 0.2 },
  queued: { tone: 'go', bar: '--go', height: 0.14 },
  connecting: { tone: 'go', bar: '--go', height: 0.2 },
  verifying: { tone: 'go', bar: '--go', height: 0.26 },
  pair: { tone: 'pair', bar: '--pair', height: 0.34 },
  wait: { tone: 'wait', bar: '--wait-bar', height: 0.3 },
  held: { tone: 'held', bar: '--held', height: 0.36 },
  bad: { tone: 'bad', bar: '--bad-bar', height: 0.8 },
  stop: { tone: 'off', bar: '--off', height: -1 },
  none: { tone: 'off', bar: '--off', height: -1 },
};

/** It runs only when a phone is linked. Credentials that are still being copied are linked already. */
export const isUnlinked = ({ credentials }: Session): boolean =>
  credentials === 'absent' || credentials === 'unpaired';
/** The server decides whether a person is needed. */
export const lookOf = (session: Session): Look => {
  if (session.attention !== null) return 'bad';
  switch (session.state) {
    case 'connected':
      return session.liveness === 'suspect' || session.liveness === 'deaf' ? session.liveness : 'ok';
    case 'restoring':
      return session.step ?? 'connecting';
    case 'pairing':
      return 'pair';
    case 'retrying':
      return 'wait';
    case 'failed':
      return session.desired === 'stopped' ? 'stop' : 'held';
    case 'idle':
      return session.desired === 'stopped' && session.credentials !== 'absent' ? 'stop' : 'none';
  }
};

/** The counters of the overview, which are its filter. */
export const groups = ['bad', 'ok', 'unwell', 'wait', 'go', 'pair', 'held', 'idle'] as const;
export type Group = (typeof groups)[number];
const groupOfLook: Readonly<Record<Look, Group>> = {
  bad: 'bad',
  ok: 'ok',
  suspect: 'unwell',
  deaf: 'unwell',
  wait: 'wait',
  queued: 'go',
  connecting: 'go',
  verifying: 'go',
  pair: 'pair',
  held: 'held',
  stop: 'idle',
  none: 'idle',
};
export const groupOf = (look: Look): Group => groupOfLook[look];
/** The icon of a counter. */
export const lookOfGroup: Readonly<Record<Group, Look>> = {
  bad: 'bad',
  ok: 'ok',
  unwell: 'suspect',
  wait: 'wait',
  go: 'connecting',
  pair: 'pair',
  held: 'held',
  idle: 'stop',
};
/** Trouble first, the quiet last. */
export const urgencyOf: Readonly<Record<Look, number>> = {
  bad: 0,
  held: 1,
  pair: 2,
  connecting: 3,
  verifying: 3,
  queued: 4,
  wait: 5,
  deaf: 6,
  suspect: 6,
  none: 8,
  stop: 9,
  ok: 10,
};
export const isQuiet = (look: Look): boolean => look === 'ok' || look === 'stop';
