/**
 * The report as lines for people: equal findings of several organizations in one line, with one command that
 * mends them, and the failures last, where a reader looks first.
 */
import { type Level, textOf } from './codes.ts';
import type { Finding } from './finding.ts';
import type { OrganizationReport } from './organization.ts';
import type { DoctorReport } from './report.ts';

export interface Line {
  readonly level: Level;
  readonly text: string;
  readonly code: string;
}
/** The finding of one organization. */
interface Case {
  readonly finding: Finding;
  readonly org: string;
  /** What stands behind the first finding of an organization; '' for the others. */
  readonly facts: string;
  readonly next: string;
}
/** At most this number of names and targets stands in a line; `--all` and `--json` name all. */
const mostNamed = 5;
const rank: Readonly<Record<Level, number>> = { ok: 0, warn: 1, fail: 2 };

const withAction = (text: string, action: string | null): string =>
  action === null ? text : `${text} → ${action}`;
const lineOf = ({ level, message, action, code }: Finding): Line => ({
  level,
  text: withAction(message, action),
  code,
});
const lineOfCase = ({ finding, org, facts, next }: Case): Line => {
  const { level, message, action, code } = finding;
  return { level, code, text: withAction(`${org}: ${message}${facts}${next}`, action) };
};

const casesOf = ({ org, findings, account, keyFiles, preKeys, next }: OrganizationReport): Case[] => {
  const masked = account === null ? '' : ` ${account}.`;
  const counts = keyFiles === null ? '' : ` ${preKeys} pre-keys, ${keyFiles} key files.`;
  return findings.map((finding, n) =>
    n === 0
      ? { finding, org, facts: `${masked}${counts}`, next: ` The next scan ${next.sentence}.` }
      : { finding, org, facts: '', next: '' },
  );
};
/** Findings with the same key are one line. */
const keyOf = ({ finding: { code, action, mend }, next }: Case): string =>
  JSON.stringify([code, mend?.command ?? action, next]);

const named = (orgs: readonly string[]): string => {
  const more = orgs.length - mostNamed;
  return more > 0 ? `${orgs.slice(0, mostNamed).join(', ')} and ${more} more` : orgs.join(', ');
};
const actionFor = (cases: readonly Case[]): string | null => {
  const mends = cases.flatMap(({ finding: { mend } }) => mend ?? []);
  const [first] = mends;
  if (first === undefined) return cases[0]?.finding.action ?? null;
  const targets = mends.length > mostNamed ? [first.every] : mends.map(({ target }) => target);
  return `${first.command} ${targets.join(' ')}`;
};
const lineOfGroup = (cases: readonly [Case, ...Case[]]): Line => {
  const [first] = cases;
  if (cases.length === 1) return lineOfCase(first);
  const { level, code, message } = first.finding;
  const isSame = cases.every(({ finding }) => finding.message === message);
  const text = `${isSame ? message : textOf(code).means}${first.next}`;
  const subject = `Each of ${cases.length} organizations (${named(cases.map(({ org }) => org))})`;
  return { level, code, text: withAction(`${subject}: ${text}`, actionFor(cases)) };
};

/** `all`: a line for every finding of every organization, however many there are. */
export const linesOfReport = ({ findings, organizations }: DoctorReport, all = false): readonly Line[] => {
  const cases = organizations.flatMap(casesOf);
  const groups = new Map<string, [Case, ...Case[]]>();
  for (const one of cases) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  const lines = all ? cases.map(lineOfCase) : [...groups.values()].map(lineOfGroup);
  return [...findings.map(lineOf), ...lines].sort((a, b) => rank[a.level] - rank[b.level]);
};
