/** Calls to WhatsApp through one socket: each ends at its deadline, and with the socket. */
import { DisconnectReason } from '@whiskeysockets/baileys';
import { SendFault } from './port.ts';

/** In milliseconds; all are our own choices (decision 2). */
export interface Deadlines {
  /** A question to WhatsApp. Later answers are ignored, and the send never leaves. */
  readonly lookUpMs: number;
  /** From the call to the write to the socket. The devices are known by then, so it is short. */
  readonly transmitMs: number;
  /** 100 MB on a slow line. An upload that stands still ends sooner. */
  readonly uploadMs: number;
  /** A phone that is online uploads a file again in seconds. */
  readonly reuploadMs: number;
}
export const usualDeadlines: Deadlines = {
  lookUpMs: 10_000,
  transmitMs: 20_000,
  uploadMs: 600_000,
  reuploadMs: 20_000,
};

/** How the client library reports an error answer (`assertNodeErrorFree`) and its own faults. */
interface LibraryError {
  readonly data?: unknown;
  readonly output?: { readonly statusCode?: number };
}
/** The code with which WhatsApp refused a request; undefined for every other fault. */
export const refusalOf = (error: unknown): number | undefined => {
  const data = (error as LibraryError | undefined)?.data;
  return typeof data === 'number' ? data : undefined;
};

/** The messages hold nothing that a client or WhatsApp wrote, because they reach the log. */
export const faultOf = (error: unknown): SendFault => {
  if (error instanceof SendFault) return error;
  const code = refusalOf(error);
  if (code !== undefined) return new SendFault('rejected', `WhatsApp refused the request (${code}).`, error);
  const status = (error as LibraryError | undefined)?.output?.statusCode;
  if (status === DisconnectReason.connectionClosed) return notConnected(error);
  if (status === DisconnectReason.timedOut) return tooLate(error);
  return new SendFault('internal', 'The client library failed.', error);
};
export const notConnected = (cause?: unknown): SendFault =>
  new SendFault('not_connected', 'The connection to WhatsApp is not open.', cause);
export const tooLate = (cause?: unknown): SendFault =>
  new SendFault('timeout', 'WhatsApp did not answer in time.', cause);

/** Runs `work` until the deadline or the end of the socket. Rejects with `SendFault`. */
export type Call = <T>(work: () => Promise<T>, deadlineMs: number) => Promise<T>;
export interface Calls {
  readonly call: Call;
  /** Rejects every call that is under way: the socket has ended. */
  end(): void;
}

/** Where it was thrown: neither a message nor a value of it, because both may hold content. */
const placeOf = (error: unknown): string =>
  (error instanceof Error ? error.stack : undefined)?.match(/^\s+at .*$/mu)?.[0].trim() ?? 'unknown';

/** `failed`: the client library failed, at this place. */
export const createCalls = (isOpen: () => boolean, failed: (at: string) => void = () => {}): Calls => {
  const underWay = new Set<(fault: SendFault) => void>();
  return {
    call: async (work, deadlineMs) => {
      if (!isOpen()) throw notConnected();
      let giveUp: (fault: SendFault) => void = () => undefined;
      const ended = new Promise<never>((_, reject) => {
        giveUp = reject;
      });
      underWay.add(giveUp);
      const timer = setTimeout(() => giveUp(tooLate()), deadlineMs);
      try {
        return await Promise.race([work(), ended]);
      } catch (error) {
        const fault = faultOf(error);
        if (fault.reason === 'internal') failed(placeOf(error));
        throw fault;
      } finally {
        clearTimeout(timer);
        underWay.delete(giveUp);
      }
    },
    end: () => {
      for (const giveUp of underWay) giveUp(notConnected());
    },
  };
};
