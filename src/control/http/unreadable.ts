/** Answers bytes that are no complete HTTP request with a sentence. Node would answer with a status alone. */
import { maxHeaderSize, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerOn } from '../access/answer-on.ts';
import { type Rejection, reject } from '../access/rejection.ts';

export const tooSlow = reject(408, 'too_slow', 'The request did not arrive in time: send it at once.');
const rejections: Readonly<Record<string, Rejection>> = {
  HPE_HEADER_OVERFLOW: reject(
    431,
    'headers_too_large',
    `The address and the headers have more than ${maxHeaderSize} bytes together: send fewer or shorter ones.`,
  ),
  ERR_HTTP_REQUEST_TIMEOUT: tooSlow,
};
const noHttp = reject(400, 'bad_request', 'This is no HTTP request that can be read.');

export const answerUnreadable = (server: Server): void => {
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Duplex) => {
    if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    answerOn(socket, rejections[code] ?? noHttp);
  });
};
