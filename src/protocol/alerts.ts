/**
 * Every alert as clients receive it; its words are in `alert-texts.ts`. An alert exists because a person is
 * needed now, or will be. A problem that ends by itself in time is no alert. `src/alerts/catalogue.ts`
 * decides when each alert fires.
 */
import { z } from 'zod';
import { alertNames, severities } from './alert-texts.ts';
import { OrgId, Timestamp } from './session.ts';

export { type AlertName, alertNames, alertTexts, type Severity, severities } from './alert-texts.ts';

export const Alert = z.object({
  /** The same name and organization (or endpoint) always have the same fingerprint. */
  fingerprint: z.string(),
  name: z.enum(alertNames),
  severity: z.enum(severities),
  status: z.enum(['firing', 'resolved']),
  /** Null for an alert about the server. */
  orgId: OrgId.nullable(),
  /** The reason (see `docs/operators/OPERATING.md`), the endpoint, WhatsApp's status code. */
  labels: z.record(z.string(), z.string()),
  /** For a person: what happened, and what to do. */
  summary: z.string().max(600),
  action: z.string().max(600),
  startsAt: Timestamp,
  endsAt: Timestamp.nullable(),
  silencedUntil: Timestamp.nullable(),
});
export type Alert = z.infer<typeof Alert>;
