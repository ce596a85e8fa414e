/**
 * Tells whoever started the process how it is: systemd (sd_notify(3): ready, status, watchdog, stopping) and
 * pm2 (`wait_ready`).
 *
 * Node has no unix datagram sockets (nodejs/node#31414), so systemd's own `systemd-notify` says it; the unit
 * needs NotifyAccess=all, because that is another process than the main one. A stranger's word would be taken
 * then too, but only from inside the unit.
 */
import { execFile } from 'node:child_process';
import type { WriteLog } from '../base/log.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Vigia } from './app.ts';

/** A status that changes is told this often at most: each telling is a process of its own. */
const statusEveryMs = 10_000;
const notifyDeadlineMs = 5_000;

export interface Announcement {
  /** The end has begun. Resolves when that was told. */
  stopping(): Promise<void>;
}
export interface AnnouncementParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** pm2's ear, if somebody has one. */
  readonly send?: (message: string) => unknown;
  readonly vigia: Pick<Vigia, 'looked' | 'isAlive' | 'counts'>;
  readonly log: WriteLog;
}

const microsecondsIn = (text: string | undefined): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;

export const announce = ({ env, pid, send, vigia, log }: AnnouncementParts): Announcement => {
  const { NOTIFY_SOCKET: socket, PATH } = env;
  /** What is told last must not be overtaken. */
  const notices = createSerialQueue();
  let isWarned = false;
  const run = (assignments: readonly string[]) =>
    new Promise<void>((resolve) => {
      // none of our secrets
      const options = { env: { PATH, NOTIFY_SOCKET: socket }, timeout: notifyDeadlineMs };
      execFile('systemd-notify', [...assignments], options, (error) => {
        if (error && !isWarned) log('systemd.unreachable', { why: error.code ?? error.signal });
        isWarned ||= error !== null;
        resolve();
      });
    });
  const notify = async (...assignments: readonly string[]): Promise<void> => {
    if (socket) await notices.run(() => run(assignments));
  };

  let status = '';
  const statusNow = () => `STATUS=${vigia.counts().connected}/${vigia.counts().sessions} connected`;
  const news = (): readonly string[] => {
    const now = statusNow();
    const isNew = now !== status;
    status = now;
    return isNew ? [now] : [];
  };
  void vigia.looked.then(() => {
    void notify(`--pid=${pid}`, 'READY=1', ...news());
    send?.('ready');
    setInterval(() => {
      const changed = news();
      if (changed.length > 0) void notify(...changed);
    }, statusEveryMs).unref();
  });
  // half the interval, as sd_watchdog_enabled(3) advises; only while the supervisor is well, or it would
  // prove nothing
  const watchdogMs = microsecondsIn(env['WATCHDOG_USEC']) / 2_000;
  if (watchdogMs >= 1)
    setInterval(() => {
      if (vigia.isAlive()) void notify('WATCHDOG=1');
    }, watchdogMs).unref();

  return { stopping: () => notify('STOPPING=1', 'STATUS=shutting down') };
};
