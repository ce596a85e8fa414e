/**
 * Writes frames to one client. The frames of one turn of the event loop leave in one system call, or in a
 * few: in a storm the calls are most of the cost.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** A WebSocket and the TCP or TLS stream below it. */
export interface Transport {
  readonly socket: WebSocket;
  readonly stream: Duplex;
}
const asText = { binary: false } as const;
/**
 * Above this the frames leave before the turn ends, so that the bytes that wait for a client are known early.
 */
const maxGatheredBytes = 64 * 1024;
/** The header of a server's frame (RFC 6455 §5.2). */
const headerBytes = (length: number): number => {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
};
/** The bytes of a frame on the wire. */
export const wireBytes = ({ length }: Buffer): number => length + headerBytes(length);

export class GatheredWrites {
  readonly #transport: Transport;
  readonly #onFlush: () => void;
  /** Bytes since the stream was corked; 0 when it is not. */
  #gatheredBytes = 0;
  #isFlushScheduled = false;
  #sentBytes = 0;

  /** `onFlush` is called after each time that gathered frames were given to the operating system. */
  constructor(transport: Transport, onFlush: () => void) {
    this.#transport = transport;
    this.#onFlush = onFlush;
  }
  /** All bytes written so far, whether the peer has read them or not. */
  get sentBytes(): number {
    return this.#sentBytes;
  }
  /** `onSent` is called when the frame has been given to the operating system. */
  write(frame: Buffer, onSent?: () => void): void {
    if (this.#gatheredBytes === 0) this.#gather();
    const bytes = wireBytes(frame);
    this.#gatheredBytes += bytes;
    this.#sentBytes += bytes;
    this.#transport.socket.send(frame, asText, onSent);
    if (this.#gatheredBytes > maxGatheredBytes) this.#flush();
  }
  #gather(): void {
    this.#transport.stream.cork();
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }
  #flush(): void {
    if (this.#gatheredBytes === 0) return;
    this.#gatheredBytes = 0;
    this.#transport.stream.uncork();
    this.#onFlush();
  }
}
