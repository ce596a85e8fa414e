/** What is to be said of one organization. Pure: the facts were gathered before. */
import type { Found, Org, SessionRecord, Stored } from '../../machines/domain/ports.ts';
import { type Code, type Finding, finding } from './codes.ts';

/** As `src/sessions/inventory.ts` counts it. */
export interface OrganizationInventory {
  readonly keyFiles: number;
  readonly preKeys: number;
  readonly damagedKeys: number;
  readonly leftovers: number;
  readonly exposed: readonly { readonly name: string; readonly mode: number }[];
  readonly strangers: readonly number[];
  readonly oddEntries: readonly string[];
  readonly halfPaired: boolean;
  readonly backup: 'usable' | 'absent' | 'other' | 'worthless';
  readonly counters: { readonly nextPreKeyId?: number };
  readonly changedAt: number | null;
}
/** What the session would do if it were adopted now: the state it begins in, from the machine itself. */
export interface Beginning {
  readonly state: 'restores' | 'failed' | 'retries' | 'idle';
  readonly desired: 'running' | 'stopped';
  readonly verdict: NonNullable<SessionRecord['verdict']> | undefined;
}
export interface OrganizationFacts {
  readonly found: Found;
  /** Of an unsettled one: what it is if nothing changes for a minute. */
  readonly later: Found | undefined;
  readonly laterBegins: Beginning | undefined;
  readonly begins: Beginning;
  /** undefined when even that could not be looked at; `fault` says why. */
  readonly inventory: OrganizationInventory | undefined;
  readonly fault: string | undefined;
  /** The number, masked as everywhere. */
  readonly account: string | null;
  /** Its directory, for the commands that are proposed. */
  readonly path: string;
  /** What the scan said of it, as codes. */
  readonly said: readonly Code[];
}

export type Next =
  | 'restore'
  | 'leave_failed'
  | 'leave_stopped'
  | 'try_reading_again'
  | 'wait_until_settled'
  | 'wait_for_pairing'
  | 'ignore';
export interface OrganizationReport {
  readonly org: Org;
  readonly credentials: Stored | null;
  readonly next: { readonly does: Next; readonly sentence: string };
  /** Masked. */
  readonly account: string | null;
  readonly keyFiles: number | null;
  readonly preKeys: number | null;
  readonly findings: readonly Finding[];
}

const hugeDirectory = 50_000;

