/** The faults and the test's own view of the disk in memory (`memory-disk.ts`). */
import type { Disk } from '../../src/disk/disk.ts';

export type Operation = keyof Disk;

export interface Fault {
  readonly operation: Operation | 'any';
  /** A string is the exact path; for `rename` it is the old one. */
  readonly path: string | RegExp;
  /** As the system would answer: `EACCES`, `ENOSPC`, ... */
  readonly code: string;
  /** How often; without it, until the undo function is called. */
  readonly times?: number;
  /** `write`, `writeUnsynced` and `overwrite` only: so many bytes reach the file before it fails. */
  readonly tear?: number;
}

export interface MemoryDiskOptions {
  /** 0 <= n < 1. Chooses what an unsynced name and a torn write become. Default: always 0.5. */
  readonly random?: () => number;
  readonly now?: () => number;
  readonly foldsCase?: boolean;
  /** Who owns everything. */
  readonly uid?: number;
}

export interface MemoryDisk extends Disk {
  /** Makes matching operations fail; returns its undo. */
  inject(fault: Fault): () => void;
  /** Operations begun so far, of one kind or of all. */
  begun(operation?: Operation): number;
  /**
   * The power goes during the nth operation from now: it takes effect (a write only in part), no caller learns of
   * it, and nothing after it happens.
   */
  cutPower(atOperation: number): void;
  /** Everything that was not synced is lost, or survives by chance; the power is back. */
  crash(): void;
  /** Durable, with the directories above it, past all faults: how a test prepares the disk. */
  place(path: string, content: string | Uint8Array, mode?: number): void;
  placeDirectory(path: string, mode?: number): void;
  placeSymlink(path: string): void;
  /** Past all faults; undefined when there is no such file. */
  peek(path: string): Buffer | undefined;
  /** All paths, sorted. */
  paths(): readonly string[];
}
