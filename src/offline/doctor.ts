/**
 * The doctor. It uses the code of the supervisor: the scan examines the directory, the reconciliation finds
 * the duplicates, and the state machine of a session gives its initial state. It starts and writes nothing.
 */
import { realpath } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { requiredNode } from '../base/build.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { nodeDisk } from '../disk/node-disk.ts';
import { directoryFindings } from '../doctor/directory.ts';
import { type MachineFacts, type MissingPatch, machineFindings } from '../doctor/machine.ts';
import { descriptorLimit, hasFlock, judgeNode, tryAddress } from '../doctor/probes.ts';
import { type DoctorReport, doctorReport } from '../doctor/report.ts';
import { runnerOf } from '../doctor/runner.ts';
import { type Examination, examine } from '../sessions/examine.ts';
import { layoutOf } from '../sessions/layout.ts';
import { directoryFacts, latestWritten, organizationReports, unreadableDirectory } from './doctor-facts.ts';
import { inspectJournal } from './journal.ts';
import { addressOf, authDirOf, inspectSettings } from './settings.ts';

export { type Line, linesOfReport } from '../doctor/lines.ts';
export { summaryLine } from '../doctor/report.ts';

/** Loads the client library, which nothing else of the doctor or of the command line needs. */
const missingPatches = async (): Promise<readonly MissingPatch[]> => {
  const [{ inspectPatches }, { patches }] = await Promise.all([
    import('../whatsapp/patches/inspect.ts'),
    import('../whatsapp/patches/patch.ts'),
  ]);
  return inspectPatches()
    .filter(({ is }) => is === 'missing')
    .map(({ name, why = '' }) => ({ name, why, ...patches[name] }));
};

export interface DoctorInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Replaces AUTH_DIR. */
  readonly directory?: string | undefined;
  readonly disk?: Disk;
}
type Settings = ReturnType<typeof inspectSettings>;

/** `directory` may differ from AUTH_DIR. Then the settings say nothing about it, for example no address. */
const isConfigured = async (settings: Settings, root: string, directory?: string): Promise<boolean> =>
  directory === undefined || root === (await realpath(authDirOf(settings)).catch(() => undefined));

const portFacts = async (settings: Settings): Promise<MachineFacts['port']> => {
  const { host, port } = addressOf(settings);
  if (settings.problems.length > 0 || port === 0) return undefined;
  return { host, port, ...(await tryAddress(host, port)) };
};

const unknownInProxies = ({ config }: Settings, known: readonly { readonly org: string }[]): string[] => {
  const names = new Set(known.map(({ org }) => org));
  return Object.keys(config?.proxies.organizations ?? {}).filter((org) => !names.has(org));
};

/**
 * A running supervisor moves its journal to the files all the time, so only the journal of a killed one
 * matters.
 */
const directoryPart = async (disk: Disk, seen: Examination, now: number, uid: number | undefined) => {
  const organizations = await organizationReports(seen, now);
  const journal = seen.lock.is === 'held' ? undefined : await inspectJournal(disk, layoutOf(seen.root.path));
  const facts = await directoryFacts(seen, organizations, { now, uid, journal });
  return { organizations, facts };
};

/**
 * Safe while a supervisor runs: it reads, asks the kernel which process holds the lock, and never takes the
 * lock. A finding is never a rejection.
 */
export const runDoctor = async ({
  env,
  directory,
  disk = nodeDisk(),
}: DoctorInput): Promise<DoctorReport> => {
  const settings = inspectSettings(env);
  const given = directory ?? authDirOf(settings);
  // a finding below says that it is missing or unreadable
  const root = await realpath(given).catch(() => layoutOf(given).root);
  const uid = process.getuid?.();
  const now = Date.now();
  const seen = await examine({ root, disk, now: () => Date.now(), wait: (ms) => wait(ms), uid }).catch(
    (fault: unknown) => {
      if (fault instanceof DiskFault) return fault;
      throw fault;
    },
  );
  const isUnreadable = seen instanceof DiskFault;
  const { organizations, facts } = isUnreadable
    ? { organizations: [], facts: unreadableDirectory(root, seen, now) }
    : await directoryPart(disk, seen, now, uid);
  const holder = isUnreadable || seen.lock.is !== 'held' ? undefined : seen.lock.holder;
  const isOfSettings = await isConfigured(settings, root, directory);
  const machine = machineFindings({
    node: judgeNode(process.version, requiredNode, now),
    missingPatches: await missingPatches(),
    flock: hasFlock(),
    configProblems: settings.problems,
    port: isOfSettings ? await portFacts(settings) : undefined,
    lockHeld: facts.lock.is === 'held',
    descriptors: await descriptorLimit(),
    organizations: organizations.length,
    unknownInProxies: isOfSettings && !isUnreadable ? unknownInProxies(settings, organizations) : [],
    latestWritten: isUnreadable ? null : latestWritten(seen),
    now,
    runner: holder && (await runnerOf(holder.pid)),
  });
  return doctorReport(root, [...machine, ...directoryFindings(facts)], organizations);
};
