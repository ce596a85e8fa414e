/** The WebSocket server and its connections. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { protocol } from '../../protocol/registry.ts';
import { maxBufferedChunks, maxFragments } from '../bounds.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import type { AcceptedUpgrade } from './upgrade.ts';

export interface Clients {
  /** Completes an upgrade that was checked. */
  accept(request: IncomingMessage, stream: Duplex, head: Buffer, upgrade: AcceptedUpgrade): void;
  /** Connected clients, initialized or not. */
  count(): number;
  /** Sends every client a close frame. Resolves when all are gone. */
  close(): Promise<void>;
  /** Ends every connection without a close frame. */
  terminate(): void;
}

export const createClients = (deps: ConnectionDeps): Clients => {
  const connections = new Map<Connection, Promise<void>>(); // each with its end
  // The types of the library lack maxFragments and maxBufferedChunks.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: deps.limits.maxMessageBytes,
    perMessageDeflate: false, // memory fragmentation (ws README), CRIME and BREACH
    maxFragments,
    maxBufferedChunks,
    handleProtocols: () => protocol.subprotocol,
  } as ConstructorParameters<typeof WebSocketServer>[0]);

  return {
    accept: (request, stream, head, upgrade) => {
      stream.once('close', () => upgrade.slot.release()); // also when the peer turns out not to use WebSocket
      sockets.handleUpgrade(request, stream, head, (socket) => {
        const connection = new Connection({ socket, stream }, deps, upgrade);
        const ended = new Promise<void>((resolve) => {
          socket.on('close', () => {
            connections.delete(connection);
            resolve();
          });
        });
        connections.set(connection, ended);
      });
    },
    count: () => connections.size,
    close: async () => {
      const ended = [...connections.values()];
      for (const connection of connections.keys()) connection.close('going_away');
      await Promise.all(ended);
    },
    terminate: () => {
      for (const connection of connections.keys()) connection.terminate();
    },
  };
};
