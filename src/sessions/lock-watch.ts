import type { WriteLog } from '../base/log.ts';
import type { Lock } from './lock.ts';

/** Two stats a second. A second supervisor needs longer to start and to log in. */
const everyMs = 1_000;

export interface LockWatch {
  /** Resolves when another supervisor may log in here: every socket must close at once. */
  readonly lost: Promise<void>;
  stop(): void;
}

/** Checks the lock all the time. A loss is logged. */
export const watchLock = (lock: Pick<Lock, 'check'>, log: WriteLog): LockWatch => {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const lost = new Promise<void>((resolve) => {
    const check = async (): Promise<void> => {
      const standing = await lock.check();
      if (stopped) return;
      if (standing.is === 'lost') {
        log('lock.lost', { why: standing.why });
        return resolve();
      }
      next();
    };
    const next = (): void => {
      timer = setTimeout(() => void check(), everyMs).unref();
    };
    next();
  });
  return {
    lost,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
