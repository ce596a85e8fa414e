/**
 * `POST /v1/rpc`: the same requests without a socket, for programs that cannot keep one open, such as the
 * views of a web framework. A client with a valid key gets 200 with a JSON-RPC answer, also when that is an
 * error. Earlier problems have an HTTP status.
 */
import type { IncomingMessage } from 'node:http';
import type { Failure, Success } from '../../protocol/envelope.ts';
import type { Rejection } from '../access/rejection.ts';
import { type ParsedRequest, parseRequest } from '../rpc/request.ts';
import { RequestError } from '../rpc/request-error.ts';
import type { CallHttp } from './calls.ts';
import { type ReadDeps, readRequest, textOf } from './read-request.ts';

type RpcAnswer = { readonly ok: true; readonly body: Success | Failure } | Rejection;

const notUtf8: ParsedRequest = {
  kind: 'invalid',
  id: null,
  error: new RequestError('parse_error', 'The message is not UTF-8.'),
  fatal: false,
};

/**
 * The guard has checked Host, Origin and path. The returned function rejects when the client goes away before
 * the end of its request.
 */
export const createRpc =
  (deps: ReadDeps, call: CallHttp) =>
  async (request: IncomingMessage, address: string): Promise<RpcAnswer> => {
    const read = await readRequest(request, deps, address);
    if (!read.ok) return read;
    const text = textOf(read.body);
    const parsed = text === undefined ? notUtf8 : parseRequest(text);
    return { ok: true, body: await call(parsed, read.principal) };
  };
