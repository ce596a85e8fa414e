/** Writes the answer to a rejected client on its bare connection, where no HTTP response exists. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { bodyOf, headersOf, type Rejection } from './rejection.ts';

/** Ends the connection: a peer that never hangs up would keep the process from closing. */
export const answerOn = (socket: Duplex, rejection: Rejection): void => {
  const body = `${JSON.stringify(bodyOf(rejection))}\n`;
  const headers = Object.entries(headersOf(rejection)).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = [
    `HTTP/1.1 ${rejection.status} ${STATUS_CODES[rejection.status]}\r\n`,
    ...headers,
    'Connection: close\r\n',
    'Content-Type: application/json\r\n',
    `Content-Length: ${Buffer.byteLength(body)}\r\n`,
  ];
  socket.end(`${head.join('')}\r\n${body}`, () => socket.destroy());
};
