/**
 * The specification of a session with exact times instead of "the deadline passes". The oracle of the random
 * sequences.
 */
import { defaultPolicy } from '../../../machines/domain/policy.ts';

export const policy = { ...defaultPolicy, maxStrikes: 4 };
type Phase = 'queued' | 'connecting' | 'verifying' | 'connected' | 'retrying' | 'failed' | 'idle';
type Row = 'restart' | 'conflict' | 'unknown' | 'internal';

export interface Clockwork {
  phase: Phase;
  now: number;
  /** When something happens by itself, and what. */
  due: { at: number; what: 'timeout' | 'again' | 'probe' | 'ban ends' | 'forgive' } | undefined;
  strikes: number;
  failures: number;
  row: readonly [Row, number] | undefined;
  verdict: string | undefined;
  bannedUntil: number;
  desired: 'running' | 'stopped';
  counts: boolean;
  opened: number;
  alerts: number;
  waitMs: number;
}
export const begin = (): Clockwork => ({
  phase: 'queued',
  now: 0,
  due: undefined,
  strikes: 0,
  failures: 0,
  row: undefined,
  verdict: undefined,
  bannedUntil: 0,
  desired: 'running',
  counts: true,
  opened: 0,
  alerts: 0,
  waitMs: 0,
});

const onTheWire = (m: Clockwork) =>
  m.phase === 'connecting' || m.phase === 'verifying' || m.phase === 'connected';
const enter = (
  m: Clockwork,
  phase: Phase,
  due?: { at: number; what: NonNullable<Clockwork['due']>['what'] },
) => {
  m.phase = phase;
  m.due = due;
};
const acquit = (m: Clockwork) =>
  Object.assign(m, { strikes: 0, failures: 0, row: undefined, verdict: undefined });
/** Every ending is remembered; during an outage of the whole fleet it is remembered, but not counted. */
const count = (m: Clockwork, isStrike: boolean, row?: readonly [Row, number]) => {
  m.failures += Number(m.counts);
  m.strikes += Number(m.counts && isStrike);
  m.row = row;
};
const convict = (m: Clockwork, verdict: string, until?: number) => {
  if (m.verdict !== verdict) m.alerts += 1;
  m.verdict = verdict;
  const running = m.desired === 'running';
  if (verdict === 'exhausted')
    enter(m, 'failed', running ? { at: m.now + policy.probeMs, what: 'probe' } : undefined);
  else if (until !== undefined) enter(m, 'failed', running ? { at: until, what: 'ban ends' } : undefined);
  else enter(m, 'failed');
};
const fail = (m: Clockwork, verdict: string, until?: number) => {
  count(m, false);
  convict(m, verdict, until);
};
const retry = (m: Clockwork, floorMs: number) => {
  // the virtual die always shows one half
  m.waitMs = floorMs + Math.round(0.75 * Math.min(300_000, 2_000 * 2 ** Math.max(0, m.failures - 1)));
  enter(m, 'retrying', { at: m.now + m.waitMs, what: 'again' });
};
/** `limited`: this ending alone, so often in a row, is a verdict of its own. */
const end = (
  m: Clockwork,
  isStrike: boolean,
  floorMs: number,
  row?: readonly [Row, number],
  limited?: string,
) => {
  const isLast = m.counts && isStrike && m.strikes + 1 >= policy.maxStrikes;
  count(m, isStrike, row);
  if (m.verdict !== undefined) convict(m, m.verdict);
  else if (limited !== undefined && m.counts) convict(m, limited);
  else if (isLast) convict(m, 'exhausted');
  else retry(m, floorMs);
};
const strike = (m: Clockwork, floorMs = 0, row?: readonly [Row, number]) => end(m, true, floorMs, row);
const pass = (m: Clockwork, floorMs: number) => end(m, false, floorMs);
const nth = (m: Clockwork, name: Row) => (m.row?.[0] === name ? m.row[1] : 0) + 1;

