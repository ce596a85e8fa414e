/** What is to be said of the machine that Vigía runs on. Pure: `probes.ts` looked before. */
import { type Finding, finding } from './codes.ts';

export interface NodeFacts {
  readonly version: string;
  readonly is: 'supported' | 'too_old' | 'untested' | 'past_end';
  /** When its line no longer gets security fixes, `2027-04-30`; undefined for a line that is not known. */
  readonly endsOn: string | undefined;
}
export interface MissingPatch {
  readonly name: string;
  readonly why: string;
  readonly without: string;
  readonly isEssential: boolean;
}
export interface MachineFacts {
  readonly node: NodeFacts;
  /** The workarounds that do not fit what is installed here. */
  readonly missingPatches: readonly MissingPatch[];
  readonly flock: boolean;
  readonly configProblems: readonly string[];
  /** undefined when the configuration is not sound, or port 0 takes any. */
  readonly port:
    | { readonly host: string; readonly port: number; readonly is: 'free' | 'in_use' | 'refused'; readonly code?: string }
    | undefined;
  readonly lockHeld: boolean;
  /** Soft limit; undefined where it cannot be seen. */
  readonly descriptors: number | undefined;
  readonly organizations: number;
  /** The latest time that was ever written here, and now. Epoch milliseconds. */
  readonly latestWritten: number | null;
  readonly now: number;
  readonly runner: Runner | undefined;
}
/** What runs the supervisor that is at work, if that can be seen. */
export interface Runner {
  readonly name: 'systemd' | 'pm2';
  /** After asking it to end, until it is killed; undefined when that could not be found out. */
  readonly stopMs: number | undefined;
  readonly cluster?: boolean;
}

/** One descriptor per connection, 64 for the disk at once, and some for the log, the API's clients and Node itself. */
const spareDescriptors = 320;
/** Main gives itself 15 s to end in order. */
const stopNeedsMs = 15_000;
/** What pm2 does when it is not told otherwise. */
const pm2DefaultStopMs = 1_600;
/** Clocks of two machines, or of a disk on another one, are never quite the same. */
const clockToleranceMs = 120_000;

const portFinding = ({ port, lockHeld }: MachineFacts): Finding[] => {
  if (!port) return [];
  const at = `${port.host}:${port.port}`;
  if (port.is === 'free') return [finding('port_free', at)];
  if (port.is === 'refused') return [finding('port_refused', `${at}: ${port.code ?? 'unknown error'}`)];
  return [finding(lockHeld ? 'port_served' : 'port_in_use', at)];
};

const runnerFindings = ({ runner }: MachineFacts): Finding[] => {
  if (!runner) return [];
  const stopMs = runner.stopMs ?? (runner.name === 'pm2' ? pm2DefaultStopMs : undefined);
  const assumed = runner.stopMs === undefined ? ', unless it was told otherwise' : '';
  return [
    ...(stopMs === undefined
      ? []
      : [finding(stopMs < stopNeedsMs ? 'stop_time_short' : 'stop_time', `${runner.name}: ${stopMs / 1_000} s${assumed}`)]),
    ...(runner.cluster ? [finding('pm2_cluster')] : []),
  ];
};

const nodeFinding = ({ version, is, endsOn }: NodeFacts): Finding => {
  const code = { supported: 'node', too_old: 'node_too_old', untested: 'node_untested', past_end: 'node_past_end' } as const;
  return finding(code[is], endsOn === undefined ? version : `${version}, security fixes until ${endsOn}`);
};
const patchFindings = (missing: readonly MissingPatch[]): Finding[] =>
  missing.length === 0
    ? [finding('patches')]
    : missing.map(({ name, why, without, isEssential }) =>
        finding(isEssential ? 'patch_essential' : 'patch_missing', `${name}: ${why}. ${without}`.replace(/\.$/u, '')),
      );

export const machineFindings = (facts: MachineFacts): readonly Finding[] => {
  const { node, missingPatches, flock, configProblems, descriptors, organizations, latestWritten, now } = facts;
  const needed = organizations + spareDescriptors;
  const limit = `${descriptors} for ${organizations} organizations`;
  const isBehind = latestWritten !== null && latestWritten > now + clockToleranceMs;
  return [
    nodeFinding(node),
    ...patchFindings(missingPatches),
    finding(flock ? 'flock' : 'flock_missing'),
    ...(configProblems.length === 0
      ? [finding('config')]
      : configProblems.map((problem) => finding('config_invalid', problem.replace(/\.$/u, '')))),
    ...portFinding(facts),
    ...(descriptors === undefined ? [] : [finding(descriptors < needed ? 'descriptors_low' : 'descriptors', limit)]),
    finding(isBehind ? 'clock_behind' : 'clock', isBehind ? `something was written at ${new Date(latestWritten).toISOString()}` : ''),
    ...runnerFindings(facts),
  ];
};
