/** The findings about one organization. Pure: `src/offline/doctor-facts.ts` gathers the facts. */
import { dirname } from 'node:path';
import type { Found, Org, SessionRecord, Stored } from '../../machines/domain/ports.ts';
import type { Code } from './codes.ts';
import { type Finding, finding } from './finding.ts';

/** As `src/sessions/inventory.ts` counts. */
export interface OrganizationInventory {
  readonly keyFiles: number;
  readonly preKeys: number;
  readonly damagedKeys: number;
  readonly leftovers: number;
  readonly exposed: readonly { readonly name: string; readonly mode: number }[];
  readonly foreignOwners: readonly number[];
  readonly oddEntries: readonly string[];
  readonly halfPaired: boolean;
  /** Why the credentials are corrupt; '' when they are not. */
  readonly flaw: string;
  readonly backup: 'usable' | 'absent' | 'other' | 'worthless';
  readonly counters: { readonly nextPreKeyId?: number };
  readonly changedAt: number | null;
}
/** The initial state of the session, from its state machine, if the supervisor adopted it now. */
export interface Beginning {
  readonly state: 'restores' | 'failed' | 'retries' | 'idle';
  readonly desired: 'running' | 'stopped';
  readonly verdict: NonNullable<SessionRecord['verdict']> | undefined;
}
export interface OrganizationFacts {
  readonly found: Found;
  /** For unsettled credentials: their state if nothing changes for a minute. */
  readonly later: Found | undefined;
  readonly laterBegins: Beginning | undefined;
  readonly begins: Beginning;
  /** Undefined when the directory could not be read; `fault` is then the code of the system. */
  readonly inventory: OrganizationInventory | undefined;
  readonly fault: string | undefined;
  /** The phone number, masked. */
  readonly account: string | null;
  /** Its directory, for the proposed commands. */
  readonly path: string;
  /** The scan's log events about it, as codes. */
  readonly scanCodes: readonly Code[];
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
/** The path, quoted for a shell. */
export const quoted = (path: string): string =>
  /^[\w./@+-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** The state of the credentials; for unsettled ones, the state that they would have in a minute. */
const credentialsFinding = ({ found, later, inventory, fault, scanCodes }: OrganizationFacts): Finding => {
  const settled = found.stored === 'unsettled' ? (later ?? found) : found;
  const changed = inventory?.changedAt ? `changed ${time(inventory.changedAt)} UTC` : '';
  const flaw = [inventory?.flaw, changed].filter(Boolean).join('; ');
  const codes: Readonly<Record<Stored, () => Finding>> = {
    restorable: () =>
      scanCodes.includes('corrupt_with_backup')
        ? finding('corrupt_with_backup', flaw)
        : finding('restorable'),
    unpaired: () => finding(inventory?.halfPaired ? 'half_paired' : 'unpaired'),
    unsettled: () => finding('unsettled', changed),
    unreadable: () => finding('unreadable', fault ?? ''),
    absent: () => finding('creds_missing'),
    corrupt: () => {
      const unread = scanCodes.find((code) => code === 'not_a_file' || code === 'too_large');
      return unread ? finding(unread, changed) : finding('corrupt', flaw);
    },
  };
  return codes[settled.stored]();
};

function* filesFindings({ inventory, path, found }: OrganizationFacts): Generator<Finding> {
  if (!inventory) return;
  const { exposed, foreignOwners, oddEntries, backup, counters, preKeys, damagedKeys, leftovers, keyFiles } =
    inventory;
  const isLinked = found.stored === 'restorable';
  const preKeysMade = (counters.nextPreKeyId ?? 1) - 1;
  if (exposed.length > 0)
    yield finding('exposed', exposedDetails(exposed), {
      command: 'chmod -R u=rwX,go=',
      target: quoted(path),
      every: quoted(dirname(path)),
    });
  if (foreignOwners.length > 0) yield finding('foreign_owner', `uid ${foreignOwners.join(', ')}`);
  if (oddEntries.length > 0) yield finding('odd_entries', `${oddEntries.length}`);
  if (isLinked && backup === 'other') yield finding('backup_other');
  if (isLinked && backup === 'worthless') yield finding('backup_worthless');
  if (isLinked && preKeys === 0 && preKeysMade > 0)
    yield finding('pre_keys_missing', `${preKeysMade} were made`);
  if (damagedKeys > 0) yield finding('keys_damaged', `${damagedKeys}`);
  if (leftovers > 0) yield finding('leftovers', `${leftovers}`);
  if (keyFiles > hugeDirectory) yield finding('huge', `${keyFiles} files`);
}
const exposedDetails = ([first, ...rest]: OrganizationInventory['exposed']): string => {
  if (!first) return '';
  const name = first.name === '.' ? 'the directory' : first.name;
  return `${name} has mode ${mode(first.mode)}${rest.length > 0 ? `, and ${rest.length} more` : ''}`;
};

/** Verdicts that a retry lifts, if nothing else is wrong. Each other one needs its own remedy. */
const retriable = new Set<string>(['exhausted', 'unknown', 'crashed']);
const actionAfter = (reason: string, org: Org) =>
  retriable.has(reason) ? { command: 'vigia retry', target: org, every: '--all' } : undefined;

function* recordFindings({ found, begins }: OrganizationFacts): Generator<Finding> {
  const { record, stored, fingerprint } = found;
  if (found.recordUnreadable) return yield finding('record_unreadable');
  if (found.duplicateOf !== undefined) yield finding('duplicate', `the other is "${found.duplicateOf}"`);
  const hasIdentity = record !== undefined && stored === 'restorable' && record.fingerprint !== '';
  if (hasIdentity && record.fingerprint !== fingerprint) yield finding('identity_changed');
  const { verdict } = begins;
  // A duplicate and corrupt credentials have findings of their own.
  const isCovered = verdict?.duplicateOf !== undefined || verdict?.reason === 'creds_corrupt';
  if (verdict && !isCovered) {
    const details = `${verdict.reason} since ${time(verdict.at)} UTC`;
    yield finding('verdict', details, actionAfter(verdict.reason, found.org));
  }
  if (begins.desired === 'stopped') yield finding('stopped');
}

const sentences: Readonly<Record<Next, string>> = {
  restore: 'restores it',
  leave_failed: 'leaves it failed',
  leave_stopped: 'leaves it stopped',
  try_reading_again: 'tries again to read it, until it succeeds',
  wait_until_settled: 'waits until it stops changing',
  wait_for_pairing: 'lists it as not paired',
  ignore: 'ignores it',
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

/** A directory that the scan ignores. */
export const ignored = (org: Org, code: Code): OrganizationReport => ({
  org,
  credentials: null,
  next: { does: 'ignore', sentence: sentences.ignore },
  account: null,
  keyFiles: null,
  preKeys: null,
  findings: [finding(code)],
});
