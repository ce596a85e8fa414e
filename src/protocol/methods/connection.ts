/** The life of one connection: who speaks, what they want to hear, whether the other side is there. */
import { z } from 'zod';
import { Alert } from '../alerts.ts';
import { Topic } from '../scopes.ts';
import { Session, Timestamp } from '../session.ts';
import { Limits, Orgs, Position, Principal } from '../shapes.ts';
import { type MethodSpec, nothing } from './spec.ts';

export const connectionMethods = {
  initialize: {
    scope: null,
    doc:
      'Handshake, once per connection and first of all. Authenticates unless the upgrade carried ' +
      '"Authorization: Bearer"; when both carry a key it must be the same.',
    // Not strict: this is where a newer client meets an older server.
    params: z.object({
      protocolVersion: z.string().max(16),
      apiKey: z.string().min(1).max(256).optional(),
      client: z.object({ name: z.string().max(64), version: z.string().max(64) }),
    }),
    result: z.object({
      protocolVersion: z.string(),
      server: z.object({ name: z.string(), version: z.string() }),
      connectionId: z.string(),
      principal: Principal,
      position: Position,
      heartbeatMs: z.int().positive(),
      limits: Limits,
    }),
  },
  subscribe: {
    scope: 'per topic',
    doc:
      'The state of things now, then every event. With a position that is still held ("since"), the missed ' +
      'events instead of the snapshot. The answer comes first, then events; a QR or code that is still ' +
      'valid comes again at once.',
    params: z.strictObject({
      topics: z.array(Topic).min(1).max(8),
      orgs: Orgs.default('*'),
      since: Position.optional(),
    }),
    result: z.object({
      subscriptionId: z.string(),
      recovered: z.boolean(),
      position: Position,
      /**
       * Null when recovered. `sessions` is empty unless the topic "sessions" was asked for, `alerts` (those
       * that fire) unless "alerts" was.
       */
      snapshot: z.object({ sessions: z.array(Session), alerts: z.array(Alert) }).nullable(),
    }),
  },
  unsubscribe: {
    scope: null,
    doc: 'Ends one subscription. An id that is not (or no longer) known is no error.',
    params: z.strictObject({ subscriptionId: z.string().max(64) }),
    result: z.object({}),
  },
  ping: {
    scope: null,
    doc: 'Liveness for clients that cannot send ping frames (browsers).',
    params: nothing,
    result: z.object({ time: Timestamp }),
  },
} as const satisfies Record<string, MethodSpec>;
