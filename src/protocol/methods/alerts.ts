/** Alerts: what needs a person, or soon will. */
import { z } from 'zod';
import { Alert } from '../alerts.ts';
import { Timestamp } from '../session.ts';
import type { MethodSpec } from './spec.ts';

export const alertMethods = {
  'alert.list': {
    scope: 'alerts:read',
    doc: 'Alerts that fire, the latest first, then those that ended lately. A page at a time.',
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
      'Nobody is told of this alert before "until" (null: tell again). It goes on firing, and its end is ' +
      'told to whoever was told of its beginning.',
    params: z.strictObject({ fingerprint: z.string().min(1).max(64), until: Timestamp.nullable() }),
    result: z.object({ alert: Alert }),
  },
} as const satisfies Record<string, MethodSpec>;
