/** Everything that the doctor found, as one object for programs. `lines.ts` makes lines for people of it. */
import type { Level } from './codes.ts';
import type { Finding } from './finding.ts';
import type { Next, OrganizationReport } from './organization.ts';

export interface DoctorReport {
  /** False when there is a finding of level `fail`; the exit code is then 1. Warnings do not count. */
  readonly ok: boolean;
  readonly directory: string;
  readonly summary: {
    readonly organizations: number;
    readonly ok: number;
    readonly warn: number;
    readonly fail: number;
    /** The number of organizations by what the next scan would do with them. */
    readonly next: Readonly<Partial<Record<Next, number>>>;
  };
  readonly findings: readonly Finding[];
  readonly organizations: readonly OrganizationReport[];
}

const worst = (findings: readonly Finding[]): Level => {
  const has = (wanted: Level): boolean => findings.some(({ level }) => level === wanted);
  if (has('fail')) return 'fail';
  return has('warn') ? 'warn' : 'ok';
};

/** Sorts the organizations by name. */
export const doctorReport = (
  directory: string,
  findings: readonly Finding[],
  organizations: readonly OrganizationReport[],
): DoctorReport => {
  const sorted = [...organizations].sort((a, b) => (a.org < b.org ? -1 : 1));
  const all = [...findings, ...sorted.flatMap((one) => one.findings)];
  const count = (level: Level): number => all.filter((one) => one.level === level).length;
  const next: Partial<Record<Next, number>> = {};
  for (const one of sorted) next[one.next.does] = (next[one.next.does] ?? 0) + 1;
  const summary = {
    organizations: sorted.length,
    ok: count('ok'),
    warn: count('warn'),
    fail: count('fail'),
    next,
  };
  return { ok: worst(all) !== 'fail', directory, summary, findings, organizations: sorted };
};

const summaryWords: Readonly<Record<Next, string>> = {
  restore: 'to be restored',
  leave_failed: 'left failed',
  leave_stopped: 'left stopped',
  try_reading_again: 'unreadable',
  wait_until_settled: 'still changing',
  wait_for_pairing: 'not paired',
  ignore: 'ignored',
};
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
export const summaryLine = ({ summary }: DoctorReport): string => {
  const { organizations, ok, warn, fail } = summary;
  const next = Object.entries(summary.next).map(([does, count]) => `${count} ${summaryWords[does as Next]}`);
  const details = next.length > 0 ? ` (${next.join(', ')})` : '';
  const levels = `${ok} ok, ${counted(warn, 'warning')}, ${counted(fail, 'failure')}`;
  return `${counted(organizations, 'organization')}${details}. ${levels}.`;
};
