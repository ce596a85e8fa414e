/** The server as a whole. */
import { z } from 'zod';
import { State, Timestamp } from '../session.ts';
import { type MethodSpec, nothing } from './spec.ts';

export const serverMethods = {
  'server.status': {
    scope: 'sessions:read',
    doc:
      'Version, start time, whether it is shutting down, how the database is, and how many visible ' +
      'sessions are in each state.',
    params: nothing,
    result: z.object({
      version: z.string(),
      startedAt: Timestamp,
      draining: z.boolean(),
      /**
       * Of what is remembered besides the sessions: "emptied" when a damaged database was moved aside at this
       * start, "memory" when it cannot be used.
       */
      database: z.enum(['durable', 'emptied', 'memory']),
      counts: z.record(State, z.int().nonnegative()),
    }),
  },
} as const satisfies Record<string, MethodSpec>;
