/** Messages that the disk did not take: kept in memory and recorded again until it does. */
import type { WriteLog } from '../base/log.ts';
import type { Message } from './message.ts';

const retryMs = 5_000;
/** The newest are kept. */
const most = 10_000;

export interface RetryingRecorder {
  /** Returns at once. */
  record(message: Message): void;
  close(): void;
}

export const retryingRecorder = (
  record: (message: Message) => Promise<void>,
  log: WriteLog,
): RetryingRecorder => {
  let waiting: Message[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const retryAll = (): void => {
    timer = undefined;
    const messages = waiting;
    waiting = [];
    for (const message of messages) tryOne(message);
  };
  const tryOne = (message: Message): void => {
    record(message).catch((err: unknown) => {
      log('delivery.not_recorded', { messageId: message.id, err });
      waiting = [...waiting, message].slice(-most);
      if (!isClosed) timer ??= setTimeout(retryAll, retryMs).unref();
    });
  };
  return {
    record: tryOne,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
};
