/** The whole of what the doctor found: for programs as it is, for people as lines. */
import type { Finding, Level } from './codes.ts';
import type { Next, OrganizationReport } from './organization.ts';

export interface DoctorReport {
  /** False when anything failed: the exit code is then 1. Warnings do not count. */
  readonly ok: boolean;
  readonly directory: string;
  readonly summary: {
    readonly organizations: number;
    readonly ok: number;
    readonly warn: number;
    readonly fail: number;
    /** How many organizations the next scan would treat in which way. */
    readonly next: Readonly<Partial<Record<Next, number>>>;
  };
  readonly findings: readonly Finding[];
  readonly organizations: readonly OrganizationReport[];
}

const worst = (findings: readonly Finding[]): Level =>
  findings.some(({ level }) => level === 'fail') ? 'fail' : findings.some(({ level }) => level === 'warn') ? 'warn' : 'ok';

/** `organizations` are put in the order of their names. */
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
  const summary = { organizations: sorted.length, ok: count('ok'), warn: count('warn'), fail: count('fail'), next };
  return { ok: worst(all) !== 'fail', directory, summary, findings, organizations: sorted };
};

/** With more organizations than this only those are shown of which there is something to say. */
const shownInFull = 50;
/** And of those so many; `--json` has all. */
const mostShown = 200;

export interface Line {
  readonly level: Level;
  readonly text: string;
  readonly code: string;
}
const lineOf = ({ level, message, action, code }: Finding, who = ''): Line => ({
  level,
  text: `${who}${message}${action === null ? '' : ` → ${action}`}`,
  code,
});
const linesOf = (one: OrganizationReport): Line[] => {
  const [first, ...rest] = one.findings;
  const counted = one.keyFiles === null ? '' : ` ${one.preKeys} pre-keys, ${one.keyFiles} key files.`;
  const account = one.account === null ? '' : ` ${one.account}.`;
  const head = first ? lineOf(first, `${one.org}: `) : { level: 'ok' as const, text: `${one.org}:`, code: '' };
  return [
    { ...head, text: `${head.text}${account}${counted} The next scan ${one.next.sentence}.` },
    ...rest.map((each) => lineOf(each, `${one.org}: `)),
  ];
};

/** `all`: every organization, however many there are. */
export const linesOfReport = ({ findings, organizations }: DoctorReport, all = false): readonly Line[] => {
  const isLong = !all && organizations.length > shownInFull;
  const shown = isLong ? organizations.filter((one) => worst(one.findings) !== 'ok') : organizations;
  const cut = isLong ? shown.slice(0, mostShown) : shown;
  const left = organizations.length - cut.length;
  return [
    ...findings.map((one) => lineOf(one)),
    ...cut.flatMap(linesOf),
    ...(left > 0
      ? [
          {
            level: worst(shown.slice(cut.length).flatMap((one) => one.findings)),
            text: `and ${left} more organizations (--all or --json shows them)`,
            code: '',
          },
        ]
      : []),
  ];
};

export const summaryLine = ({ summary }: DoctorReport): string => {
  const words: Readonly<Record<Next, string>> = {
    restore: 'would be restored',
    leave_failed: 'left failed',
    leave_stopped: 'left stopped',
    try_reading_again: 'cannot be read',
    wait_until_settled: 'not settled yet',
    wait_for_pairing: 'wait to be paired',
    ignore: 'passed over',
  };
  const next = Object.entries(summary.next).map(([does, n]) => `${n} ${words[does as Next]}`);
  const what = next.length > 0 ? ` (${next.join(', ')})` : '';
  return `${summary.organizations} organizations${what}. ${summary.ok} ok, ${summary.warn} warnings, ${summary.fail} failures.`;
};
