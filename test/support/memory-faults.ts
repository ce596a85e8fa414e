/** The faults of a disk in memory: injected errors, torn writes and power cuts. */
import { type Disk, DiskFault } from '../../src/disk/disk.ts';
import { errno } from './memory-tree.ts';

export type Operation = keyof Disk;

export interface Fault {
  readonly operation: Operation | 'any';
  /** A string is the exact path; for `rename` it is the old one. */
  readonly path: string | RegExp;
  /** The error of the system: `EACCES`, `ENOSPC`, ... */
  readonly code: string;
  /** The number of failures; without it, until the undo function is called. */
  readonly times?: number;
  /** `write`, `writeUnsynced` and `overwrite` only: this many bytes reach the file before it fails. */
  readonly tear?: number;
}

/** Faults are armed, and reported, by the path that a person knows. */
const shown = (path: string): string => path.replace(/^\/held\/\d+/u, '');

export class MemoryFaults {
  readonly #random: () => number;
  readonly #armed: { readonly fault: Fault; left: number }[] = [];
  readonly #counts = new Map<Operation, number>();
  #operations = 0;
  #powerCutAt = Number.POSITIVE_INFINITY;
  constructor(random: () => number) {
    this.#random = random;
  }

  inject(fault: Fault): () => void {
    const armed = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#armed.push(armed);
    return () => void this.#armed.splice(this.#armed.indexOf(armed), this.#armed.includes(armed) ? 1 : 0);
  }
  begun(operation?: Operation): number {
    return operation ? (this.#counts.get(operation) ?? 0) : this.#operations;
  }
  cutPower(atOperation: number): void {
    this.#powerCutAt = this.#operations + atOperation;
  }
  restorePower(): void {
    this.#powerCutAt = Number.POSITIVE_INFINITY;
  }

  /**
   * Runs one operation. `act` gets the number of bytes of a write that arrive; undefined means all. `length`:
   * bytes to write.
   */
  async run<T>(operation: Operation, path: string, act: (tear?: number) => T, length = 0): Promise<T> {
    await Promise.resolve(); // as on a real disk, nothing has happened yet when the call returns
    this.#operations += 1;
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
    try {
      if (this.#operations > this.#powerCutAt) throw errno('EPOWER');
      if (this.#operations === this.#powerCutAt) {
        act(Math.floor(this.#random() * (length + 1)));
        throw errno('EPOWER');
      }
      const fault = this.#next(operation, shown(path));
      if (!fault) return act();
      if (fault.tear !== undefined) act(fault.tear);
      throw errno(fault.code);
    } catch (error) {
      throw new DiskFault(operation, shown(path), error);
    }
  }

  #next(operation: Operation, path: string): Fault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      const isPath = typeof fault.path === 'string' ? fault.path === path : fault.path.test(path);
      const isOperation = fault.operation === 'any' || fault.operation === operation;
      if (armed.left <= 0 || !isPath || !isOperation) continue;
      armed.left -= 1;
      return fault;
    }
    return undefined;
  }
}
