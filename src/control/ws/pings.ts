/** Pings a client, and terminates the connection when the previous ping was not answered. */
import type { WebSocket } from 'ws';

/** Returns stop. */
export const startPings = (socket: WebSocket, everyMs: number): (() => void) => {
  let isAnswered = true;
  socket.on('pong', () => {
    isAnswered = true;
  });
  const timer = setInterval(() => {
    if (!isAnswered) return socket.terminate();
    isAnswered = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
};
