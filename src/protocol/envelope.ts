/** The frames: JSON-RPC 2.0, one object per text frame, params by name, every request with an id. */
import { z } from 'zod';
import { type ErrorReason, errors } from './errors.ts';
import { type EventType, events } from './events.ts';
import { OrgId, Timestamp } from './session.ts';
import { Position } from './shapes.ts';

/** Unique among the requests in flight. JSON-RPC also allows null and fractions, and advises against both. */
export const RequestId = z.union([z.string().min(1).max(64), z.int()]);
export type RequestId = z.infer<typeof RequestId>;

const jsonrpc = z.literal('2.0');
export const Request = z.object({
  jsonrpc,
  id: RequestId,
  method: z.string().min(1).max(64),
  params: z.unknown().optional(),
});

export const Success = z.object({ jsonrpc, id: RequestId, result: z.unknown() });
export type Success = z.infer<typeof Success>;
const errorReasons = Object.keys(errors) as [ErrorReason, ...ErrorReason[]];
export const Failure = z.object({
  jsonrpc,
  /** Null when the request had no usable id. */
  id: RequestId.nullable(),
  error: z.object({
    code: z.int(),
    message: z.string(),
    data: z.looseObject({ reason: z.enum(errorReasons), retryable: z.boolean(), requestId: z.string() }),
  }),
});
export type Failure = z.infer<typeof Failure>;

const eventTypes = Object.keys(events) as [EventType, ...EventType[]];
/** The registry of events defines `data` for each `type`. `orgId` is null for events of the server itself. */
export const EventFrame = z.object({
  jsonrpc,
  method: z.literal('event'),
  params: z.object({
    id: z.string(),
    type: z.enum(eventTypes),
    timestamp: Timestamp,
    orgId: OrgId.nullable(),
    seq: z.int().nonnegative(),
    data: z.unknown(),
  }),
});
export type EventFrame = z.infer<typeof EventFrame>;

/**
 * For browsers, which cannot see ping frames. It also moves the position of clients that receive few events.
 */
export const Heartbeat = z.object({
  jsonrpc,
  method: z.literal('heartbeat'),
  params: z.object({ time: Timestamp, position: Position }),
});
export type Heartbeat = z.infer<typeof Heartbeat>;
