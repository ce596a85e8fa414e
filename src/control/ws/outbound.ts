/** Sends frames to one client within bounds on the bytes that wait unread, and closes the connection once. */
import { type CloseReason, closes } from '../../protocol/errors.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { Timings } from '../bounds.ts';
import { GatheredWrites, type Transport, wireBytes } from './gathered-writes.ts';

export interface OutboundOptions {
  readonly limits: Limits;
  readonly timings: Timings;
  /** Called once, when this side closes the connection. */
  readonly onClose: (reason: CloseReason, code: number) => void;
}
export const serializeFrame = (frame: object): Buffer => Buffer.from(JSON.stringify(frame));

export class Outbound {
  readonly #transport: Transport;
  readonly #options: OutboundOptions;
  readonly #writes: GatheredWrites;
  #isClosing = false;
  /** Bytes of a long answer that do not count against the bound while they wait. */
  #excusedBytes = 0;
  /** Runs while bytes wait. */
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(transport: Transport, options: OutboundOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#writes = new GatheredWrites(transport, () => this.#checkBounds());
    transport.socket.on('close', () => clearTimeout(this.#drainTimer));
  }
  get isClosing(): boolean {
    return this.#isClosing;
  }
  /** An event's frame, which is serialised once for all clients. */
  send(frame: Buffer): void {
    if (this.#isOpen()) this.#writes.write(frame);
  }
  answer(frame: object): void {
    this.send(serializeFrame(frame));
  }
  /**
   * Sends what may be larger than the bound on waiting bytes: a snapshot of thousands of sessions, or a long
   * replay. Otherwise no client could subscribe to a large fleet. Only one at a time is excused, so a client
   * that sends requests and never reads is still closed.
   */
  sendLong(frames: readonly Buffer[]): void {
    if (this.#excusedBytes > 0) {
      for (const frame of frames) this.send(frame);
      return;
    }
    if (!this.#isOpen()) return;
    this.#excusedBytes = frames.reduce((sum, frame) => sum + wireBytes(frame), 0);
    const onSent = () => {
      this.#excusedBytes = 0;
    };
    for (const frame of frames) this.#writes.write(frame, frame === frames.at(-1) ? onSent : undefined);
  }
  close(reason: CloseReason): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearTimeout(this.#drainTimer);
    const { code } = closes[reason];
    const { socket } = this.#transport;
    this.#options.onClose(reason, code);
    socket.close(code);
    // The close frame may be stuck behind bytes that the peer does not read.
    setTimeout(() => socket.terminate(), this.#options.timings.closeMs).unref();
  }

  #isOpen(): boolean {
    const { socket } = this.#transport;
    return !this.#isClosing && socket.readyState === socket.OPEN;
  }
  #checkBounds(): void {
    if (!this.#isOpen()) return;
    const waitingBytes = this.#transport.socket.bufferedAmount;
    if (waitingBytes - this.#excusedBytes > this.#options.limits.maxOutboundBytes)
      return this.close('slow_consumer');
    if (waitingBytes > 0 && this.#drainTimer === undefined) this.#watchDraining();
  }
  /**
   * Closes the connection unless the bytes that wait now are gone in time. Of a long answer, a part is
   * enough.
   */
  #watchDraining(): void {
    const { socket } = this.#transport;
    const waitingBytes = socket.bufferedAmount;
    const goneBefore = this.#writes.sentBytes - waitingBytes;
    this.#drainTimer = setTimeout(() => {
      this.#drainTimer = undefined;
      if (!this.#isOpen() || socket.bufferedAmount === 0) return;
      const goneBytes = this.#writes.sentBytes - socket.bufferedAmount - goneBefore;
      if (goneBytes < Math.max(1, waitingBytes - this.#excusedBytes)) return this.close('slow_consumer');
      this.#watchDraining();
    }, this.#options.limits.maxUndrainedMs).unref();
  }
}
