/** What a test gives the fake server, and what it gets back. */
import type { Standing, Verdict } from './devices.ts';

/**
 * The phone that scans. By default a fictional one that is new to the server, with the next free companion
 * number.
 */
export interface Scanner {
  readonly phone?: string;
  readonly device?: number;
  readonly name?: string;
}

export interface DeviceReport {
  readonly phone: string;
  readonly device: number;
  readonly name: string;
  readonly standing: Standing;
  readonly reported?: Verdict;
  /** A connection of this device is logged in, and neither side has ended it. */
  readonly online: boolean;
  /** Epoch ms, oldest first, the newest 1000. */
  readonly attempts: readonly number[];
  readonly logins: readonly number[];
}