const mode = (bits: number): string => bits.toString(8).padStart(3, '0');
/** What a person can paste into a shell, whatever the path is. */
export const quoted = (path: string): string => (/^[\w./@+-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** What lies there, in the words of the scan; for an unsettled one also what it would be. */
const credentialsFinding = ({ found, later, inventory, fault, said }: OrganizationFacts): Finding => {
  const settled = found.stored === 'unsettled' ? (later ?? found) : found;
  const changed = inventory?.changedAt ? `changed ${time(inventory.changedAt)} UTC` : '';
  const codes: Readonly<Record<Stored, () => Finding>> = {
    restorable: () => (said.includes('corrupt_with_backup') ? finding('corrupt_with_backup', changed) : finding('restorable')),
    unpaired: () => finding(inventory?.halfPaired ? 'half_paired' : 'unpaired'),
    unsettled: () => finding('unsettled', changed),
    unreadable: () => finding('unreadable', fault ?? ''),
    absent: () => finding('creds_missing'),
    corrupt: () => finding(said.find((code) => code === 'not_a_file' || code === 'too_large') ?? 'corrupt', changed),
  };
  return codes[settled.stored]();
};

const filesFindings = ({ inventory, path, found }: OrganizationFacts): Finding[] => {
  if (!inventory) return [];
  const { exposed, strangers, oddEntries, backup, counters, preKeys, damagedKeys, leftovers, keyFiles } = inventory;
  const [first] = exposed;
  const isLinked = found.stored === 'restorable';
  return [
    ...(first
      ? [
          finding(
            'exposed',
            `${first.name === '.' ? 'the directory' : first.name} has mode ${mode(first.mode)}${exposed.length > 1 ? `, and ${exposed.length - 1} more` : ''}`,
            `chmod -R u=rwX,go= ${quoted(path)}`,
          ),
        ]
      : []),
    ...(strangers.length > 0 ? [finding('foreign_owner', `uid ${strangers.join(', ')}`)] : []),
    ...(oddEntries.length > 0 ? [finding('odd_entries', `${oddEntries.length}`)] : []),
    ...(isLinked && backup === 'other' ? [finding('backup_other')] : []),
    ...(isLinked && backup === 'worthless' ? [finding('backup_worthless')] : []),
    ...(isLinked && preKeys === 0 && (counters.nextPreKeyId ?? 1) > 1
      ? [finding('pre_keys_missing', `${(counters.nextPreKeyId ?? 1) - 1} were made`)]
      : []),
    ...(damagedKeys > 0 ? [finding('keys_damaged', `${damagedKeys}`)] : []),
    ...(leftovers > 0 ? [finding('leftovers', `${leftovers}`)] : []),
    ...(keyFiles > hugeDirectory ? [finding('huge', `${keyFiles} files`)] : []),
  ];
};

const recordFindings = ({ found, begins }: OrganizationFacts): Finding[] => {
  const { record, stored, fingerprint } = found;
  if (found.recordUnreadable) return [finding('record_unreadable')];
  const changed = record !== undefined && stored === 'restorable' && record.fingerprint !== '' && record.fingerprint !== fingerprint;
  const { verdict } = begins;
  const isOwnWord = verdict && verdict.duplicateOf === undefined && verdict.reason !== 'creds_corrupt'; // those two are said above
  return [
    ...(found.duplicateOf === undefined ? [] : [finding('duplicate', `the other is "${found.duplicateOf}"`)]),
    ...(changed ? [finding('identity_changed')] : []),
    ...(verdict && isOwnWord ? [finding('verdict', `${verdict.reason} since ${time(verdict.at)} UTC`)] : []),
    ...(begins.desired === 'stopped' ? [finding('stopped')] : []),
  ];
};

const sentences: Readonly<Record<Next, string>> = {
  restore: 'restores it',
  leave_failed: 'leaves it failed',
  leave_stopped: 'leaves it stopped',
  try_reading_again: 'tries again to read it, and goes on trying',
  wait_until_settled: 'waits until it no longer changes',
  wait_for_pairing: 'lists it, and waits until it is paired',
  ignore: 'passes it over',
};
const doesNext = ({ found }: Pick<OrganizationFacts, 'found'>, { state, desired }: Beginning): Next => {
  if (state === 'restores') return 'restore';
  if (state === 'failed') return 'leave_failed';
  if (state === 'retries') return 'try_reading_again';
  if (desired === 'stopped') return 'leave_stopped';
  return found.stored === 'unsettled' ? 'wait_until_settled' : 'wait_for_pairing';
};
const sentenceOf = (does: Next, { verdict }: Beginning): string =>
  `${sentences[does]}${does === 'leave_failed' && verdict ? `: ${verdict.reason}` : ''}`;
const nextOf = ({ found, begins, later, laterBegins }: OrganizationFacts): OrganizationReport['next'] => {
  const does = doesNext({ found }, begins);
  const sentence = sentenceOf(does, begins);
  if (does !== 'wait_until_settled' || !later || !laterBegins) return { does, sentence };
  const then = doesNext({ found: later }, laterBegins);
  return { does, sentence: then === does ? sentence : `${sentence}, then ${sentenceOf(then, laterBegins)}` };
};

export const reportOf = (facts: OrganizationFacts): OrganizationReport => ({
  org: facts.found.org,
  credentials: facts.found.stored,
  next: nextOf(facts),
  account: facts.account,
  keyFiles: facts.inventory?.keyFiles ?? null,
  preKeys: facts.inventory?.preKeys ?? null,
  findings: [credentialsFinding(facts), ...recordFindings(facts), ...filesFindings(facts)],
});

/** A directory that the scan does not take for a session at all. */
export const ignored = (org: Org, code: Code): OrganizationReport => ({
  org,
  credentials: null,
  next: { does: 'ignore', sentence: sentences.ignore },
  account: null,
  keyFiles: null,
  preKeys: null,
  findings: [finding(code)],
});
