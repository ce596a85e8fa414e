/** The answers to the requests of one client. Each is counted. */
import { monotonicMs } from '../../base/monotonic.ts';
import type { ErrorReason } from '../../protocol/errors.ts';
import { type Meter, secondsSince } from '../meter.ts';
import type { ParsedRequest } from '../rpc/request.ts';
import { failureOf, type RequestError } from '../rpc/request-error.ts';
import type { Outbound } from './outbound.ts';

export class Answers {
  readonly #outbound: Outbound;
  readonly #meter: Meter;
  constructor(outbound: Outbound, meter: Meter) {
    this.#outbound = outbound;
    this.#meter = meter;
  }
  refuse(request: ParsedRequest, error: RequestError): void {
    this.count(request, error.reason);
    this.send(failureOf(request.id, error));
  }
  send(frame: object): void {
    this.#outbound.answer(frame);
  }
  /** `startedMs`: `monotonicMs()` when the request was accepted. */
  count(
    { method }: Pick<ParsedRequest, 'method'>,
    code: ErrorReason | 'ok',
    startedMs = monotonicMs(),
  ): void {
    this.#meter.answered(method ?? 'unknown', code, secondsSince(startedMs));
  }
}
