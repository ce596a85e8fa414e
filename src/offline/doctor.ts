/**
 * The doctor, on the same code as the real thing: the scan looks, the supervisor's reconciliation finds the duplicates, and the
 * session's machine says in which state it would begin. Nothing is started, and nothing is written.
 */
import { realpath } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { initialTransition } from 'xstate';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { Found, Org } from '../../machines/domain/ports.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { reconcile } from '../../machines/supervisor/reconcile.ts';
import { build, requiredNode } from '../base/build.ts';
import type { LogEvent } from '../base/log-events.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import type { Code } from '../doctor/codes.ts';
import { type DirectoryFacts, directoryFindings } from '../doctor/directory.ts';
import { type MissingPatch, machineFindings } from '../doctor/machine.ts';
import { type Beginning, ignored, type OrganizationReport, reportOf } from '../doctor/organization.ts';
import { descriptorLimit, hasFlock, judgeNode, spaceAt, tryAddress } from '../doctor/probes.ts';
import { type DoctorReport, doctorReport } from '../doctor/report.ts';
import { runnerOf } from '../doctor/runner.ts';
import { masked } from '../log/log.ts';
import { type Examination, examine } from '../sessions/examine.ts';
import { layoutOf } from '../sessions/layout.ts';
import { inspectJournal, type JournalLeft } from './journal.ts';
import { addressOf, authDirOf, inspectSettings } from './settings.ts';

export { type Line, linesOfReport, summaryLine } from '../doctor/report.ts';

/** What the scan says of one organization, as the doctor's codes. */
const codeOf: Readonly<Partial<Record<LogEvent, Code>>> = {
  'directory.symlink': 'symlink_ignored',
  'credentials.not_a_file': 'not_a_file',
  'credentials.too_large': 'too_large',
  'credentials.restored_from_backup': 'corrupt_with_backup',
};
/** So many organizations are thought through before others may run. */
const atOnce = 200;

/** The client library is loaded here and not at the top: nothing else of the doctor, or of the command line, needs it. */
const missingPatches = async (): Promise<readonly MissingPatch[]> => {
  const [{ inspectPatches }, { patches }] = await Promise.all([
    import('../whatsapp/patches/inspect.ts'),
    import('../whatsapp/patches/patch.ts'),
  ]);
  return inspectPatches()
    .filter(({ is }) => is === 'missing')
    .map(({ name, why = '' }) => ({ name, why, ...patches[name] }));
};

/** `now` for both: a probation or a ban that has ended is judged as it would be at this moment. */
const beginningOf = (found: Found, now: number): Beginning => {
  const clock = { now: () => now };
  const random = () => 0.5;
  const [snapshot] = initialTransition(sessionMachine, { found, policy: defaultPolicy, clock, random, build });
  const { desired, verdict } = snapshot.context;
  const state = snapshot.matches('live')
    ? 'restores'
    : snapshot.matches('failed')
      ? 'failed'
      : snapshot.matches('retrying')
        ? 'retries'
        : 'idle';
  return { state, desired, verdict };
};
const marked = (found: readonly Found[], now: number): readonly Found[] =>
  reconcile(new Map(), { rootSeen: true, startedAt: now, found }, now, undefined, defaultPolicy).adopt.map((one) => one.found);

const saidOf = ({ said }: Examination): ReadonlyMap<Org, readonly Code[]> => {
  const byOrg = new Map<Org, Code[]>();
  for (const { event, fields } of said) {
    const code = codeOf[event];
    if (code !== undefined && typeof fields['org'] === 'string') byOrg.set(fields['org'], [...(byOrg.get(fields['org']) ?? []), code]);
  }
  return byOrg;
};

const organizationsOf = async (seen: Examination, root: string, now: number): Promise<OrganizationReport[]> => {
  const layout = layoutOf(root);
  const said = saidOf(seen);
  const reports: OrganizationReport[] = [];
  const later = new Map(
    marked(
      (seen.found ?? []).map((one) => seen.later.get(one.org) ?? one),
      now,
    ).map((one) => [one.org, one]),
  );
  for (const [n, found] of marked(seen.found ?? [], now).entries()) {
    if (n % atOnce === atOnce - 1) await wait(0);
    const inventory = seen.inventories.get(found.org);
    const then = found.stored === 'unsettled' ? later.get(found.org) : undefined;
    const account = found.account ?? found.record?.account;
    reports.push(
      reportOf({
        found,
        later: then,
        begins: beginningOf(found, now),
        laterBegins: then && beginningOf(then, now),
        inventory: inventory instanceof DiskFault ? undefined : inventory,
        fault: inventory instanceof DiskFault ? inventory.code : undefined,
        account: account ? masked(account.id) : null,
        path: layout.organization(found.org),
        said: said.get(found.org) ?? [],
      }),
    );
  }
  for (const [org, codes] of said) if (codes.includes('symlink_ignored')) reports.push(ignored(org, 'symlink_ignored'));
  return reports;
};

