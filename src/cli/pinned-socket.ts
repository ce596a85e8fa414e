/**
 * The WebSocket to the server on this machine, when it serves TLS. Its certificate is for the name that
 * clients use and not for loopback, so here it must be the one in TLS_CERT_FILE itself.
 */
import { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import type { SocketConstructor } from '../client/client.ts';

export const pinnedSocket = async (pem: string): Promise<SocketConstructor> => {
  const { WebSocket } = await import('ws');
  const expected = new X509Certificate(pem).fingerprint256;
  const createConnection = (options: object): TLSSocket => {
    const socket = connect({ ...options, rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      if (socket.getPeerX509Certificate()?.fingerprint256 !== expected)
        socket.destroy(new Error('The certificate is not the one in TLS_CERT_FILE: restart the server'));
    });
    return socket;
  };
  return class extends WebSocket {
    constructor(url: string) {
      super(url, { perMessageDeflate: false, createConnection } as ConstructorParameters<
        typeof WebSocket
      >[2]);
    }
  } as unknown as SocketConstructor;
};
