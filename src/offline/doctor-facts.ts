/**
 * The doctor's facts about the directory and its organizations, from an examination by the scan. Starts and
 * writes nothing.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { initialTransition } from 'xstate';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { Found, Org } from '../../machines/domain/ports.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { reconcile } from '../../machines/supervisor/reconcile.ts';
import { build } from '../base/build.ts';
import type { LogEvent } from '../base/log-events.ts';
import { DiskFault } from '../disk/disk.ts';
import type { Code } from '../doctor/codes.ts';
import type { DirectoryFacts } from '../doctor/directory.ts';
import { type Beginning, ignored, type OrganizationReport, reportOf } from '../doctor/organization.ts';
import { spaceAt } from '../doctor/probes.ts';
import { masked } from '../log/log.ts';
import type { Examination } from '../sessions/examine.ts';
import { layoutOf } from '../sessions/layout.ts';
import type { JournalLeft } from './journal.ts';

/** The scan's log events about one organization, as the doctor's codes. */
const codeOfEvent: Readonly<Partial<Record<LogEvent, Code>>> = {
  'directory.symlink': 'symlink_ignored',
  'credentials.not_a_file': 'not_a_file',
  'credentials.too_large': 'too_large',
  'credentials.restored_from_backup': 'corrupt_with_backup',
};
/** After this number of organizations, other work of the process may run. */
const batchSize = 200;

const stateOf = (
  snapshot: ReturnType<typeof initialTransition<typeof sessionMachine>>[0],
): Beginning['state'] => {
  if (snapshot.matches('live')) return 'restores';
  if (snapshot.matches('failed')) return 'failed';
  return snapshot.matches('retrying') ? 'retries' : 'idle';
};
/** `now` decides whether a probation or a ban has ended. */
const beginningOf = (found: Found, now: number): Beginning => {
  const clock = { now: () => now };
  const random = () => 0.5;
  const [snapshot] = initialTransition(sessionMachine, {
    found,
    policy: defaultPolicy,
    clock,
    random,
    build,
  });
  const { desired, verdict } = snapshot.context;
  return { state: stateOf(snapshot), desired, verdict };
};
/** As the supervisor would adopt them, with the duplicates marked. */
const adopted = (found: readonly Found[], now: number): readonly Found[] => {
  const scan = { rootSeen: true, startedAt: now, found };
  return reconcile(new Map(), scan, now, undefined, defaultPolicy).adopt.map((one) => one.found);
};

const scanCodesOf = ({ logged }: Examination): ReadonlyMap<Org, readonly Code[]> => {
  const byOrg = new Map<Org, Code[]>();
  for (const { event, fields } of logged) {
    const code = codeOfEvent[event];
    const { org } = fields;
    if (code === undefined || typeof org !== 'string') continue;
    const codes = byOrg.get(org);
    if (codes) codes.push(code);
    else byOrg.set(org, [code]);
  }
  return byOrg;
};

/** `now`: epoch milliseconds. */
export const organizationReports = async (seen: Examination, now: number): Promise<OrganizationReport[]> => {
  const layout = layoutOf(seen.root.path);
  const scanCodes = scanCodesOf(seen);
  const reports: OrganizationReport[] = [];
  const present = seen.found ?? [];
  const settled = present.map((one) => seen.later.get(one.org) ?? one);
  const laterByOrg = new Map(adopted(settled, now).map((one) => [one.org, one]));
  for (const [n, found] of adopted(present, now).entries()) {
    if (n % batchSize === batchSize - 1) await wait(0);
    const inventory = seen.inventories.get(found.org);
    const later = found.stored === 'unsettled' ? laterByOrg.get(found.org) : undefined;
    const account = found.account ?? found.record?.account;
    const isUnreadable = inventory instanceof DiskFault;
    const report = reportOf({
      found,
      later,
      begins: beginningOf(found, now),
      laterBegins: later && beginningOf(later, now),
      inventory: isUnreadable ? undefined : inventory,
      fault: isUnreadable ? inventory.code : undefined,
      account: account ? masked(account.id) : null,
      path: layout.organization(found.org),
      scanCodes: scanCodes.get(found.org) ?? [],
    });
    reports.push(report);
  }
  for (const [org, codes] of scanCodes)
    if (codes.includes('symlink_ignored')) reports.push(ignored(org, 'symlink_ignored'));
  return reports;
};

const latest = (times: readonly (number | null | undefined)[]): number | null => {
  let max: number | null = null;
  for (const time of times) if (time != null && (max === null || time > max)) max = time;
  return max;
};
const changesIn = ({ inventories }: Examination): readonly (number | null)[] =>
  [...inventories.values()].map((one) => (one instanceof DiskFault ? null : one.changedAt));

/** The latest time in any record or file, in epoch milliseconds; null when there is none. */
export const latestWritten = (seen: Examination): number | null => {
  const recorded = (seen.found ?? []).flatMap(({ record }) => [
    record?.firstSeen,
    record?.lastConnectedAt,
    record?.verdict?.at,
  ]);
  return latest([...recorded, ...changesIn(seen)]);
};

interface Surroundings {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly uid: number | undefined;
  readonly journal: JournalLeft | undefined;
}
/** A line that the scan logs about several names together. */
const listed = (
  logged: Examination['logged'],
  event: LogEvent,
): { readonly count: number; readonly examples: readonly string[] } => {
  const fields = logged.find((line) => line.event === event)?.fields;
  return {
    count: Number(fields?.['count'] ?? 0),
    examples: (fields?.['examples'] as readonly string[] | undefined) ?? [],
  };
};

export const directoryFacts = async (
  seen: Examination,
  reports: readonly OrganizationReport[],
  { now, uid, journal }: Surroundings,
): Promise<DirectoryFacts> => {
  const { root, lock, logged, pairings, orphanRecords } = seen;
  const folded = logged.filter(({ event }) => event === 'directory.name_folded');
  const isNoDirectory = seen.found === undefined && root.stat !== undefined;
  return {
    path: root.path,
    stat: root.stat,
    fault: isNoDirectory ? `it is a ${root.stat.kind}` : undefined,
    uid,
    lock,
    restorable: reports.filter(({ credentials }) => credentials === 'restorable').length,
    changedAt: latest(changesIn(seen)),
    now,
    space: await spaceAt(root.path),
    skippedNames: listed(logged, 'directory.name_invalid'),
    misplaced: listed(logged, 'credentials.misplaced'),
    foldedNames: folded.map(({ fields }) => String(fields['name'])),
    pairings,
    orphanRecords: orphanRecords.length,
    journal,
  };
};

/** For a directory that could not be examined. */
export const unreadableDirectory = (path: string, fault: DiskFault, now: number): DirectoryFacts => ({
  path,
  stat: undefined,
  fault: `${fault.operation} ${fault.path}: ${fault.code}`,
  uid: undefined,
  lock: { is: 'never' },
  restorable: 0,
  changedAt: null,
  now,
  space: undefined,
  skippedNames: { count: 0, examples: [] },
  misplaced: { count: 0, examples: [] },
  foldedNames: [],
  pairings: [],
  orphanRecords: 0,
  journal: undefined,
});
