/**
 * The policy file, which overrides single numbers of the machines and the alerts: every field is optional,
 * every number checked.
 */
import { z } from 'zod';
import { defaultPolicy, type GatePolicy, type Policy } from '../../machines/domain/policy.ts';
import type { Parsed } from './file-setting.ts';

/** The longest delay of a timer in Node; a longer one would fire at once. */
const ms = z.int().positive().max(2_147_483_647);
const count = z.int().positive().max(100_000);
const rate = z.number().positive().max(10_000);

const gate = z.strictObject({
  places: count,
  perSecond: rate,
  burst: count,
  probesPerSecond: rate,
  dropWindowMs: ms,
  attemptWindowMs: ms,
  outageMin: count,
  canaryMs: ms,
  canaryCapMs: ms,
}) satisfies z.ZodType<GatePolicy>;

export const policySchema = z.strictObject({
  connectMs: ms,
  verifyMs: ms,
  pingEveryMs: ms,
  pingDeadlineMs: ms,
  pingAgainMs: ms,
  deafMs: ms,
  deafCureEveryMs: ms,
  muteCureEveryMs: ms,
  pairingMs: ms,
  handoverMs: ms,
  unlinkMs: ms,
  stableMs: ms,
  probeMs: ms,
  banMs: ms,
  backoffBaseMs: ms,
  backoffCapMs: ms,
  floorDivisor: z.number().positive(),
  maxStrikes: count,
  crashWindowMs: ms,
  crashLimit: count,
  freezeMs: ms,
  copyQuietMs: ms,
  gate,
}) satisfies z.ZodType<Policy>;
/** The numbers of the alerts; their defaults are in `src/alerts/catalogue.ts`. */
const alerts = z.strictObject({
  retryingTooLongMs: ms,
  flappingCount: count,
  flappingWindowMs: ms,
  faultMs: ms,
  groupWaitMs: ms,
  groupIntervalMs: ms,
  repeatMs: ms,
  settleMs: ms,
});
export type AlertOverrides = Readonly<Partial<Record<keyof z.infer<typeof alerts>, number>>>;
const overrides = policySchema
  .partial()
  .extend({ gate: gate.partial().optional(), alerts: alerts.partial().default({}) });

export interface PolicyFile {
  readonly policy: Policy;
  readonly alerts: AlertOverrides;
  /**
   * The fields that the file sets: `gate.` before those of the gate, `alerts.` before those of the alerts.
   */
  readonly names: ReadonlySet<string>;
}

/** The values of a nested object under dotted names. */
export const flatten = (nested: object, prefix = ''): [string, unknown][] =>
  Object.entries(nested).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value]],
  );

/** `text`: a JSON object with any of the policy's fields. The rest keeps its default. */
export const parsePolicy = (text: string, file: string): Parsed<PolicyFile> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problems: [`POLICY_FILE: ${file} is not valid JSON.`] };
  }
  const parsed = overrides.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (i) => `POLICY_FILE: ${file}: ${i.path.join('.') || 'the file'}: ${i.message}.`,
    );
    return { ok: false, problems };
  }
  const { gate: gateOverrides = {}, alerts: alertOverrides, ...rest } = parsed.data;
  const given = <T extends object>(fields: T) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const policy: Policy = {
    ...defaultPolicy,
    ...given(rest),
    gate: { ...defaultPolicy.gate, ...given(gateOverrides) },
  };
  const names = new Set(flatten(json as object).map(([name]) => name));
  return { ok: true, value: { policy, alerts: given(alertOverrides), names } };
};
