/**
 * How the program is: for `/livez`, `/readyz`, systemd's watchdog and the heartbeat, which must never
 * disagree.
 */
import { monotonicMs } from '../base/monotonic.ts';
import type { Check, Health } from '../control/http/health.ts';
import { passes } from '../control/http/health.ts';
import type { DatabaseStatus } from '../database/database.ts';
import type { FleetEvent } from './events.ts';

/** What is asked of the supervisor, when somebody asks. */
export interface Vitals {
  /** It has not failed, nor ended by itself. */
  isActive(): boolean;
  /** Organizations whose credentials cannot be written at present. */
  unwritable(): number;
  /** Nobody is admitted to WhatsApp. */
  isGateHeld(): boolean;
  database(): DatabaseStatus;
  isDraining(): boolean;
}
/**
 * Looks at the directory that failed count: a disk that is broken is no reason to restart the program. One
 * that hangs for ever is.
 */
export const staleAfterMs = (scanEveryMs: number): number => 3 * scanEveryMs + 60_000;

const check = (name: string, isWell: boolean, detail: string): Check =>
  isWell ? { name, status: 'pass' } : { name, status: 'fail', detail };
const frozenMessages = {
  root_missing: 'The directory is not the one that was locked at the start: is the volume mounted?',
  mass_disappearance: 'Many session directories vanished at once.',
} as const;

/** `nowMs`: a clock that never jumps. */
export const watchHealth = (vitals: Vitals, scanEveryMs: number, nowMs: () => number = monotonicMs) => {
  let lookedAt = nowMs();
  let hasSeen = false;
  let frozen: keyof typeof frozenMessages | undefined;
  let sayLooked = () => {};
  const looked = new Promise<void>((resolve) => (sayLooked = resolve));

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
      vitals.isDraining() || nowMs() - lookedAt <= staleAfterMs(scanEveryMs),
      `The directory has not been looked at for ${Math.round((nowMs() - lookedAt) / 1_000)} s.`,
    ),
  ];
  const database = (): Check => {
    const status = vitals.database();
    return { name: 'database', status: status === 'durable' ? 'pass' : 'warn', detail: status };
  };
  const ready = (): readonly Check[] => [
    check('shutdown', !vitals.isDraining(), 'It is shutting down.'),
    ...live(),
    check(
      'restore',
      hasSeen,
      'The first look at the directory is not done, so no session is being restored yet.',
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
      'Nobody is connected to WhatsApp until the directory and the storage are well.',
    ),
    database(),
  ];
  const health: Health & { isAlive(): boolean } = { live, ready, isAlive: () => passes(live()) };
  return {
    ...health,
    /** Resolves when the directory has been looked at for the first time, whatever came of it. */
    looked,
    onEvent: (e: FleetEvent): void => {
      if (e.type === 'scan.done' || e.type === 'scan.failed') {
        lookedAt = nowMs();
        hasSeen ||= e.type === 'scan.done';
        sayLooked();
      } else if (e.type === 'fleet.frozen') frozen = e.cause;
      else if (e.type === 'root.lost') frozen = 'root_missing';
      else if (e.type === 'fleet.thawed') frozen = undefined;
    },
  };
};
