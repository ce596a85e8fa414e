/**
 * Every error answer and every close code. Programs read the slug (`data.reason`). JSON-RPC also requires
 * numbers: -32700…-32600 are its own, -32099…-32000 are left to servers (JSON-RPC 2.0 §5.1).
 */
export interface ErrorSpec {
  readonly code: number;
  /** The HTTP status of the answer to `POST /v1/{method}` (RFC 9110 §15). */
  readonly status: number;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly doc: string;
}

export const errors = {
  parse_error: { code: -32700, status: 400, retryable: false, doc: 'Not JSON; then close 4400.' },
  invalid_request: {
    code: -32600,
    status: 400,
    retryable: false,
    doc: 'Not a JSON-RPC 2.0 request with an id of its own, or a batch.',
  },
  method_not_found: { code: -32601, status: 404, retryable: false, doc: 'No method of this name.' },
  invalid_params: { code: -32602, status: 400, retryable: false, doc: 'data.issues[] = {path, message}.' },
  internal_error: {
    code: -32603,
    status: 500,
    retryable: true,
    doc: 'A fault of the server; the log has it under data.requestId.',
  },
  unauthenticated: {
    code: -32001,
    status: 401,
    retryable: false,
    doc: 'No key, or an invalid one; then close 4401.',
  },
  not_initialized: {
    code: -32002,
    status: 400,
    retryable: false,
    doc: 'The first message was not initialize; then close 4401.',
  },
  forbidden: {
    code: -32003,
    status: 403,
    retryable: false,
    doc: 'data.scope = the scope that the key lacks.',
  },
  not_found: {
    code: -32004,
    status: 404,
    retryable: false,
    doc: 'Unknown organization, or one that the key may not access: the answer is the same.',
  },
  invalid_state: {
    code: -32005,
    status: 409,
    retryable: false,
    doc: 'Not in this state: data.state, data.allowed[].',
  },
  idempotency_conflict: {
    code: -32006,
    status: 409,
    retryable: false,
    doc: 'The idempotency key was used for another message: use another key.',
  },
  rate_limited: {
    code: -32007,
    status: 429,
    retryable: true,
    doc:
      'Too many requests, too many wrong keys, or too many messages wait (data.cause is queue_full): ' +
      'data.retryAfterMs.',
  },
  limit_exceeded: {
    code: -32008,
    status: 429,
    retryable: false,
    doc: 'Too many requests in flight, subscriptions or connections: data.limit.',
  },
  unavailable: {
    code: -32009,
    status: 503,
    retryable: true,
    doc: 'Shutting down, or not able to accept commands now.',
  },
  timeout: {
    code: -32010,
    status: 504,
    retryable: true,
    doc:
      'WhatsApp did not confirm in time. It may have been done: data.message shows the message, and the ' +
      'same key repeats the call safely.',
  },
  recipient_unreachable: {
    code: -32011,
    status: 422,
    retryable: false,
    doc: 'The recipient is not on WhatsApp, or has no device there: nothing was sent.',
  },
  restricted: {
    code: -32011,
    status: 422,
    retryable: false,
    doc: 'WhatsApp refuses messages of this account to new contacts: data.until, null when it is not known.',
  },
  media_refused: {
    code: -32602,
    status: 400,
    retryable: false,
    doc: 'The media cannot be sent: the message says why.',
  },
  unsupported_version: {
    code: -32013,
    status: 400,
    retryable: false,
    doc: 'data.supported[]; then close 4406.',
  },
} as const satisfies Record<string, ErrorSpec>;
export type ErrorReason = keyof typeof errors;

export interface CloseSpec {
  readonly code: number;
  readonly reconnect: 'no' | 'backoff';
  readonly doc: string;
}

/**
 * After 44xx, except 4408 and 4429, stop and ask a person. After any other code, back off with jitter and
 * resume.
 */
export const closes = {
  normal: { code: 1000, reconnect: 'no', doc: 'Normal.' },
  going_away: {
    code: 1001,
    reconnect: 'backoff',
    doc: 'The server shuts down; server.draining came before.',
  },
  protocol_error: { code: 1002, reconnect: 'no', doc: 'Not WebSocket (sent by the library).' },
  binary_frame: { code: 1003, reconnect: 'no', doc: 'Binary frame.' },
  network: {
    code: 1006,
    reconnect: 'backoff',
    doc: 'Observed by the client only: the network was lost, or the server closed a silent or slow client.',
  },
  bad_utf8: { code: 1007, reconnect: 'no', doc: 'Text that is not UTF-8 (sent by the library).' },
  too_fragmented: {
    code: 1008,
    reconnect: 'no',
    doc: 'Message in too many fragments (sent by the library).',
  },
  too_big: { code: 1009, reconnect: 'no', doc: 'Message over maxMessageBytes (sent by the library).' },
  internal_error: { code: 1011, reconnect: 'backoff', doc: 'A fault of the server.' },
  service_restart: {
    code: 1012,
    reconnect: 'backoff',
    doc: 'The connection reached its maximum age: connect again and resume.',
  },
  bad_message: { code: 4400, reconnect: 'no', doc: 'Not JSON, or not an object.' },
  unauthenticated: { code: 4401, reconnect: 'no', doc: 'No valid key, or not initialized.' },
  unsupported_version: { code: 4406, reconnect: 'no', doc: 'Unsupported protocol version.' },
  initialize_timeout: { code: 4408, reconnect: 'backoff', doc: 'initialize was not received in time.' },
  initialized_twice: { code: 4409, reconnect: 'no', doc: 'initialize was sent twice.' },
  flooding: {
    code: 4429,
    reconnect: 'backoff',
    doc: 'Too many connections, wrong keys, or requests far over the limit: wait 30 s at least.',
  },
  slow_consumer: {
    code: 4508,
    reconnect: 'backoff',
    doc: 'The client did not read what was sent (best effort: often seen as 1006).',
  },
} as const satisfies Record<string, CloseSpec>;
export type CloseReason = keyof typeof closes;
