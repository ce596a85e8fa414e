/**
 * Requests and their answers. A call waits for a connection and for room among those in flight; once it has been sent it is
 * never sent again: when the connection is lost meanwhile, nobody knows whether it was carried out, and the caller is told so.
 */
import { callTimeoutMs, maxWaitingCalls } from './bounds.ts';
import { errorOf, VigiaError } from './client-error.ts';
import type { Frame } from './connection.ts';
import type { MethodName } from './contract.ts';

export interface CallOptions {
  /** Milliseconds, waiting for a connection included. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
interface OwnOptions extends CallOptions {
  /** Called in the tick in which the answer's frame arrives: before the frames that follow it, as a promise would not be. */
  readonly answered?: (result: unknown) => void;
  /** Goes before those that wait. */
  readonly isFirst?: boolean;
}
interface Call {
  readonly method: MethodName;
  readonly params: unknown;
  isSent: boolean;
  readonly answer: (result: unknown) => void;
  readonly fail: (error: VigiaError) => void;
}
interface Line {
  readonly send: (frame: object) => void;
  readonly maxInFlight: number;
}

export const createCalls = () => {
  let line: Line | undefined;
  let nextId = 1;
  const waiting = new Set<Call>();
  const inFlight = new Map<number, Call>();

  /** Sends it if there is room. */
  const dispatch = (call: Call): void => {
    if (!line || inFlight.size >= line.maxInFlight) return;
    waiting.delete(call);
    const id = nextId++;
    inFlight.set(id, call);
    call.isSent = true;
    line.send({ jsonrpc: '2.0', id, method: call.method, params: call.params ?? {} });
  };
  const flush = () => {
    for (const call of waiting) dispatch(call);
  };

  const start = (method: MethodName, params: unknown, options: OwnOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { timeoutMs = callTimeoutMs, signal, answered, isFirst = false } = options;
      const aborted = () => give('aborted', `The call of ${method} was aborted.`);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        waiting.delete(call);
      };
      const call: Call = {
        method,
        params,
        isSent: false,
        answer: (result) => {
          settle();
          answered?.(result);
          resolve(result);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      /** Its answer, should it still come, belongs to nobody; it stays counted in flight, because on the server it is. */
      const give = (reason: 'no_answer' | 'aborted', message: string) => call.fail(new VigiaError(reason, message, { sent: call.isSent }));
      const timer = setTimeout(() => give('no_answer', `${method} was not answered within ${timeoutMs} ms.`), timeoutMs);
      if (signal?.aborted) return aborted();
      if (waiting.size >= maxWaitingCalls && !isFirst)
        return call.fail(new VigiaError('too_many_waiting', `${maxWaitingCalls} calls wait for a connection already.`));
      signal?.addEventListener('abort', aborted);
      waiting.add(call);
      if (isFirst) dispatch(call);
      else flush();
    });

  return {
    start,
    online: (send: Line['send'], maxInFlight: number) => {
      line = { send, maxInFlight };
    },
    /** Sends what waits. */
    flush,
    /** True when the frame was an answer. */
    hear: ({ id, result, error }: Frame): boolean => {
      if (id === undefined) return false;
      const call = typeof id === 'number' ? inFlight.get(id) : undefined;
      if (call === undefined) return true; // the server answers nobody, when it could not read a request
      inFlight.delete(id as number);
      if (error) call.fail(errorOf(error));
      else call.answer(result);
      flush();
      return true;
    },
    offline: () => {
      line = undefined;
      const lost = [...inFlight.values()];
      inFlight.clear();
      for (const { method, fail } of lost)
        fail(
          new VigiaError(
            'disconnected',
            `The connection was lost before ${method} was answered; whether it was carried out is not known.`,
            {
              sent: true,
            },
          ),
        );
    },
    stop: (because: VigiaError) => {
      for (const call of [...waiting]) call.fail(because);
    },
  };
};
export type Calls = ReturnType<typeof createCalls>;
