/**
 * Notifies the process manager: systemd (sd_notify(3): ready, status, watchdog, stopping) or pm2
 * (`wait_ready`).
 *
 * Node has no unix datagram sockets (nodejs/node#31414), so systemd's own `systemd-notify` sends the
 * notification. It is another process than the main one, so the unit needs NotifyAccess=all. Then systemd
 * accepts every process of the unit, and no other.
 */
import { execFile } from 'node:child_process';
import type { WriteLog } from '../base/log.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import type { Vigia } from './app.ts';

/** The status is sent at most this often: each notification is a process of its own. */
const statusEveryMs = 10_000;
const notifyDeadlineMs = 5_000;

export interface Announcement {
  /** Call when the shutdown begins. Resolves when the notification was sent. */
  stopping(): Promise<void>;
}
export interface AnnouncementParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** The channel to pm2, if there is one. */
  readonly send?: (message: string) => unknown;
  readonly vigia: Pick<Vigia, 'looked' | 'isAlive' | 'counts'>;
  readonly log: WriteLog;
}

const microsecondsIn = (text: string | undefined): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;

export const announce = ({ env, pid, send, vigia, log }: AnnouncementParts): Announcement => {
  const { NOTIFY_SOCKET: socket, PATH } = env;
  /** Notifications must not overtake each other. */
  const notices = createSerialQueue();
  let isWarned = false;
  const run = (assignments: readonly string[]) =>
    new Promise<void>((resolve) => {
      // without our secrets
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
  // half the interval, as sd_watchdog_enabled(3) advises, and only while the supervisor is well
  const watchdogMs = microsecondsIn(env['WATCHDOG_USEC']) / 2_000;
  if (watchdogMs >= 1)
    setInterval(() => {
      if (vigia.isAlive()) void notify('WATCHDOG=1');
    }, watchdogMs).unref();

  return { stopping: () => notify('STOPPING=1', 'STATUS=shutting down') };
};
