/** What the overview says of the whole fleet. Pure functions of its organizations. */
import { type Group, groupOf, groups, urgencyOf } from './appearance.ts';
import { type Organization, searchText } from './organization.ts';

export const countsOf = (fleet: readonly Organization[]): Readonly<Record<Group, number>> => {
  const counts = Object.fromEntries(groups.map((group) => [group, 0])) as Record<Group, number>;
  for (const { look } of fleet) counts[groupOf(look)] += 1;
  return counts;
};

/** The least part of the wanted sessions that must wait, and the least number, to be called an outage. */
const outagePart = 0.5;
const outageMin = 5;
/** When most sessions that should run have lost WhatsApp at once: how long ago (epoch milliseconds). */
export const outageSince = (fleet: readonly Organization[]): number | undefined => {
  const waiting = fleet.filter(({ look }) => look === 'wait');
  const wanted = fleet.filter(({ session }) => session.desired === 'running');
  if (waiting.length < outageMin || waiting.length < wanted.length * outagePart) return undefined;
  const since = waiting.map(({ sinceMs }) => sinceMs).sort((a, b) => a - b);
  return since[Math.floor(since.length / 2)];
};

export const columns = ['state', 'org', 'number', 'since', 'next'] as const;
export type Column = (typeof columns)[number];
export interface Sorting {
  readonly column: Column;
  readonly descending: boolean;
}
export interface Selection {
  readonly group: Group | undefined;
  readonly search: string;
}
const never = Number.POSITIVE_INFINITY;
const byId = (a: Organization, b: Organization): number => (a.id < b.id ? -1 : 1);
const compare: Readonly<Record<Column, (a: Organization, b: Organization) => number>> = {
  state: (a, b) => urgencyOf[a.look] - urgencyOf[b.look],
  org: (a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)),
  number: (a, b) => (a.number < b.number ? -1 : Number(a.number > b.number)),
  since: (a, b) => b.sinceMs - a.sinceMs,
  next: (a, b) => Math.min(a.nextMs ?? never, 1e15) - Math.min(b.nextMs ?? never, 1e15),
};
export const matches = ({ look, text }: Organization, { group, search }: Selection): boolean =>
  (group === undefined || groupOf(look) === group) && (search === '' || text.includes(searchText(search)));

/** The ids that fit, in order. */
export const orderOf = (
  fleet: readonly Organization[],
  selection: Selection,
  { column, descending }: Sorting,
): readonly string[] => {
  const sign = descending ? -1 : 1;
  return fleet
    .filter((one) => matches(one, selection))
    .sort((a, b) => sign * compare[column](a, b) || byId(a, b))
    .map(({ id }) => id);
};

/** Those that need a person; equal causes together when there are many. */
export interface NeedLine {
  readonly reason: string;
  readonly members: readonly Organization[];
}
const groupFrom = 4;
export const needLines = (fleet: readonly Organization[]): readonly NeedLine[] => {
  const byReason = new Map<string, Organization[]>();
  for (const one of fleet) {
    if (one.look !== 'bad') continue;
    const { lastError, duplicateOf, attention } = one.session;
    const reason = duplicateOf === null ? (lastError?.reason ?? attention?.action ?? '') : 'duplicate';
    const members = byReason.get(reason);
    if (members) members.push(one);
    else byReason.set(reason, [one]);
  }
  return [...byReason].flatMap(([reason, members]): NeedLine[] =>
    members.length >= groupFrom ? [{ reason, members }] : members.map((one) => ({ reason, members: [one] })),
  );
};
