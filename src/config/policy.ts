/** The policy of the machines as a file may override it: every field optional, every number checked. */
import { z } from 'zod';
import { defaultPolicy, type GatePolicy, type Policy } from '../../machines/domain/policy.ts';

/** Node's timers take at most this; anything longer would fire at once. */
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
  gate,
}) satisfies z.ZodType<Policy>;
/** Of the alerts; the defaults are theirs (`src/alerts/catalogue.ts`). */
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
const overrides = policySchema.partial().extend({ gate: gate.partial().optional(), alerts: alerts.partial().default({}) });

export type PolicyResult =
  | { readonly ok: true; readonly policy: Policy; readonly alerts: AlertOverrides }
  | { readonly ok: false; readonly problems: readonly string[] };

/** `text`: a JSON object with any of the policy's fields. The rest keeps its default. */
export const parsePolicy = (text: string, file: string): PolicyResult => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problems: [`POLICY_FILE: ${file} is not valid JSON.`] };
  }
  const parsed = overrides.safeParse(json);
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues.map((i) => `POLICY_FILE: ${file}: ${i.path.join('.') || 'the file'}: ${i.message}.`),
    };
  const { gate: gateOverrides, alerts: alertOverrides, ...rest } = parsed.data;
  const given = <T extends object>(fields: T) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const policy: Policy = { ...defaultPolicy, ...given(rest), gate: { ...defaultPolicy.gate, ...given(gateOverrides ?? {}) } };
  return { ok: true, policy, alerts: given(alertOverrides) };
};
