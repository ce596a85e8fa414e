/** Sessions as a table for people, and how many are in each state. */
import type { Session } from '../client/client.ts';
import { cut, padded, widthOf } from './columns.ts';
import { whyIdle } from './idle-reason.ts';
import { printable, type Terminal } from './terminal.ts';
import { ago, until } from './time.ts';

type Colors = Terminal['colors'];
const colorOf: Readonly<Record<Session['state'], 'green' | 'yellow' | 'red' | 'cyan' | 'dim'>> = {
  connected: 'green',
  restoring: 'cyan',
  pairing: 'cyan',
  retrying: 'yellow',
  failed: 'red',
  idle: 'dim',
};
const columns = ['organization', 'state', 'since', 'next', 'account', 'why'] as const;
type SessionRow = Record<(typeof columns)[number], string>;

const nextOf = ({ state, nextRetryAt, attempt, pairing }: Session, now: number): string => {
  if (pairing) return `expires in ${until(pairing.expiresAt, now)}`;
  if (nextRetryAt === null) return '';
  // Not "of ten": during an outage the tries have no limit, and only some failures count towards giving up.
  const count = state === 'retrying' && attempt > 0 ? ` (try ${attempt})` : '';
  return Date.parse(nextRetryAt) <= now ? `now${count}` : `in ${until(nextRetryAt, now)}${count}`;
};
/**
 * The details that `state` lacks: the step of a restore, a connection that is not healthy, or that the
 * session is to stay stopped.
 */
const detailOf = ({ state, step, liveness, desired }: Session): string => {
  if (step) return ` (${step})`;
  if (liveness !== null && liveness !== 'healthy') return ` (${liveness})`;
  return desired === 'stopped' && state !== 'idle' ? ' (stopped)' : '';
};
const whyOf = (session: Session): string => {
  const { state, lastError } = session;
  if (state === 'connected' || state === 'pairing') return '';
  return (state === 'idle' ? whyIdle(session) : undefined) ?? lastError?.reason ?? '';
};
/** The digits of `34600111222:7@s.whatsapp.net`; undefined for an id that is no phone number (`…@lid`). */
const phoneIn = (id: string): string | undefined => /^(\d+)(?::\d+)?@s\.whatsapp\.net$/u.exec(id)?.[1];
/** `+34600111222 Óptica` */
export const accountText = ({ id, name }: NonNullable<Session['account']>): string => {
  const phone = phoneIn(id);
  const number = phone === undefined ? id : `+${phone}`;
  return printable(name === null ? number : `${number} ${name}`);
};
const rowOf = (session: Session, now: number): SessionRow => ({
  organization: session.orgId,
  state: `${session.state}${detailOf(session)}`,
  since: ago(session.since, now),
  next: nextOf(session, now),
  account: session.account === null ? '' : accountText(session.account),
  why: whyOf(session),
});

/** The widths of the columns for these sessions, never narrower than `before`. */
export const widthsOf = (
  sessions: readonly Session[],
  now: number,
  before: readonly number[] = [],
): readonly number[] => {
  const rows = sessions.map((session) => rowOf(session, now));
  return columns.map((name, n) =>
    Math.max(name.length, before[n] ?? 0, ...rows.map((row) => widthOf(row[name]))),
  );
};
const gap = 2;
/** The columns that a narrow terminal can do without, the first ones first. */
const dispensable = ['account', 'since', 'next'] as const;
/** The columns for this width: first without the empty ones, then without dispensable ones. */
const fitting = (rows: readonly SessionRow[], widths: readonly number[], width: number) => {
  const fits = (names: readonly string[]) =>
    columns.reduce((sum, name, n) => sum + (names.includes(name) ? (widths[n] ?? 0) + gap : 0), -gap) <=
    width;
  let names: (typeof columns)[number][] = [...columns];
  if (!fits(names)) names = names.filter((name) => rows.some((row) => row[name] !== ''));
  for (const name of dispensable) if (!fits(names)) names = names.filter((one) => one !== name);
  return names;
};
/**
 * `width`: the columns of the terminal, if there is one. Longer lines are cut, because wrapped lines could
 * not be redrawn in place.
 */
export const tableOf = (
  sessions: readonly Session[],
  {
    colors,
    now,
    width = Number.POSITIVE_INFINITY,
    widths = widthsOf(sessions, now),
  }: { colors: Colors; now: number; width?: number | undefined; widths?: readonly number[] },
): string[] => {
  const rows = sessions.map((session) => rowOf(session, now));
  const names = fitting(rows, widths, width);
  const lineOf = (row: SessionRow, paint: (name: string, text: string) => string) => {
    const cells = names.map((name, n) => {
      const isLast = n === names.length - 1;
      return paint(name, padded(row[name], isLast ? 0 : (widths[columns.indexOf(name)] ?? 0) + gap));
    });
    return cut(cells.join(''), width).trimEnd();
  };
  const header = Object.fromEntries(columns.map((name) => [name, name.toUpperCase()])) as SessionRow;
  return [
    lineOf(header, (_, text) => colors.bold(text)),
    ...sessions.map((session, n) =>
      lineOf(rows[n] as SessionRow, (name, text) =>
        name === 'state' ? colors[colorOf[session.state]](text) : text,
      ),
    ),
  ];
};

/** In the order of the counts. */
export const stateNames = Object.keys(colorOf) as Session['state'][];
export const countsOf = (sessions: Iterable<Session>): Record<Session['state'], number> => {
  const counts = Object.fromEntries(stateNames.map((state) => [state, 0])) as Record<
    Session['state'],
    number
  >;
  for (const { state } of sessions) counts[state] += 1;
  return counts;
};
/** `12 sessions: 10 connected, 2 retrying`. */
export const countLine = (counts: Record<Session['state'], number>, colors: Colors): string => {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const parts = stateNames
    .filter((state) => counts[state] > 0)
    .map((state) => colors[colorOf[state]](`${counts[state]} ${state}`));
  return `${total} ${total === 1 ? 'session' : 'sessions'}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
};
