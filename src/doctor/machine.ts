/** The findings about the machine. Pure: `probes.ts` and `runner.ts` gather the facts. */
import { type Finding, finding } from './finding.ts';

export interface NodeFacts {
  readonly version: string;
  readonly is: 'supported' | 'too_old' | 'untested' | 'past_end';
  /** The last day on which this line gets security fixes, as `2027-04-30`; undefined for an unknown line. */
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
  /** The workarounds that do not fit the installed library and Node. */
  readonly missingPatches: readonly MissingPatch[];
  readonly flock: boolean;
  readonly configProblems: readonly string[];
  /**
   * Undefined when it was not tried: the configuration is not valid, or PORT is 0 and takes any free port.
   */
  readonly port:
    | {
        readonly host: string;
        readonly port: number;
        readonly is: 'free' | 'in_use' | 'refused';
        readonly code?: string | undefined;
      }
    | undefined;
  readonly lockHeld: boolean;
  /** The soft limit; undefined where the system does not show it. */
  readonly descriptors: number | undefined;
  readonly organizations: number;
  /** Names in PROXY_FILE for which the directory has no organization. */
  readonly unknownInProxies: readonly string[];
  /** The latest time in any file, and the present time. Epoch milliseconds. */
  readonly latestWritten: number | null;
  readonly now: number;
  readonly runner: Runner | undefined;
}
/** The process manager of the running supervisor. */
export interface Runner {
  readonly name: 'systemd' | 'pm2';
  /** Milliseconds between asking the supervisor to stop and killing it; undefined when unknown. */
  readonly stopMs: number | undefined;
  readonly cluster?: boolean;
}

/**
 * Besides one for each connection: 64 for simultaneous disk operations, and some for the log, API clients and
 * Node.
 */
const spareDescriptors = 320;
/** The process allows itself 15 s to stop. */
const stopNeedsMs = 15_000;
/** pm2's default `kill_timeout`. */
const pm2DefaultStopMs = 1_600;
/** The clocks of two machines, such as this one and a file server, always differ a little. */
const clockToleranceMs = 120_000;
const mostExamples = 5;

function* portFindings({ port, lockHeld }: MachineFacts): Generator<Finding> {
  if (!port) return;
  const at = `${port.host}:${port.port}`;
  if (port.is === 'free') yield finding('port_free', at);
  if (port.is === 'refused') yield finding('port_refused', `${at}: ${port.code ?? 'unknown error'}`);
  if (port.is === 'in_use') yield finding(lockHeld ? 'port_served' : 'port_in_use', at);
}

function* runnerFindings({ runner }: MachineFacts): Generator<Finding> {
  if (!runner) return;
  const { name, cluster } = runner;
  const stopMs = runner.stopMs ?? (name === 'pm2' ? pm2DefaultStopMs : undefined);
  const assumed = runner.stopMs === undefined ? ', the default' : '';
  if (stopMs !== undefined)
    yield finding(
      stopMs < stopNeedsMs ? 'stop_time_short' : 'stop_time',
      `${name}: ${stopMs / 1_000} s${assumed}`,
    );
  if (cluster) yield finding('pm2_cluster');
}

const nodeFinding = ({ version, is, endsOn }: NodeFacts): Finding => {
  const code = {
    supported: 'node',
    too_old: 'node_too_old',
    untested: 'node_untested',
    past_end: 'node_past_end',
  } as const;
  return finding(code[is], endsOn === undefined ? version : `${version}, security fixes until ${endsOn}`);
};
function* patchFindings({ missingPatches }: MachineFacts): Generator<Finding> {
  if (missingPatches.length === 0) yield finding('patches');
  for (const { name, why, without, isEssential } of missingPatches) {
    const details = `${name}: ${why}. ${without}`.replace(/\.$/u, '');
    yield finding(isEssential ? 'patch_essential' : 'patch_missing', details);
  }
}
function* configFindings({ configProblems }: MachineFacts): Generator<Finding> {
  if (configProblems.length === 0) yield finding('config');
  for (const problem of configProblems) yield finding('config_invalid', problem.replace(/\.$/u, ''));
}
function* descriptorFindings({ descriptors, organizations }: MachineFacts): Generator<Finding> {
  if (descriptors === undefined) return;
  const isLow = descriptors < organizations + spareDescriptors;
  yield finding(
    isLow ? 'descriptors_low' : 'descriptors',
    `${descriptors} for ${organizations} organizations`,
  );
}
function* proxyFindings({ unknownInProxies: names }: MachineFacts): Generator<Finding> {
  const examples = names.slice(0, mostExamples).map((name) => JSON.stringify(name));
  if (names.length > 0)
    yield finding('proxy_organization_unknown', `${names.length}: ${examples.join(', ')}`);
}
const clockFinding = ({ latestWritten, now }: MachineFacts): Finding => {
  if (latestWritten === null || latestWritten <= now + clockToleranceMs) return finding('clock');
  return finding('clock_behind', `the latest is ${new Date(latestWritten).toISOString()}`);
};

export const machineFindings = (facts: MachineFacts): readonly Finding[] => [
  nodeFinding(facts.node),
  ...patchFindings(facts),
  finding(facts.flock ? 'flock' : 'flock_missing'),
  ...configFindings(facts),
  ...proxyFindings(facts),
  ...portFindings(facts),
  ...descriptorFindings(facts),
  clockFinding(facts),
  ...runnerFindings(facts),
];
