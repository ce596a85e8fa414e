/** What can go wrong, as a value with a stable code. Only this class is thrown by the client, and only for what a caller can expect. */
import { type CloseSpec, closes, type ErrorReason } from '../protocol/errors.ts';

/** Beside the server's own reasons (`ErrorReason`), which arrive as they are. */
export type ClientReason =
  /** The connection was lost before the answer came. The command may have been carried out: look before you repeat it. */
  | 'disconnected'
  /** No answer in time. If it was sent, it may have been carried out. */
  | 'no_answer'
  /** More calls wait for a connection than `maxWaitingCalls`. Nothing was sent. */
  | 'too_many_waiting'
  /** The server cannot be reached, and the client was told not to go on trying. */
  | 'unreachable'
  /** The server ended the connection in a way that repeating does not cure (see `closeCode`). */
  | 'refused'
  /** `waitFor`: it did not come to be in time. */
  | 'timeout'
  /** Updates were read too slowly from an iterator, so that `maxUnreadUpdates` were exceeded. */
  | 'reader_too_slow'
  /** `close()` was called. */
  | 'client_closed'
  /** The signal of the call was aborted. If it was sent, it may have been carried out. */
  | 'aborted'
  /** The address is none, or has a key in it. */
  | 'bad_address'
  /** There is no WebSocket here: pass one. */
  | 'no_websocket';

export interface VigiaErrorDetails {
  /** What the server added (`data.issues`, `data.allowed`, ...), without `reason`, `retryable` and `requestId`. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly retryable?: boolean;
  /** By which the server's log knows it. */
  readonly requestId?: string | undefined;
  readonly closeCode?: number;
  /** Whether the request left this client. Then its outcome is unknown. */
  readonly sent?: boolean;
}

/** `reason` is for programs; `message` is a sentence for people. Servers newer than this client may give reasons that it does not know. */
export class VigiaError extends Error {
  override readonly name = 'VigiaError';
  readonly reason: ErrorReason | ClientReason | (string & Record<never, never>);
  readonly data: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  readonly closeCode: number | undefined;
  readonly sent: boolean;
  constructor(reason: VigiaError['reason'], message: string, details: VigiaErrorDetails = {}) {
    super(message);
    this.reason = reason;
    this.data = details.data ?? {};
    this.retryable = details.retryable ?? false;
    this.requestId = details.requestId;
    this.closeCode = details.closeCode;
    this.sent = details.sent ?? false;
  }
}

interface WireError {
  readonly message?: unknown;
  readonly data?: Readonly<Record<string, unknown>>;
}
/** An error answer of the server. */
export const errorOf = ({ message, data = {} }: WireError): VigiaError => {
  const { reason, retryable, requestId, ...rest } = data;
  return new VigiaError(typeof reason === 'string' ? reason : 'refused', typeof message === 'string' ? message : 'The server refused.', {
    data: rest,
    retryable: retryable === true,
    sent: true,
    ...(typeof requestId === 'string' && { requestId }),
  });
};

const specs: readonly CloseSpec[] = Object.values(closes);
/** The registry's word on a close code; for codes that it does not have, the rule for the authors of clients: 44xx is final. */
export const isFinal = (closeCode: number): boolean => {
  const spec = specs.find(({ code }) => code === closeCode);
  return spec ? spec.reconnect === 'no' : closeCode >= 4400 && closeCode <= 4499 && closeCode !== 4429;
};
export const messageOfClose = (closeCode: number): string =>
  specs.find(({ code }) => code === closeCode)?.doc ?? `The connection was closed with code ${closeCode}.`;
