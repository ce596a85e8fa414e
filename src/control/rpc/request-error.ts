/** An error of the protocol's table. Handlers throw it; the code that makes the answer catches it once. */
import type { Failure, RequestId } from '../../protocol/envelope.ts';
import { type ErrorReason, errors } from '../../protocol/errors.ts';
import { randomId } from '../random-ids.ts';

export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reason: ErrorReason;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(reason: ErrorReason, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.reason = reason;
    this.details = details;
  }
}
export const rateLimited = (retryAfterMs: number): RequestError =>
  new RequestError('rate_limited', 'Too many requests came with this key: send the next ones more slowly.', {
    retryAfterMs,
  });

export const failureOf = (
  id: RequestId | null,
  { reason, message, details }: RequestError,
  requestId = randomId('r'),
): Failure => {
  const { code, retryable } = errors[reason];
  return { jsonrpc: '2.0', id, error: { code, message, data: { ...details, reason, retryable, requestId } } };
};
