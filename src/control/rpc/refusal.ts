/** A request that is answered with an error of the table. Thrown by handlers, caught once where the answer is made. */

import type { Failure, RequestId } from '../../protocol/envelope.ts';
import { type ErrorReason, errors } from '../../protocol/errors.ts';
import { randomId } from '../random-ids.ts';

export class RpcError extends Error {
  override readonly name = 'Refused';
  readonly reason: ErrorReason;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(reason: ErrorReason, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.reason = reason;
    this.details = details;
  }
}

export const failureOf = (id: RequestId | null, { reason, message, details }: RpcError, requestId = randomId('r')): Failure => {
  const { code, retryable } = errors[reason];
  return { jsonrpc: '2.0', id, error: { code, message, data: { ...details, reason, retryable, requestId } } };
};
