/**
 * `POST /v1/{method}`: a method as a plain request. The body is the params, the answer is the result, and an
 * error has an HTTP status that fits its slug.
 */
import type { IncomingMessage } from 'node:http';
import type { Failure, Success } from '../../protocol/envelope.ts';
import { errors } from '../../protocol/errors.ts';
import type { MethodName } from '../../protocol/methods.ts';
import { headersOf, type Rejection } from '../access/rejection.ts';
import { type ParsedRequest, parseCall } from '../rpc/request.ts';
import { RequestError } from '../rpc/request-error.ts';
import type { CallHttp } from './calls.ts';
import { type ReadDeps, readRequest, textOf } from './read-request.ts';

export interface HttpAnswer {
  readonly ok: true;
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/** An error as every page answers it: `code` is the slug, and the details stand beside it. */
export const answerOfFailure = ({ error: { message, data } }: Failure): HttpAnswer => {
  const { reason, message: sent, ...others } = data;
  // beside the sentence for a person, which has the same name
  const details = sent === undefined ? others : { ...others, data: { message: sent } };
  const { status } = errors[reason];
  const { retryAfterMs } = data as { readonly retryAfterMs?: number };
  return {
    ok: true,
    status,
    body: { error: { code: reason, message, ...details } },
    headers: headersOf({ status, retryAfterMs }),
  };
};
const answerOf = (answer: Success | Failure): HttpAnswer =>
  'error' in answer
    ? answerOfFailure(answer)
    : { ok: true, status: 200, body: answer.result as object, headers: {} };

const notUtf8: ParsedRequest = {
  kind: 'invalid',
  id: null,
  error: new RequestError('parse_error', 'The body is not UTF-8.'),
  fatal: false,
};

/** The returned function rejects when the client goes away before the end of its request. */
export const createPlain =
  (deps: ReadDeps, call: CallHttp) =>
  async (method: MethodName, request: IncomingMessage, address: string): Promise<HttpAnswer | Rejection> => {
    const read = await readRequest(request, deps, address);
    if (!read.ok) return read;
    const text = textOf(read.body);
    const parsed = text === undefined ? notUtf8 : parseCall(method, text);
    return answerOf(await call(parsed, read.principal));
  };
