/**
 * Requests and their answers. A call waits for a connection, and for room among the calls in flight. A call
 * that was sent is never sent again: when the connection is lost before the answer, its outcome is unknown,
 * and the caller gets an error with `sent`.
 */
import { callTimeoutMs, maxWaitingCalls } from './bounds.ts';
import { errorOf, VigiaError } from './client-error.ts';
import type { Frame, Send } from './connection.ts';
import type { MethodName } from './contract.ts';

export interface CallOptions {
  /** Milliseconds, including the wait for a connection. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}
interface OwnOptions extends CallOptions {
  /**
   * Called in the same tick as the answer arrives, so before the frames that follow. A promise would resolve
   * after them.
   */
  readonly onAnswer?: (result: unknown) => void;
  /** Goes before the calls that wait, and does not count towards `maxWaitingCalls`. */
  readonly isFirst?: boolean;
}
interface Call {
  readonly method: MethodName;
  readonly params: unknown;
  isSent: boolean;
  readonly answer: (result: unknown) => void;
  readonly fail: (error: VigiaError) => void;
}
interface Channel {
  readonly send: Send;
  readonly maxInFlight: number;
}
interface State {
  /** Undefined without a connection. */
  channel: Channel | undefined;
  nextId: number;
  readonly waiting: Set<Call>;
  /** A call that timed out or was aborted stays here until its answer: the server still counts it. */
  readonly inFlight: Map<number, Call>;
}

/** Sends the call if there is room. */
const dispatch = (state: State, call: Call): void => {
  const { channel, waiting, inFlight } = state;
  if (!channel || inFlight.size >= channel.maxInFlight) return;
  waiting.delete(call);
  const id = state.nextId++;
  inFlight.set(id, call);
  call.isSent = true;
  channel.send({ jsonrpc: '2.0', id, method: call.method, params: call.params ?? {} });
};
const dispatchAll = (state: State): void => {
  for (const call of state.waiting) dispatch(state, call);
};

const start = (state: State, method: MethodName, params: unknown, options: OwnOptions): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { timeoutMs = callTimeoutMs, signal, onAnswer, isFirst = false } = options;
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      state.waiting.delete(call);
    };
    const call: Call = {
      method,
      params,
      isSent: false,
      answer: (result) => {
        settle();
        onAnswer?.(result);
        resolve(result);
      },
      fail: (error) => {
        settle();
        reject(error);
      },
    };
    const giveUp = (reason: 'no_answer' | 'aborted', message: string) =>
      call.fail(new VigiaError(reason, message, { sent: call.isSent }));
    const onAbort = () => giveUp('aborted', `The call of ${method} was aborted.`);
    const timer = setTimeout(
      () => giveUp('no_answer', `${method} was not answered within ${timeoutMs} ms.`),
      timeoutMs,
    );
    if (signal?.aborted) return onAbort();
    if (state.waiting.size >= maxWaitingCalls && !isFirst)
      return call.fail(
        new VigiaError('too_many_waiting', `${maxWaitingCalls} calls already wait for a connection.`),
      );
    signal?.addEventListener('abort', onAbort);
    state.waiting.add(call);
    if (isFirst) dispatch(state, call);
    else dispatchAll(state);
  });

const onFrame = (state: State, { id, result, error }: Frame): boolean => {
  if (id === undefined) return false;
  const call = typeof id === 'number' ? state.inFlight.get(id) : undefined;
  if (call === undefined) return true; // for example id null: the server could not read a request
  state.inFlight.delete(id as number);
  if (error) call.fail(errorOf(error));
  else call.answer(result);
  dispatchAll(state);
  return true;
};

const lossOf = (method: MethodName): VigiaError => {
  const message = `The connection was lost before ${method} was answered. It may have been carried out.`;
  return new VigiaError('disconnected', message, { sent: true });
};
const onOffline = (state: State): void => {
  state.channel = undefined;
  const lost = [...state.inFlight.values()];
  state.inFlight.clear();
  for (const { method, fail } of lost) fail(lossOf(method));
};

export const createCalls = () => {
  const state: State = { channel: undefined, nextId: 1, waiting: new Set(), inFlight: new Map() };
  return {
    start: (method: MethodName, params: unknown, options: OwnOptions = {}): Promise<unknown> =>
      start(state, method, params, options),
    /** Sends nothing yet: the subscriptions go first. */
    onOnline: (send: Send, maxInFlight: number): void => {
      state.channel = { send, maxInFlight };
    },
    sendWaiting: (): void => dispatchAll(state),
    /** Returns true when the frame was an answer. */
    onFrame: (frame: Frame): boolean => onFrame(state, frame),
    onOffline: (): void => onOffline(state),
    stop: (because: VigiaError): void => {
      for (const call of [...state.waiting]) call.fail(because);
    },
  };
};
export type Calls = ReturnType<typeof createCalls>;
