/** What goes out to one client, and the end of it: bounds on what may wait unsent, and one goodbye. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { type CloseReason, closes } from '../../protocol/errors.ts';
import type { Limits } from '../../protocol/shapes.ts';
import type { Timings } from '../bounds.ts';

export interface Outbound {
  /** A frame that was made into bytes once for everybody. */
  send(frame: Buffer): void;
  answer(frame: object): void;
  /**
   * What may be larger than all that is allowed to wait: a snapshot of thousands of sessions, a long replay. Without this a large
   * fleet could never be subscribed to. Only one at a time is excused, so a client that asks and never reads is still cut off.
   */
  sendAtLength(frames: readonly Buffer[]): void;
  readonly close: (reason: CloseReason) => void;
  isClosing(): boolean;
}

/** A WebSocket and the TCP or TLS stream below it. */
export interface Line {
  readonly socket: WebSocket;
  readonly wire: Duplex;
}
export const bytesOf = (frame: object): Buffer => Buffer.from(JSON.stringify(frame));
const asText = { binary: false } as const;
/** Then it goes out before the turn ends, so that what waits for a client is known soon. */
const maxGatheredBytes = 64 * 1024;
/** The header that a frame of a server has (RFC 6455 §5.2). */
const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** `onClose` is called once, when the end is ours. */
export const outboundOf = (
  { socket, wire }: Line,
  { limits, timings }: { readonly limits: Limits; readonly timings: Timings },
  onClose: (reason: CloseReason, code: number) => void,
): Outbound => {
  let isClosing = false;
  let excusedBytes = 0;
  let sentBytes = 0;
  let watch: NodeJS.Timeout | undefined;
  let gathered = 0; // bytes since the wire was corked
  let isDue = false;

  const close = (reason: CloseReason) => {
    if (isClosing) return;
    isClosing = true;
    clearTimeout(watch);
    const { code } = closes[reason];
    onClose(reason, code);
    socket.close(code);
    setTimeout(() => socket.terminate(), timings.closeMs).unref(); // the close frame may be stuck behind what nobody reads
  };
  const isOpen = () => !isClosing && socket.readyState === socket.OPEN;
  /** What waits now must be gone when the time is over; of an excused answer, a part of it. */
  const startWatch = () => {
    const waiting = socket.bufferedAmount;
    const goneBefore = sentBytes - waiting;
    watch = setTimeout(() => {
      watch = undefined;
      if (!isOpen() || socket.bufferedAmount === 0) return;
      const gone = sentBytes - socket.bufferedAmount - goneBefore;
      if (gone < Math.max(1, waiting - excusedBytes)) return close('slow_consumer');
      startWatch();
    }, limits.maxUndrainedMs).unref();
  };
  const judge = () => {
    if (!isOpen()) return;
    const waiting = socket.bufferedAmount;
    if (waiting - excusedBytes > limits.maxOutboundBytes) return close('slow_consumer');
    if (waiting > 0 && watch === undefined) startWatch();
  };
  const flush = () => {
    if (gathered === 0) return;
    gathered = 0;
    wire.uncork();
    judge();
  };
  /** What is said in one turn of the loop goes out in one system call, or a few: in a storm that is most of the cost. */
  const hand = (frame: Buffer, sent?: () => void) => {
    if (gathered === 0) {
      wire.cork();
      if (!isDue) setImmediate(turnEnds);
      isDue = true;
    }
    const bytes = frame.length + headerBytes(frame.length);
    gathered += bytes;
    sentBytes += bytes;
    socket.send(frame, asText, sent);
    if (gathered > maxGatheredBytes) flush();
  };
  const turnEnds = () => {
    isDue = false;
    flush();
  };
  const send = (frame: Buffer) => {
    if (isOpen()) hand(frame);
  };
  socket.on('close', () => clearTimeout(watch));
  return {
    send,
    answer: (frame) => send(bytesOf(frame)),
    sendAtLength: (frames) => {
      if (excusedBytes > 0) {
        for (const frame of frames) send(frame);
        return;
      }
      if (!isOpen()) return;
      excusedBytes = frames.reduce((sum, { length }) => sum + length + headerBytes(length), 0);
      for (const frame of frames) hand(frame, frame === frames.at(-1) ? () => void (excusedBytes = 0) : undefined);
    },
    close,
    isClosing: () => isClosing,
  };
};
