/** What goes out to one client, and the end of it: a bound on what may wait unsent, and one goodbye. */
import type { WebSocket } from 'ws';
import { type CloseReason, closes } from '../protocol/errors.ts';
import type { Limits } from '../protocol/shapes.ts';
import type { Timings } from './bounds.ts';

export interface Outbound {
  /** An event, already made into text. */
  send(text: string): void;
  answer(frame: object): void;
  /**
   * An answer that may be larger than all that is allowed to wait: a snapshot of thousands of sessions. Without this a large
   * fleet could never be subscribed to. Only one at a time is excused, so a client that asks and never reads is still cut off.
   */
  answerAtLength(frame: object): void;
  readonly close: (reason: CloseReason) => void;
  isClosing(): boolean;
}

/** `onClose` is called once, when the end is ours. */
export const outboundOf = (
  socket: WebSocket,
  { limits, timings }: { readonly limits: Limits; readonly timings: Timings },
  onClose: (reason: CloseReason, code: number) => void,
): Outbound => {
  let isClosing = false;
  let excusedBytes = 0;

  const close = (reason: CloseReason) => {
    if (isClosing) return;
    isClosing = true;
    const { code } = closes[reason];
    onClose(reason, code);
    socket.close(code);
    setTimeout(() => socket.terminate(), timings.closeMs).unref(); // the close frame may be stuck behind what nobody reads
  };
  const isOpen = () => !isClosing && socket.readyState === socket.OPEN;
  const judge = () => {
    if (socket.bufferedAmount - excusedBytes > limits.maxOutboundBytes) close('slow_consumer');
  };
  const send = (text: string) => {
    if (!isOpen()) return;
    socket.send(text);
    judge();
  };
  return {
    send,
    answer: (frame) => send(JSON.stringify(frame)),
    answerAtLength: (frame) => {
      const text = JSON.stringify(frame);
      if (excusedBytes > 0 || !isOpen()) return send(text);
      excusedBytes = Buffer.byteLength(text);
      socket.send(text, () => {
        excusedBytes = 0;
      });
      judge();
    },
    close,
    isClosing: () => isClosing,
  };
};
