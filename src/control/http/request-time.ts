/**
 * Bounds the time in which the body of a request may arrive. Node has one bound for all requests of a server,
 * and media needs a longer one than the rest.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerOn } from '../access/answer-on.ts';
import { tooSlow } from './unreadable.ts';

export const boundBody = (request: IncomingMessage, response: ServerResponse, ms: number): void => {
  if (request.complete) return;
  const timer = setTimeout(() => {
    if (request.complete) return;
    if (response.headersSent || !request.socket.writable) request.socket.destroy();
    else answerOn(request.socket, tooSlow);
  }, ms).unref();
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
};
