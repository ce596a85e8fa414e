/** The health of the program: one source for `/livez`, `/readyz`, systemd's watchdog and the heartbeat. */
import { monotonicMs } from '../base/monotonic.ts';
import type { Check, Health } from '../control/http/health.ts';
import { passes } from '../control/http/health.ts';
import type { DatabaseStatus } from '../database/database.ts';
import type { DroppedLines } from '../log/output.ts';
import type { FleetEvent } from './events.ts';

/** Read from the supervisor at each check. */
export interface Vitals {
  /** It runs: it has neither failed nor ended. */
  isActive(): boolean;
  /** The number of organizations whose credentials cannot be written now. */
  unwritable(): number;
  /** The gate admits no session to WhatsApp. */
  isGateHeld(): boolean;
  database(): DatabaseStatus;
  logLines(): DroppedLines;
  isDraining(): boolean;
}
/** Failed scans count as scans: a broken disk is no reason to restart the program. A scan that hangs is. */
export const staleAfterMs = (scanEveryMs: number): number => 3 * scanEveryMs + 60_000;

const check = (name: string, isWell: boolean, detail: string): Check =>
  isWell ? { name, status: 'pass' } : { name, status: 'fail', detail };
const frozenMessages = {
  root_missing: 'The directory is not the one that was locked at the start: is the volume mounted?',
  mass_disappearance: 'Many session directories vanished at once.',
} as const;

/** `nowMs`: a monotonic clock. */
export const watchHealth = (vitals: Vitals, scanEveryMs: number, nowMs: () => number = monotonicMs) => {
  let scannedAt = nowMs();
  let hasSeen = false;
  let frozen: keyof typeof frozenMessages | undefined;
  let resolveLooked = () => {};
  const looked = new Promise<void>((resolve) => (resolveLooked = resolve));

  const supervisor = () =>
    check(
      'supervisor',
      vitals.isActive() || vitals.isDraining(),
      'It has failed; the process is about to end.',
    );
  const live = (): readonly Check[] => [
    supervisor(),
    check(
      'scan',
      vitals.isDraining() || nowMs() - scannedAt <= staleAfterMs(scanEveryMs),
      `The directory has not been scanned for ${Math.round((nowMs() - scannedAt) / 1_000)} s.`,
    ),
  ];
  const database = (): Check => {
    const status = vitals.database();
    return { name: 'database', status: status === 'durable' ? 'pass' : 'warn', detail: status };
  };
  const logOutput = (): Check => {
    const { dropped, isDropping } = vitals.logLines();
    const detail = dropped === 0 ? {} : { detail: `Lines of the log dropped since the start: ${dropped}.` };
    return { name: 'log', status: isDropping ? 'warn' : 'pass', ...detail };
  };
  const ready = (): readonly Check[] => [
    check('shutdown', !vitals.isDraining(), 'It is shutting down.'),
    ...live(),
    check(
      'restore',
      hasSeen,
      'The first scan of the directory is not complete, so no session is being restored yet.',
    ),
    check('directory', frozen === undefined, frozen === undefined ? '' : frozenMessages[frozen]),
    check(
      'storage',
      vitals.unwritable() === 0,
      'Credentials cannot be written: check free space, owner and permissions.',
    ),
    check(
      'gate',
      !vitals.isGateHeld(),
      'No session is connected to WhatsApp until the directory and the storage are well.',
    ),
    database(),
    logOutput(),
  ];
  const health: Health & { isAlive(): boolean } = { live, ready, isAlive: () => passes(live()) };
  return {
    ...health,
    /** Resolves after the first scan of the directory, whatever its result. */
    looked,
    onEvent: (e: FleetEvent): void => {
      if (e.type === 'scan.done' || e.type === 'scan.failed') {
        scannedAt = nowMs();
        hasSeen ||= e.type === 'scan.done';
        resolveLooked();
      } else if (e.type === 'fleet.frozen') frozen = e.cause;
      else if (e.type === 'root.lost') frozen = 'root_missing';
      else if (e.type === 'fleet.thawed') frozen = undefined;
    },
  };
};
