/** The server as a whole. */
import { z } from 'zod';
import { State, Timestamp } from '../session.ts';
import { type MethodSpec, nothing } from './spec.ts';

export const serverMethods = {
  'server.status': {
    scope: 'sessions:read',
    doc:
      'Version, start time, whether it is shutting down, the status of the database, and the number of ' +
      'visible sessions in each state.',
    params: nothing,
    result: z.object({
      version: z.string(),
      startedAt: Timestamp,
      draining: z.boolean(),
      /**
       * "emptied": a damaged database was moved aside at this start. "memory": the database cannot be used,
       * and the history ends with the process.
       */
      database: z.enum(['durable', 'emptied', 'memory']),
      counts: z.record(State, z.int().nonnegative()),
    }),
  },
  'server.settings': {
    scope: 'admin',
    doc:
      'The settings of this start with their sources. Secrets are "[set]". Needs a key of all ' +
      'organizations.',
    params: nothing,
    result: z.object({
      settings: z.array(
        z.object({
          name: z.string(),
          value: z.unknown(),
          from: z.enum(['environment', 'file', 'policy file', 'default', 'not set']),
        }),
      ),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
