/** Methods of one connection: authentication, subscriptions and liveness. */
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
      'Handshake: the first message, once per connection. Authenticates unless the upgrade carried ' +
      '"Authorization: Bearer"; when both carry a key it must be the same.',
    // not strict, because a newer client may send more to an older server
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
      'Returns a snapshot, then sends every event. With a position that the server still holds ("since"), ' +
      'it sends the missed events instead of the snapshot. The answer comes before the events; a valid QR ' +
      'or code is sent again at once.',
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
       * Null when recovered. `sessions` is empty without the topic "sessions", `alerts` (the firing ones)
       * without "alerts".
       */
      snapshot: z.object({ sessions: z.array(Session), alerts: z.array(Alert) }).nullable(),
    }),
  },
  unsubscribe: {
    scope: null,
    doc: 'Ends one subscription. An unknown id is no error.',
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