const directoryFactsOf = async (
  seen: Examination,
  reports: readonly OrganizationReport[],
  now: number,
  uid: number | undefined,
  journal: JournalLeft | undefined,
): Promise<DirectoryFacts> => {
  const { root, lock, said, pairings, orphanRecords, inventories } = seen;
  const odd = said.find(({ event }) => event === 'directory.name_invalid')?.fields;
  const changes = [...inventories.values()].flatMap((one) => (one instanceof DiskFault || one.changedAt === null ? [] : [one.changedAt]));
  return {
    path: root.path,
    stat: root.stat,
    fault: seen.found === undefined && root.stat !== undefined ? `it is a ${root.stat.kind}` : undefined,
    uid,
    lock,
    restorable: reports.filter(({ credentials }) => credentials === 'restorable').length,
    changedAt: changes.length === 0 ? null : changes.reduce((a, b) => Math.max(a, b)),
    now,
    space: await spaceAt(root.path),
    skippedNames: { count: Number(odd?.['count'] ?? 0), examples: (odd?.['examples'] as readonly string[] | undefined) ?? [] },
    foldedNames: said.filter(({ event }) => event === 'directory.name_folded').map(({ fields }) => String(fields['name'])),
    pairings,
    orphanRecords: orphanRecords.length,
    journal,
  };
};

/** The latest moment that anything here was written, as it was written down. */
const latestOf = ({ found, inventories }: Examination): number | null => {
  let latest: number | null = null;
  const note = (ms: number | null | undefined): void => {
    if (ms !== null && ms !== undefined && ms > (latest ?? 0)) latest = ms;
  };
  for (const { record } of found ?? []) for (const ms of [record?.firstSeen, record?.lastConnectedAt, record?.verdict?.at]) note(ms);
  for (const one of inventories.values()) if (!(one instanceof DiskFault)) note(one.changedAt);
  return latest;
};

export interface DoctorInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Replaces AUTH_DIR. */
  readonly directory?: string;
  readonly disk?: Disk;
}

/** Safe beside a running supervisor: it reads, asks the kernel who holds the lock, and never takes it. Never rejects for what it finds. */
export const runDoctor = async ({ env, directory, disk = nodeDisk() }: DoctorInput): Promise<DoctorReport> => {
  const settings = inspectSettings(env);
  const { problems } = settings;
  const given = directory ?? authDirOf(settings);
  const root = await realpath(given).catch(() => layoutOf(given).root); // not there yet, or not ours to see: told below
  const uid = process.getuid?.();
  const now = Date.now();
  const seen = await examine({ root, disk, now: () => Date.now(), wait: (ms) => wait(ms), uid }).catch((fault: unknown) => {
    if (fault instanceof DiskFault) return fault;
    throw fault;
  });
  const isUnseen = seen instanceof DiskFault;
  const organizations = isUnseen ? [] : await organizationsOf(seen, root, now);
  const unseen = {
    path: root,
    stat: undefined,
    lock: { is: 'never' },
    restorable: 0,
    changedAt: null,
    now,
    uid,
    space: undefined,
  } as const;
  const isHeld = !isUnseen && seen.lock.is === 'held'; // it is in use then, and never empty for long
  const nothing = { journal: undefined, skippedNames: { count: 0, examples: [] }, foldedNames: [], pairings: [], orphanRecords: 0 };
  const facts: DirectoryFacts = isUnseen
    ? { ...unseen, ...nothing, fault: `${seen.operation} ${seen.path}: ${seen.code}` }
    : await directoryFactsOf(seen, organizations, now, uid, isHeld ? undefined : await inspectJournal(disk, layoutOf(root)));
  const holder = !isUnseen && seen.lock.is === 'held' ? seen.lock.holder : undefined;
  const address = addressOf(settings);
  // Of a directory that this configuration is not about, nobody said where its supervisor would listen.
  const isConfigured = directory === undefined || root === (await realpath(authDirOf(settings)).catch(() => undefined));
  const isToTry = isConfigured && problems.length === 0 && address.port !== 0;
  const machine = machineFindings({
    node: judgeNode(process.version, requiredNode, now),
    missingPatches: await missingPatches(),
    flock: hasFlock(),
    configProblems: problems,
    port: isToTry ? { ...address, ...(await tryAddress(address.host, address.port)) } : undefined,
    lockHeld: isHeld,
    descriptors: await descriptorLimit(),
    organizations: organizations.length,
    latestWritten: isUnseen ? null : latestOf(seen),
    now,
    runner: holder && (await runnerOf(holder.pid)),
  });
  return doctorReport(root, [...machine, ...directoryFindings(facts)], organizations);
};
