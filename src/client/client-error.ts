/**
 * Everything that a caller can expect to go wrong, as a value with a stable code. The client throws no other
 * class on purpose.
 */
import { type CloseSpec, closes, type ErrorReason } from '../protocol/errors.ts';

/** The client's own reasons. The server's reasons (`ErrorReason`) are passed on unchanged. */
export type ClientReason =
  /**
   * The connection was lost before the answer. The command may have been carried out: check before you repeat
   * it.
   */
  | 'disconnected'
  /** No answer in time. If the request was sent, it may have been carried out. */
  | 'no_answer'
  /** More than `maxWaitingCalls` calls wait for a connection. Nothing was sent. */
  | 'too_many_waiting'
  /** The server cannot be reached, and the option `reconnect` forbids another attempt. */
  | 'unreachable'
  /** The server closed the connection with a code that reconnecting does not cure (see `closeCode`). */
  | 'refused'
  /** `waitFor`: the predicate did not hold in time. */
  | 'timeout'
  /** An iterator left more than `maxUnreadUpdates` updates unread. */
  | 'reader_too_slow'
  /** `close()` was called. */
  | 'client_closed'
  /** The signal of the call was aborted. If the request was sent, it may have been carried out. */
  | 'aborted'
  /** The address is not valid, or contains a key. */
  | 'bad_address'
  /** This platform has no WebSocket, and none was passed. */
  | 'no_websocket';

export interface VigiaErrorDetails {
  /**
   * The server's additional fields (`data.issues`, `data.allowed`, ...), without `reason`, `retryable` and
   * `requestId`.
   */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly retryable?: boolean;
  /** The id of the request in the server's log. */
  readonly requestId?: string | undefined;
  readonly closeCode?: number;
  /** Whether the request left this client. If it did, its outcome is unknown. */
  readonly sent?: boolean;
}

/**
 * `reason` is for programs; `message` is for people. A newer server may send reasons that this client does
 * not know.
 */
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
/** From the server's error answer. */
export const errorOf = ({ message, data = {} }: WireError): VigiaError => {
  const { reason, retryable, requestId, ...rest } = data;
  return new VigiaError(
    typeof reason === 'string' ? reason : 'refused',
    typeof message === 'string' ? message : 'The server refused the request.',
    {
      data: rest,
      retryable: retryable === true,
      sent: true,
      requestId: typeof requestId === 'string' ? requestId : undefined,
    },
  );
};

const specs: readonly CloseSpec[] = Object.values(closes);
/**
 * By the registry. For a code that is not in it, the protocol's rule for clients applies: 44xx is final,
 * except 4429.
 */
export const isFinal = (closeCode: number): boolean => {
  const spec = specs.find(({ code }) => code === closeCode);
  return spec ? spec.reconnect === 'no' : closeCode >= 4400 && closeCode <= 4499 && closeCode !== 4429;
};
export const messageOfClose = (closeCode: number): string =>
  specs.find(({ code }) => code === closeCode)?.doc ?? `The connection was closed with code ${closeCode}.`;
