import { z } from 'zod';
import { lastingReasons } from '../../machines/domain/disconnect.ts';
import type { SessionRecord } from '../../machines/domain/ports.ts';

const epochMs = z.number().nonnegative();
const verdict = z.object({
  reason: z.enum(lastingReasons),
  at: epochMs,
  statusCode: z.number().exactOptional(),
  until: epochMs.exactOptional(),
  nextProbeAt: epochMs.exactOptional(),
  build: z.string().exactOptional(),
  duplicateOf: z.string().exactOptional(),
});
const record = z.object({
  desired: z.enum(['running', 'stopped']),
  fingerprint: z.string(),
  verdict: verdict.exactOptional(),
  account: z.object({ id: z.string(), name: z.string().nullable() }).exactOptional(),
  lastConnectedAt: epochMs.exactOptional(),
  revision: z.number().int().nonnegative(),
  firstSeen: epochMs,
});

/** `undefined` for anything that is not a complete record. Fields of a newer version are dropped. */
export const parseRecord = (bytes: Buffer): SessionRecord | undefined => {
  try {
    return record.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined; // not JSON: not a record
  }
};

/**
 * In the order of the schema, so that equal records give equal texts. Throws when the value is not a record.
 */
export const inOrder = (value: SessionRecord): SessionRecord => record.parse(value);
