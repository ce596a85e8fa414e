/** What goes out to one client, and the end of it: bounds on what may wait unsent, and one goodbye. */
import type { WebSocket } from 'ws';
import { type CloseReason, closes } from '../protocol/errors.ts';
import type { Limits } from '../protocol/shapes.ts';
import type { Timings } from './bounds.ts';

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

export const bytesOf = (frame: object): Buffer => Buffer.from(JSON.stringify(frame));
const asText = { binary: false } as const;
/** The header that a frame of a server has (RFC 6455 §5.2). */
const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** `onClose` is called once, when the end is ours. */
export const outboundOf = (
  socket: WebSocket,
  { limits, timings }: { readonly limits: Limits; readonly timings: Timings },
  onClose: (reason: CloseReason, code: number) => void,
): Outbound => {
  let isClosing = false;
  let excusedBytes = 0;
  let sentBytes = 0;
  let watch: NodeJS.Timeout | undefined;

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
    const waiting = socket.bufferedAmount;
    if (waiting - excusedBytes > limits.maxOutboundBytes) return close('slow_consumer');
    if (waiting > 0 && watch === undefined) startWatch();
  };
  const hand = (frame: Buffer, sent?: () => void) => {
    sentBytes += frame.length + headerBytes(frame.length);
    socket.send(frame, asText, sent);
  };
  const send = (frame: Buffer) => {
    if (!isOpen()) return;
    hand(frame);
    judge();
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
      judge();
    },
    close,
    isClosing: () => isClosing,
  };
};