/** What each ending does to a session that is on the wire. */
export const endings: Record<string, (m: Clockwork) => void> = {
  network: (m) => pass(m, 0),
  timeout: (m) => strike(m),
  server_busy: (m) => strike(m, 5_000),
  storage: (m) => pass(m, 5_000),
  outdated: (m) => pass(m, 60_000),
  internal: (m) => {
    const n = nth(m, 'internal');
    end(m, false, n >= 2 ? 60_000 : 0, ['internal', n - Number(!m.counts)]);
  },
  restart_required: (m) => {
    const n = nth(m, 'restart');
    if (n > 3) return strike(m, 0, ['restart', n - Number(!m.counts)]);
    m.row = ['restart', n];
    enter(m, 'queued');
  },
  conflict: (m) => {
    const n = nth(m, 'conflict');
    end(m, false, 60_000, ['conflict', n - Number(!m.counts)], n >= 2 ? 'conflict' : undefined);
  },
  unknown: (m) => {
    const n = nth(m, 'unknown');
    end(m, true, n >= 2 ? 300_000 : 0, ['unknown', n - Number(!m.counts)], n >= 4 ? 'unknown' : undefined);
  },
  revoked: (m) => fail(m, 'revoked'),
  locked: (m) => fail(m, 'locked'),
  banned_temporarily: (m) => {
    m.bannedUntil = m.now + 3_600_000;
    fail(m, 'banned_temporarily', m.bannedUntil);
  },
  creds_lost: (m) => fail(m, 'creds_lost'),
};
const isServed = (m: Clockwork) => m.verdict === 'banned_temporarily' && m.now >= m.bannedUntil;
const isDead = (m: Clockwork) =>
  ['revoked', 'creds_lost', 'banned_temporarily'].includes(m.verdict ?? '') && !isServed(m);
const mayTry = (m: Clockwork, force: boolean) => !isDead(m) && (m.verdict !== 'locked' || force);

export const steps: Record<string, (m: Clockwork) => void> = {
  ...Object.fromEntries(
    Object.entries(endings).map(([reason, end]) => [
      reason,
      (m: Clockwork) => (onTheWire(m) ? end(m) : undefined),
    ]),
  ),
  admit: (m) => {
    if (m.phase !== 'queued') return;
    Object.assign(m, { counts: true, opened: m.opened + 1 });
    enter(m, 'connecting', { at: m.now + policy.connectMs, what: 'timeout' });
  },
  'admit in an outage': (m) => {
    if (m.phase !== 'queued') return;
    Object.assign(m, { counts: false, opened: m.opened + 1 });
    enter(m, 'connecting', { at: m.now + policy.connectMs, what: 'timeout' });
  },
  open: (m) => {
    if (m.phase === 'connecting') enter(m, 'verifying', { at: m.now + policy.verifyMs, what: 'timeout' });
  },
  prove: (m) => {
    if (m.phase !== 'verifying') return;
    m.verdict = undefined;
    enter(m, 'connected', { at: m.now + policy.stableMs, what: 'forgive' });
  },
  stop: (m) => {
    m.desired = 'stopped';
    if (m.verdict !== undefined) enter(m, 'failed');
    else enter(m, 'idle');
  },
  restore: (m) => {
    if (m.phase === 'failed' && !mayTry(m, false)) return;
    m.desired = 'running';
    if (isServed(m)) acquit(m);
    if (['idle', 'retrying', 'failed'].includes(m.phase)) enter(m, 'queued');
  },
  'force retry': (m) => {
    if (
      m.desired === 'stopped' ||
      !['retrying', 'failed'].includes(m.phase) ||
      (m.phase === 'failed' && !mayTry(m, true))
    )
      return;
    acquit(m);
    enter(m, 'queued');
  },
  replace: (m) => {
    acquit(m);
    if (m.desired === 'stopped') enter(m, 'idle');
    else enter(m, 'queued');
  },
};

/** Time passes, and whatever is due happens at its very moment. */
export const elapse = (m: Clockwork, ms: number): void => {
  const end = m.now + ms;
  while (m.due !== undefined && m.due.at <= end) {
    const { at, what } = m.due;
    m.now = at;
    m.due = undefined;
    if (what === 'timeout') strike(m);
    else if (what === 'forgive') Object.assign(m, { strikes: 0, failures: 0, row: undefined });
    else {
      if (what === 'ban ends') acquit(m);
      enter(m, 'queued');
    }
  }
  m.now = end;
};
