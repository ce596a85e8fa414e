/** Alerts: problems that need a person now, or soon will. */
import { z } from 'zod';
import { Alert } from '../alerts.ts';
import { Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

export const alertMethods = {
  'alert.list': {
    scope: 'alerts:read',
    doc: 'Firing alerts, the latest first, then those that ended recently. A page at a time.',
    params: z.strictObject({
      limit: z.int().min(1).max(500).default(100),
      cursor: z.string().min(1).max(128).optional(),
      status: z.enum(['firing', 'resolved']).optional(),
    }),
    result: z.object({ items: z.array(Alert), nextCursor: z.string().nullable() }),
  },
  'alert.silence': {
    scope: 'alerts:write',
    doc:
      'Sends no notice of this alert before "until" (null: send again). The alert keeps firing, and its ' +
      'end is sent where its beginning was sent.',
    params: z.strictObject({ fingerprint: z.string().min(1).max(64), until: Timestamp.nullable() }),
    result: z.object({ alert: Alert }),
  },
} as const satisfies Record<string, MethodSpec>;
